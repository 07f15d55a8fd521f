"""Whether torch.compile pays: steps of a training as they are and compiled, in turn.

    python tests/filmrecovery/campaigns/compiled_steps.py --mode chroma --size small --patches 16 --side 128

Printed are the seconds of a step, by the clock and of the processor (medians), the seconds of compiling, and after how
many steps those are earned. A training compiles once for each of its patch sizes, and again after each resume. It needs
a C++ compiler.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterable

import torch
import torch._inductor.config
from torch import Tensor

from filmrecovery.model.grade import NODES, PLACE_FUNCTIONS, PLACE_NODES
from filmrecovery.model.network import Patches, RecoveryNetwork
from filmrecovery.model.trunk import SIZES
from filmrecovery.training.fitting.training_loss import training_loss
from filmrecovery.training.learning.optimiser import Optimiser

# What an earlier call compiled would not be compiled again.
torch._inductor.config.force_disable_caches = True
# Torch 2.13 lays the gradient of replicated edges out otherwise than its compiled code expects, and stops.
torch._inductor.config.layout_optimization = False

Loss = Callable[[RecoveryNetwork, Tensor, Tensor, Patches, int], Tensor]


class Training:
    """Steps on the same random patches, with a loss that is compiled or not."""

    def __init__(self, mode: str, size: str, patches: int, side: int, loss: Loss) -> None:
        torch.manual_seed(0)
        self.loss = loss
        self.network = RecoveryNetwork(mode, size)
        self.optimiser = Optimiser(self.network, 1e-3)
        self.inputs, self.targets = torch.rand(2, patches, 3, side, side)
        channels = self.network.grades.shape[1]
        self.told = Patches(
            torch.zeros(patches, channels, NODES, NODES, NODES),
            torch.zeros(patches, PLACE_FUNCTIONS, channels, PLACE_NODES, PLACE_NODES, PLACE_NODES),
            torch.tensor([[-1.0, 1.0, -1.0, 1.0]]).repeat(patches, 1),
        )

    def step(self) -> tuple[float, float]:
        """Takes a step; returns its seconds by the clock, and of the processor."""
        clock, processor = time.perf_counter(), time.process_time()
        loss = self.loss(self.network, self.inputs, self.targets, self.told, 0)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step(1.0)
        return time.perf_counter() - clock, time.process_time() - processor


def medians(steps: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Of the clock, and of the processor."""
    clock, processor = zip(*steps, strict=True)
    return statistics.median(clock), statistics.median(processor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mode", choices=("chroma", "spatial"), default="chroma")
    parser.add_argument("--size", choices=tuple(SIZES), default="small")
    parser.add_argument("--patches", type=int, default=16, help="patches in a step (default: 16)")
    parser.add_argument("--side", type=int, default=128, help="side of a patch, in pixels (default: 128)")
    parser.add_argument("--steps", type=int, default=30, help="steps of each that are measured (default: 30)")
    arguments = parser.parse_args()
    losses: list[Loss] = [training_loss, torch.compile(training_loss)]
    of = (arguments.mode, arguments.size, arguments.patches, arguments.side)
    plain, compiled = (Training(*of, loss) for loss in losses)
    plain.step()
    compiling, compiling_processor = compiled.step()
    taken = [(plain.step(), compiled.step()) for _ in range(arguments.steps)]
    (clock, processor), (fast_clock, fast_processor) = (medians(steps) for steps in zip(*taken, strict=True))
    print(f"a step: {clock:.4f} s, compiled {fast_clock:.4f} s ({fast_clock / clock:.2f})")
    print(f"processor: {processor:.4f} s, compiled {fast_processor:.4f} s ({fast_processor / processor:.2f})")
    print(f"compiling: {compiling:.0f} s, of the processor {compiling_processor:.0f} s")
    earned = f"after {compiling / (clock - fast_clock):.0f} steps" if fast_clock < clock else "never"
    print(f"that is earned {earned}")


if __name__ == "__main__":
    main()

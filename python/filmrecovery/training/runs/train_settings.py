"""Settings of the training. Standard library alone, so that plugs can follow from them without torch."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import HIGHEST_SEED

MOST_STEPS = 10_000_000
MOST_PROCESSES = 1024
"""Each has a patch of each step, of which there are never more."""
MOST_MINUTES = 10_080.0
"""A week."""
PRECISIONS = ("float32", "bfloat16")
SIZE_NAMES = ("small", "medium", "large")


@dataclass(frozen=True)
class TrainSettings:
    """How a network is trained on pairs."""

    size: str = setting("small", "size of the network's members", choices=SIZE_NAMES)
    steps: int = setting(2000, "length of the training in steps", minimum=1, maximum=MOST_STEPS)
    minutes: float | None = setting(
        None,
        "length of the training in minutes, instead of steps: converted to steps at the start",
        minimum=0.05,
        maximum=MOST_MINUTES,
    )
    members: int = setting(
        0,
        "number of networks in the model, whose mean is taken; each learns without a part of the pairs, and that part "
        "then tells how far to trust it; 0: 3 for chroma, 1 for the other modes, where detail needs every step",
        minimum=0,
        maximum=8,
    )
    stop_when_learnt: bool = setting(
        True, "end at a quarter or half of the steps if the pictures that were kept out are recovered no better by then"
    )
    patch_size: int = setting(
        512, "side of the training patches in pixels; at most half that of the pairs", minimum=64, maximum=8192
    )
    batch_size: int = setting(1, "patches in each step", minimum=1, maximum=256)
    learning_rate: float = setting(0.015, "highest learning rate of the schedule", minimum=1e-6, maximum=1.0)
    multi_resolution: bool = setting(False, "start at a quarter of the resolution, then half, then full")
    flips: bool = setting(
        True, "mirror patches at random, left to right, and in the modes that recover detail top to bottom too"
    )
    exposure_jitter: float = setting(
        0.03, "random change of the patches' exposure, standard deviation in stops", minimum=0.0, maximum=2.0
    )
    scale_jitter: float = setting(
        0.3,
        "random change of the patches' size, as a share of it; chroma mode only, since it changes detail",
        minimum=0.0,
        maximum=0.5,
    )
    unvaried_end: float = setting(
        0.0, "share of the training, at its end, that sees the pairs unchanged", minimum=0.0, maximum=1.0
    )
    checkpoint_interval: int = setting(100, "steps between checkpoints", minimum=1, maximum=MOST_STEPS)
    report_interval: int = setting(
        500, "steps between contact sheets, previews and hold-out figures", minimum=1, maximum=MOST_STEPS
    )
    step_models: int = setting(
        500,
        "disk space in MB for the models of single steps: each report keeps the model of its step, and when the space "
        "is full, an earlier one is removed; 0: none is kept",
        minimum=0,
        maximum=1_000_000,
    )
    start_from: str | None = setting(None, "model file; the training starts from its weights")
    seed: int = setting(
        1, "seed of all random numbers; the same seed gives the same model", minimum=0, maximum=HIGHEST_SEED
    )
    precision: str = setting(
        "auto", "arithmetic of the training; auto: bfloat16 where it is faster", choices=("auto", *PRECISIONS)
    )
    processes: int = setting(
        1,
        "number of processes on this machine that share the patches of each step; each has a part of the cores, or a "
        "GPU of its own; the result differs in the last few digits only",
        minimum=1,
        maximum=MOST_PROCESSES,
    )
    device: str = setting("auto", "what computes: cpu, cuda, cuda:N, or auto, the first GPU if there is one")

    def members_for(self, mode: str) -> int:
        """How many networks a model of a mode has."""
        return self.members or (3 if mode == "chroma" else 1)

    def deciding(self) -> dict[str, Any]:
        """The settings that decide what is trained: not how often it reports, what it keeps, nor what computes it.

        None stands for what the first call of a training finds out and its later calls keep.
        """
        values = dataclasses.asdict(self)
        for name in ("checkpoint_interval", "report_interval", "step_models", "processes", "device"):
            del values[name]
        values["steps"] = None if self.minutes else self.steps
        values["precision"] = None if self.precision == "auto" else self.precision
        return values

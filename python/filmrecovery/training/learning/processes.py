"""The processes of one training: each takes its share of every batch, and the first alone decides and writes.

The first tells the others each step before it takes it, so that they know nothing of lengths, reports and requests, and
wait for none. Gradients are added up in one message a step. Nothing is pickled. The processes are those of `torchrun`,
or of any launcher that sets the same variables, or others that the first starts on its own machine (see `helpers`).
"""

import contextlib
import datetime
import enum
import logging
import os
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import torch
import torch.distributed as dist
from torch import Tensor, nn

from filmrecovery.base.errors import LostProcessError, SettingsError
from filmrecovery.model.device import find_device
from filmrecovery.training.learning.helpers import MEETING, Helpers, answer, meeting_store

LONGEST_WAIT = datetime.timedelta(minutes=30)
"""A process that does not answer for so long is lost. The others wait so long for a report of the first, too."""

_LOG = logging.getLogger(__name__)


class Order(enum.IntEnum):
    """What the first process tells the others to do."""

    END = 0
    RESUME = 1
    STEP = 2
    TRIAL_STEP = 3


@dataclass(frozen=True)
class Place:
    """Which of how many processes of a training this one is."""

    number: int = 0
    """Counted from 0, which is the first."""
    count: int = 1
    on_machine: int = 0
    """Its number among those of its machine."""
    is_launched: bool = False
    """Whether a launcher started all of them; otherwise the first starts the others."""

    @property
    def writes(self) -> bool:
        """Whether it writes the run folder, as one of them does."""
        return self.number == 0

    def device(self, name: str) -> torch.device:
        """The device of a name, as `find_device`; of several GPUs each process of a machine has its own.

        Raises SettingsError where there are fewer GPUs than processes.
        """
        device = find_device(name)
        if self.count == 1 or device.type != "cuda":
            return device
        if ":" in name:
            raise SettingsError(f"device '{name}': {self.count} processes need a GPU each; use cuda or auto")
        return find_device(f"cuda:{self.on_machine}")

    def check_shares(self, patches: int, batch_size: int) -> None:
        """Raises SettingsError where the processes cannot share the patches of a step equally."""
        if patches % self.count:
            raise SettingsError(
                f"processes: {self.count} cannot share the {patches} patches of a step equally; set batch_size, now "
                f"{batch_size}, to a multiple of {self.count}, or take another number of processes"
            )


def find_place(processes: int) -> Place:
    """The place of this process: as its launcher says, or the first of so many.

    Raises SettingsError where the launcher started another number of processes than is asked for.
    """
    variables = [os.environ.get(name) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")]
    if variables[0] is None or variables[1] is None:
        return Place(0, processes)
    number, count, on_machine = (int(text or 0) for text in variables)
    if processes not in (1, count):
        raise SettingsError(f"processes: {processes} are asked for, but {count} were started; leave `processes` out")
    return Place(number, count, on_machine, is_launched=True)


class Processes:
    """This process and the others of a training. While entered they work together; they meet when it is first needed.

    All methods do nothing where it is alone. They raise LostProcessError where another process has gone or does not
    answer, RunError where one that was started here ended by an error of its own.
    """

    def __init__(self, place: Place, device: torch.device, command: Sequence[str] = ()) -> None:
        """`command` starts another process of the training on this machine, where no launcher does."""
        self.place = place
        self.asks_to_stop = False
        """Whether this process was asked to stop; then, after a step, whether one of all was."""
        self._bytes_in_step = 0
        self._exchange_seconds = 0.0
        self._device = device
        self._helpers = Helpers(place.count, command) if command and place.count > 1 else None
        self._threads = torch.get_num_threads()
        self._has_met = self._in_step = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # Those that wait for a launcher's first process must hear it. In a step they hear that it has gone.
            if self._is_first and not self._in_step and (self._has_met or (self.place.is_launched and error is None)):
                with contextlib.suppress(LostProcessError):
                    self.tell(Order.END)
        finally:
            if self._has_met:
                dist.destroy_process_group()
                torch.set_num_threads(self._threads)
            if self._helpers:
                self._helpers.end()

    @property
    def _is_first(self) -> bool:
        return self.place.count > 1 and self.place.writes

    def tell(self, order: Order, *values: float) -> None:
        """Tells the other processes what to do, with up to three values."""
        if self.place.count > 1:
            self._in_step = order in (Order.STEP, Order.TRIAL_STEP)
            self._broadcast([order, *values])

    def hear(self) -> tuple[Order, list[float]]:
        """What the first process tells to do, and the three values."""
        order, *values = self._broadcast([])
        return Order(int(order)), values

    def _broadcast(self, values: Sequence[float]) -> list[float]:
        self._meet()
        message = torch.zeros(4, dtype=torch.float64)
        message[: len(values)] = torch.tensor(values, dtype=torch.float64)
        with self._exchange():
            dist.broadcast(message, 0)
        return message.tolist()

    def mean(self, parameters: Sequence[nn.Parameter], loss: Tensor) -> Tensor:
        """Puts the mean of the gradients of all processes in place of those of this one.

        Returns the mean of their losses. `asks_to_stop` becomes true where it was in any of them.
        """
        if self.place.count == 1:
            return loss
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        asked = loss.new_tensor([self.asks_to_stop], dtype=torch.float32)
        joined = torch.cat([*(gradient.flatten() for gradient in gradients), loss.detach().float().view(1), asked])
        started = time.monotonic()
        with self._exchange():
            dist.all_reduce(joined)
            *means, mean_loss, asked = (joined / self.place.count).split([g.numel() for g in gradients] + [1, 1])
            self.asks_to_stop = asked.item() > 0
        self._exchange_seconds += time.monotonic() - started
        self._bytes_in_step = joined.numel() * joined.element_size()
        for gradient, mean in zip(gradients, means, strict=True):
            gradient.copy_(mean.view_as(gradient))
        self._in_step = False
        return mean_loss[0]

    def spread(self, tensors: Sequence[Tensor]) -> None:
        """Puts the values that tensors have in the first process into those of this one."""
        if self.place.count == 1:
            return
        joined = torch.cat([tensor.detach().flatten().float() for tensor in tensors])
        with self._exchange():
            dist.broadcast(joined, 0)
        with torch.no_grad():
            for tensor, part in zip(tensors, joined.split([t.numel() for t in tensors]), strict=True):
                tensor.copy_(part.view_as(tensor))

    def say_cost(self, run: Path, seconds: float) -> None:
        """Says what the exchange of gradients cost in a training of so many seconds; waiting for others is in it."""
        if self.place.count > 1:
            share = self._exchange_seconds / max(seconds, 1e-9)
            text = "%s: %d processes exchanged %.1f MB in each step, which took %.0f %% of the time"
            _LOG.info(text, run, self.place.count, self._bytes_in_step / 1e6, 100 * share)

    def _meet(self) -> None:
        if self._has_met:
            return
        store = None
        if self._helpers:
            threads = max(1, self._threads // self.place.count)
            torch.set_num_threads(threads)
            store = self._helpers.start(threads)
        elif MEETING in os.environ:
            store = meeting_store(Path(os.environ[MEETING]), self.place.count)
            answer(store, self.place.number)
        backend = "cpu:gloo,cuda:nccl" if self._device.type == "cuda" else "gloo"
        number, count = (self.place.number, self.place.count) if store else (-1, -1)
        with self._exchange():
            dist.init_process_group(backend, timeout=LONGEST_WAIT, store=store, rank=number, world_size=count)
        self._has_met = True

    @contextlib.contextmanager
    def _exchange(self) -> Generator[None]:
        """Names what went wrong where the body cannot reach the other processes."""
        try:
            yield
        except RuntimeError as error:
            if self._helpers:
                self._helpers.raise_of_lost()
            raise LostProcessError(
                f"process {self.place.number + 1} of {self.place.count}: another process of the training has gone or "
                "does not answer; see what it said, then call again to go on from the last checkpoint"
            ) from error

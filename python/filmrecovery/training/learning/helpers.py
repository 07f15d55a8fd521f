"""Other processes of a training, which its first process starts on its own machine, and watches.

They are told the same variables as by `torchrun`, and meet through a file that only this user can read, so that nothing
listens to a network. What they say is kept, and told where one is lost: one process speaks for all.
"""

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import NoReturn

# Where PyTorch documents them.
from torch.distributed import FileStore, Store  # pyright: ignore[reportPrivateImportUsage]

from filmrecovery.base.errors import TRY_AGAIN, LostProcessError, RunError

MEETING = "FILMRECOVERY_MEETING"
"""The variable with the file through which processes meet that were started here."""
_LOOPBACK = "GLOO_SOCKET_IFNAME"
_POLL_SECONDS = 0.05
_SECONDS_TO_END = 20.0
"""How long a process may take to end when all is done, or when another one has gone."""


def meeting_store(path: Path, count: int) -> Store:
    """What so many processes meet through, at the path of a file."""
    return FileStore(str(path), count)


def answer(store: Store, number: int) -> None:
    """Says in a process that was started that it is ready, and waits until all are.

    Raises LostProcessError where the first one goes meanwhile.
    """
    first = os.getppid()
    store.set(f"ready {number}", "")
    while not store.check(["all are ready"]):
        if os.getppid() != first:
            raise LostProcessError("the first process of the training has gone; call again")
        time.sleep(_POLL_SECONDS)


class Helpers:
    """The other processes of a training."""

    def __init__(self, count: int, command: Sequence[str]) -> None:
        """`count` is that of all processes, the first, which this is, among them; `command` starts one of the others.

        They start with `start`.
        """
        self._count, self._command = count, list(command)
        self._started: list[subprocess.Popen[bytes]] = []
        self._exit = contextlib.ExitStack()
        self._are_ready = False

    def start(self, threads: int) -> Store:
        """Starts them, of so many threads each, and waits until all are ready. Returns what all meet through.

        Raises LostProcessError, or RunError, where one ends before.
        """
        self._folder = Path(self._exit.enter_context(tempfile.TemporaryDirectory(prefix="filmrecovery-")))
        self._exit.enter_context(_loopback())
        meeting = self._folder / "meeting"
        store = meeting_store(meeting, self._count)
        for number in range(1, self._count):
            variables = {
                "RANK": str(number),
                "LOCAL_RANK": str(number),
                "WORLD_SIZE": str(self._count),
                "OMP_NUM_THREADS": str(threads),
                MEETING: str(meeting),
            }
            with self._output(number).open("wb") as output:
                self._started.append(
                    subprocess.Popen(
                        self._command,
                        env=os.environ | variables,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=subprocess.STDOUT,
                    )
                )
        while not store.check([f"ready {number}" for number in range(1, self._count)]):
            if any(process.poll() is not None for process in self._started):
                self.raise_of_lost()
            time.sleep(_POLL_SECONDS)
        store.set("all are ready", "")
        self._are_ready = True
        return store

    def raise_of_lost(self) -> NoReturn:
        """Raises what tells of the process that has gone: RunError where it ended by an error that is to be put right,
        LostProcessError where a signal ended it, or where all are still there and one does not answer."""
        late = time.monotonic() + _SECONDS_TO_END
        # Those that end because another one has gone are not the cause.
        while not (gone := self._gone()) and time.monotonic() < late and any(p.poll() is None for p in self._started):
            time.sleep(_POLL_SECONDS)
        again = "call again to go on from the last checkpoint"
        for number, status in gone.items():
            which = f"process {number + 1} of {self._count}"
            if status < 0:
                raise LostProcessError(f"{which}: was ended by {signal.Signals(-status).name}; {again}")
            output = self._output(number).read_text(errors="replace").strip()
            raise RunError(f"{which}: failed with status {status}; it said:\n{output}")
        raise LostProcessError(f"one of the {self._count} processes has gone or does not answer; {again}")

    def end(self) -> None:
        """Waits until they have ended, and ends what does not."""
        late = time.monotonic() + _SECONDS_TO_END
        for process in self._started:
            if not self._are_ready:
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(late - time.monotonic(), 0.0))
        for process in self._started:
            process.kill()
            process.wait()
        self._exit.close()

    def _gone(self) -> dict[int, int]:
        """The status of each process that ended for a reason of its own, by its number."""
        statuses = {number: process.poll() for number, process in enumerate(self._started, start=1)}
        return {number: status for number, status in statuses.items() if status not in (None, 0, TRY_AGAIN)}

    def _output(self, number: int) -> Path:
        return self._folder / f"output.{number}"


@contextlib.contextmanager
def _loopback() -> Generator[None]:
    """While entered, gloo uses the interface of this machine alone, unless the user named another."""
    names = [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]
    if _LOOPBACK in os.environ or not names:
        yield
        return
    os.environ[_LOOPBACK] = names[0]
    try:
        yield
    finally:
        del os.environ[_LOOPBACK]

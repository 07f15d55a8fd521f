"""Work in forked children, of which is told how it ended: also by a signal, too late, or with too much memory.

The parent has imported all that the work needs, and starts no thread of its own.
"""

import contextlib
import json
import os
import resource
import select
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import OpenImageIO

from filmrecovery.base.errors import RecoveryError

# A child is as good as new for so many pieces of work, and to fork takes longer than most of them.
_PIECES = 100
# Beyond what is allowed, so that the amount is told, and below what the machine could not bear.
_MOST_ADDRESSES = 6 << 30
_LONGEST_TEXT = 4000
_WALL = 6
"""Of the time on the clock, how much more than of a processor's a piece of work may take."""


@dataclass(frozen=True)
class Ending:
    """How a piece of work ended: "success", "error" (one named error), "traceback", "signal", "hang" or "memory"."""

    kind: str
    text: str = ""
    """The message, the traceback, or what libraries said last."""

    @property
    def is_fault(self) -> bool:
        return self.kind not in ("success", "error")


def endings(works: Sequence[Callable[[], object]], seconds: int, most_memory: int) -> Iterator[Ending]:
    """Does each piece of work in a child, where it may take these seconds of a processor and this memory."""
    position = 0
    while position < len(works):
        batch = works[position : position + _PIECES]
        with tempfile.TemporaryFile() as said:
            results, child = _started(batch, seconds, most_memory, said)
            lines = 0
            with open(results, "rb") as messages:
                for line in _lines(messages, _WALL * seconds):
                    lines += 1
                    yield Ending(**json.loads(line))
            position += lines
            # No result: it hangs, or is ended already.
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            if os.WIFSIGNALED(status) and lines < len(batch):
                position += 1
                yield _ending_by_signal(os.WTERMSIG(status), said, seconds)


def _started(batch: Sequence[Callable[[], object]], seconds: int, most_memory: int, said: IO[bytes]) -> tuple[int, int]:
    """Where the results of a child can be read, a line each, and its id."""
    read_end, write_end = os.pipe()
    child = fork()
    if child:
        os.close(write_end)
        return read_end, child
    with leaving():
        for number in (1, 2):
            os.dup2(said.fileno(), number)
        most = _addresses() + _MOST_ADDRESSES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        before = _most_resident()
        for work in batch:
            signal.setitimer(signal.ITIMER_PROF, seconds)
            ending = ending_of(work)
            signal.setitimer(signal.ITIMER_PROF, 0)
            grown = _most_resident() - before
            if grown > most_memory:
                ending = Ending("memory", f"{grown >> 20} MiB; {ending.kind}: {ending.text}")
            os.write(
                write_end, json.dumps({"kind": ending.kind, "text": ending.text[-_LONGEST_TEXT:]}).encode() + b"\n"
            )
            if grown > most_memory:
                break
    raise AssertionError("a child goes no further")


def fork() -> int:
    """The id of a child, or 0 in the child.

    The threads of OpenImageIO and OpenEXR end first: one of them may hold a lock while the process forks, which the
    child would wait for till it is killed.
    """
    OpenImageIO.attribute("threads", 1)
    OpenImageIO.attribute("exr_threads", -1)
    sys.stdout.flush()
    sys.stderr.flush()
    return os.fork()


@contextlib.contextmanager
def leaving() -> Generator[None]:
    """Ends the child after the body, whatever happens there: nothing of the parent's, such as its tests, goes on."""
    try:
        yield
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    finally:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(70)


def ending_of(work: Callable[[], object]) -> Ending:
    """Does the work here."""
    try:
        work()
    except RecoveryError as error:
        return Ending("error", f"{type(error).__name__}: {error}")
    except BaseException:
        return Ending("traceback", traceback.format_exc())
    return Ending("success")


def _ending_by_signal(number: int, said: IO[bytes], seconds: int) -> Ending:
    if number in (signal.SIGPROF, signal.SIGKILL):
        return Ending("hang", f"more than {seconds} s")
    said.seek(0)
    return Ending("signal", f"{signal.Signals(number).name}\n{said.read()[-_LONGEST_TEXT:].decode(errors='replace')}")


def _lines(messages: IO[bytes], wait: float) -> Iterator[bytes]:
    """The lines until the other end is closed, or none comes for so many seconds."""
    rest = b""
    while select.select([messages], [], [], wait)[0] and (block := os.read(messages.fileno(), 1 << 16)):
        *whole, rest = (rest + block).split(b"\n")
        yield from whole


def _most_resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _addresses() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()

"""The engine as a child process: Gaffer and the engine bring OpenImageIO and OpenColorIO of different versions."""

import collections
import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import Gaffer
import GafferImage
import IECore

from filmrecovery.base.message_lines import ERROR, PROGRESS, WARNING

_CHECKOUT = Path(__file__).resolve().parents[3]
_POLL_SECONDS = 0.1
_LAST_LINES = 20
"""How many lines of output an error repeats if the engine fails without a message."""


def python() -> Path:
    """The Python of the engine: $FILMRECOVERY_PYTHON or, if that is not set, the Python of the checkout's `.venv`.

    Raises IECore.Exception where there is none.
    """
    named = os.environ.get("FILMRECOVERY_PYTHON")
    path = Path(named) if named else _CHECKOUT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not path.exists():
        raise IECore.Exception(
            f"The engine of Film Recovery is not set up: {path} does not exist. Call `{_CHECKOUT / 'run'} filmrecovery "
            "--help` once, or set the variable FILMRECOVERY_PYTHON to a Python that has the engine."
        )
    return path


def environment() -> dict[str, str]:
    """The variables for the engine: the variables that Gaffer was started with, without paths to Gaffer's modules.

    The OCIO config is the one of the current context, which is the script's.
    """
    variables = Gaffer.environment()
    context = Gaffer.Context.current()
    config = context.substitute(GafferImage.OpenColorIOAlgo.getConfig(context))
    if config:
        variables["OCIO"] = config
    for name in ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        variables.pop(name, None)
    # Lines must arrive at once, not when a buffer is full.
    variables["PYTHONUNBUFFERED"] = "1"
    return variables


def showProgress(line: str, headline: str = "") -> None:
    """Prints a line of progress, `Progress: NN%`, to standard error, after a headline if one is given.

    Render farms read it there. Gaffer messages do not leave a dispatcher.
    """
    print(*filter(None, (headline, line)), sep="\n", file=sys.stderr, flush=True)


def run(arguments: list[str], sender: str, progress: Callable[[str, str], None] = showProgress) -> None:
    """Runs one verb of the engine's command line to its end.

    The lines of its output become Gaffer messages of `sender`, at their level, except lines of progress, which
    `progress` gets: the first of them with a headline, others with an empty one. If the task is cancelled, or this
    process gets SIGTERM, the engine is asked to stop; when this function ends, the work of the engine is on disk and
    can be continued.

    Raises IECore.Exception with the engine's message if it fails, and IECore.Cancelled if the task is cancelled.
    """
    command = [str(python()), "-m", "filmrecovery", *arguments]
    IECore.msg(IECore.Msg.Level.Debug, sender, subprocess.list2cmdline(command))
    process = subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )
    last: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
    errors: list[str] = []
    headline = sender
    try:
        with _sigterm_passed_on(process):
            for line in _lines(process, Gaffer.Context.current().canceller()):
                if line.startswith(PROGRESS):
                    progress(line, headline)
                    headline = ""
                elif line.startswith(ERROR) or errors:
                    # All lines after an error belong to it.
                    errors.append(line.removeprefix(ERROR))
                else:
                    last.append(line)
                    warning = line.startswith(WARNING)
                    level = IECore.Msg.Level.Warning if warning else IECore.Msg.Level.Info
                    IECore.msg(level, sender, line.removeprefix(WARNING))
            status = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if status:
        text = "\n".join(errors or [*last, f"The engine ended with status {status}."])
        raise IECore.Exception(f"{sender}: {text}")


def _lines(process: subprocess.Popen[str], canceller: Any) -> Iterator[str]:
    """The lines of the process's output. Looks at the canceller between them, even if no line comes."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    output = process.stdout
    assert output is not None, "the process was started without a pipe"

    def read() -> None:
        for line in output:
            lines.put(line.rstrip("\n"))
        lines.put(None)

    reader = threading.Thread(target=read, name="Film Recovery engine", daemon=True)
    reader.start()
    while True:
        IECore.Canceller.check(canceller)
        with contextlib.suppress(queue.Empty):
            line = lines.get(timeout=_POLL_SECONDS)
            if line is None:
                reader.join()
                return
            if line:
                yield line


@contextlib.contextmanager
def _sigterm_passed_on(process: subprocess.Popen[str]) -> Generator[None]:
    """While entered, SIGTERM asks the process to stop. This process gets the signal when that one has ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def passOn(number: int, frame: Any) -> None:
        # Dispatchers repeat the signal until the task has ended; a second one would end the engine at once.
        if not received:
            received.append(number)
            # It must not be waited for here: the interrupted code may hold the lock that `process.wait` takes.
            process.terminate()

    earlier = signal.signal(signal.SIGTERM, passOn)
    try:
        yield
    finally:
        if received:
            process.wait()
        signal.signal(signal.SIGTERM, earlier)
        if received:
            os.kill(os.getpid(), received[0])

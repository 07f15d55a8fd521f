"""Progress of long work: a bar on a terminal, `Progress: NN%` lines for farms and log files."""

import contextlib
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

from filmrecovery.base.message_lines import PROGRESS, rounded_percent

T = TypeVar("T")


def progress(iterable: Iterable[T], total: int, label: str, done: int = 0) -> Iterator[T]:
    """Yields the items of `iterable` and shows how many of `total` are done; `done` were finished in an earlier call.

    The text goes to standard error. Without a terminal a line is printed for each five per cent that are new.
    """
    if sys.stderr.isatty():
        yield from tqdm(iterable, total=total, desc=label, initial=done, unit="")
        return
    shown = -1
    for count, item in enumerate(iterable, start=done):
        percent = rounded_percent(count, total)
        if percent != shown:
            shown = percent
            print(*([label] if count == done else []), f"{PROGRESS}{percent}%", sep="\n", file=sys.stderr)
        yield item
    if shown != 100:
        print(f"{PROGRESS}100%", file=sys.stderr, flush=True)


@contextlib.contextmanager
def counted(total: int, label: str) -> Generator[Callable[[], None]]:
    """Shows the progress of work that several functions share: gives what to call after each of `total` parts."""
    parts = progress(range(total), total, label)

    def done() -> None:
        next(parts, None)

    done()
    yield done

"""Work on several frames at once, in threads: files, NumPy, OpenCV and torch do not block Python while they work."""

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from filmrecovery.base.progress import progress

T = TypeVar("T")
Item = TypeVar("Item")

# Each worker holds frames as float32: few enough for 4K frames in small memory.
_MOST_WORKERS = 4
FEW = 8
"""To prepare so few frames or pairs takes no time that has to be shown."""
# For each worker, so that none is idle where the work on one item takes longer than on others.
_RESULTS = 4


def cores() -> int:
    """How many cores this process may use, which a farm may have made fewer than the machine has."""
    # Not on every system; from Python 3.13 on, `os.process_cpu_count` says it everywhere.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers() -> int:
    """How many items are worked on at once."""
    return min(_MOST_WORKERS, cores())


def one_ahead(pool: ThreadPoolExecutor, function: Callable[[int], T], numbers: Iterable[int]) -> Iterator[Future[T]]:
    """The results of the function in order; while one is in use, the next is made."""
    pending: deque[Future[T]] = deque()
    for number in numbers:
        pending.append(pool.submit(function, number))
        if len(pending) > 1:
            yield pending.popleft()
    yield from pending


def at_once(function: Callable[[Item], T], items: Collection[Item], label: str = "") -> list[T]:
    """The results of the function in order, all together; otherwise as `on_all_cores`.

    Progress is shown under a label, and for more than `FEW` items: of fewer there would be nothing to show.
    """
    if label and len(items) > FEW:
        return list(on_all_cores(function, items, label))
    with ThreadPoolExecutor(workers()) as pool:
        return list(pool.map(function, items))


def on_all_cores(function: Callable[[Item], T], items: Collection[Item], label: str, fewest: int = 1) -> Iterator[T]:
    """The results of the function in order, with progress under the label; raises the first error that it raises.

    One item a core is worked on at once, up to four, and `fewest` at least, for work that waits for something else.
    No more than a few results are in memory: where the caller is slower than the work, the work waits. After an error,
    and where the caller stops, items that were begun are finished and the others left.
    """
    count = max(fewest, workers())
    pool = ThreadPoolExecutor(count)
    try:
        yield from progress(_a_few_ahead(pool, function, items, _RESULTS * count), len(items), label)
    finally:
        pool.shutdown(cancel_futures=True)


def _a_few_ahead(
    pool: ThreadPoolExecutor, function: Callable[[Item], T], items: Iterable[Item], most: int
) -> Iterator[T]:
    pending: deque[Future[T]] = deque()
    for item in items:
        if len(pending) == most:
            yield pending.popleft().result()
        pending.append(pool.submit(function, item))
    while pending:
        yield pending.popleft().result()

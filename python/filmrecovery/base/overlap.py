"""Work on one frame while the next is made ready."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def one_ahead(pool: ThreadPoolExecutor, function: Callable[[int], T], numbers: Iterable[int]) -> Iterator[Future[T]]:
    """The results of the function in order; while one is in use, the next is made."""
    pending: deque[Future[T]] = deque()
    for number in numbers:
        pending.append(pool.submit(function, number))
        if len(pending) > 1:
            yield pending.popleft()
    yield from pending

"""How many cores torch takes for one thing, where several things are done at once."""

from collections.abc import Generator
from contextlib import contextmanager

import torch

from filmrecovery.base.overlap import cores


@contextmanager
def shared_cores(count: int) -> Generator[None]:
    """Gives each of `count` threads that use torch at once its part of the cores, while this is entered.

    Otherwise each would take all cores, and the threads of one wait, busily, while those of another work.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(min(before, max(1, cores() // count)))
    try:
        yield
    finally:
        torch.set_num_threads(before)

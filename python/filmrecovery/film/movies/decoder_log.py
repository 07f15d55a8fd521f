"""What FFmpeg's decoders and filters write into their log, which is all that they say of some things."""

import contextlib
import types
from collections.abc import Generator


@contextlib.contextmanager
def log_of(av: types.ModuleType, level: int | None = None) -> Generator[list[tuple[int, str, str]]]:
    """What is logged in this thread while entered, of the module `av`: level, name and text of each. Errors, unless a
    level says otherwise."""
    earlier = av.logging.get_level()
    skips = av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.ERROR if level is None else level)
    av.logging.set_skip_repeated(False)
    try:
        with av.logging.Capture(local=True) as log:
            yield log
    finally:
        av.logging.set_level(earlier)
        av.logging.set_skip_repeated(skips)

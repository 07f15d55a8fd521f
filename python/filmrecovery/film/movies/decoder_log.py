"""What FFmpeg's decoders and filters write into their log, which is all that they say of some things."""

import contextlib
import types
from collections.abc import Generator
from dataclasses import dataclass


@dataclass(frozen=True)
class DecoderLog:
    """What this thread logs, and what the threads of a decoder do: level, name and text of each."""

    here: list[tuple[int, str, str]]
    elsewhere: list[tuple[int, str, str]]

    @property
    def texts(self) -> list[str]:
        """The texts so far."""
        return [text.strip() for _, _, text in (*self.here, *self.elsewhere)]


@contextlib.contextmanager
def log_of(av: types.ModuleType, level: int | None = None) -> Generator["DecoderLog"]:
    """What is logged while entered, of the module `av`. Errors, unless a level says otherwise."""
    earlier = av.logging.get_level()
    skips = av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.ERROR if level is None else level)
    av.logging.set_skip_repeated(False)
    try:
        with av.logging.Capture(local=True) as here, av.logging.Capture(local=False) as elsewhere:
            yield DecoderLog(here, elsewhere)
    finally:
        av.logging.set_level(earlier)
        av.logging.set_skip_repeated(skips)

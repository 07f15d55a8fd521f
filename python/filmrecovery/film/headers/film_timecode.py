"""Time codes (SMPTE ST 12-1): read, counted up by frames, and as the word that EXR and DPX hold."""

import re
from dataclasses import dataclass
from fractions import Fraction

TIMECODE = "smpte:TimeCode"
"""OpenImageIO's name of `timeCode` of EXR, which is two words: the time code, and the bits of users."""

_TEXT = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)")
_DROP_BIT = 1 << 6
_FLAGS = (1 << 6 | 1 << 7, 1 << 7, 1 << 7, 1 << 6 | 1 << 7)
"""Bits beside the digits of frames, seconds, minutes and hours."""
_MOST_FRAMES = 30
"""Frames a second that a time code can count: of more, each of its numbers is two frames."""


@dataclass(frozen=True)
class TimecodeCount:
    """Time codes that are counted up from a start; `number` is that of the start, `nominal` the frames of a second.

    With `drop`, two numbers of each minute but every tenth are left out, so that the count keeps to the clock.
    """

    number: int
    nominal: int
    drop: bool

    def word(self, frames: int) -> int:
        """The time code some frames after the start, as EXR and DPX hold it; after 24 hours it begins again."""
        number = self.number + frames
        if self.drop:
            number %= _OF_TEN_MINUTES * 6 * 24
            tens, rest = divmod(number, _OF_TEN_MINUTES)
            # The first minute of ten is whole.
            number += 18 * tens + 2 * max(0, (rest - 2) // _OF_MINUTE)
        seconds, frame = divmod(number, self.nominal)
        minutes, second = divmod(seconds, 60)
        hours, minute = divmod(minutes, 60)
        digits = (_digits(part) for part in (hours % 24, minute, second, frame))
        return int.from_bytes(bytes(digits), "big") | (_DROP_BIT if self.drop else 0)


_OF_MINUTE = 60 * 30 - 2
_OF_TEN_MINUTES = 10 * 60 * 30 - 18


def count_from(timecode: str, rate: Fraction) -> TimecodeCount:
    """The count from a time code such as "01:00:00:00", or "01:00:00;00" where it is drop-frame.

    Raises ValueError where counting is not defined: at rates other than whole ones up to 30
    and their 1000/1001, for drop-frame other than of 30000/1001, and for a text that is no time code of the rate.
    """
    found = _TEXT.fullmatch(timecode)
    if not found:
        raise ValueError(f"'{timecode}' is no time code")
    hours, minutes, seconds, frame = (int(found[place]) for place in (1, 2, 3, 5))
    drop = found[4] != ":"
    nominal = round(rate)
    if rate not in (nominal, Fraction(nominal * 1000, 1001)) or not 0 < nominal <= _MOST_FRAMES:
        raise ValueError(f"time codes are not defined at {rate} frames a second")
    if drop and rate != Fraction(30000, 1001):
        raise ValueError(f"drop-frame time codes, as {timecode}, are not defined at {rate} frames a second")
    dropped = drop and seconds == 0 and frame < 2 and minutes % 10
    if hours > 23 or minutes > 59 or seconds > 59 or frame >= nominal or dropped:
        raise ValueError(f"{timecode} is no time code at {rate} frames a second")
    number = ((hours * 60 + minutes) * 60 + seconds) * nominal + frame
    if drop:
        number -= 2 * (hours * 60 + minutes - (hours * 60 + minutes) // 10)
    return TimecodeCount(number, nominal, drop)


def is_timecode(text: str) -> bool:
    """Whether a text is written as time codes are, such as "01:00:00:00"."""
    return _TEXT.fullmatch(text) is not None


def is_timecode_word(word: int) -> bool:
    """Whether the digits of a word of EXR or DPX are those of a time."""
    digits = [part & ~flags for part, flags in zip(word.to_bytes(4, "little"), _FLAGS, strict=True)]
    if any(part & 0xF > 9 for part in digits):
        return False
    frame, second, minute, hour = (10 * (part >> 4) + (part & 0xF) for part in digits)
    return frame < 40 and second < 60 and minute < 60 and hour < 24


def timecode_text(word: int) -> str:
    """A word of EXR or DPX as people write it: with ";" before the frames where it is drop-frame."""
    frame, second, minute, hour = (
        part & ~flags for part, flags in zip(word.to_bytes(4, "little"), _FLAGS, strict=True)
    )
    return f"{hour:02x}:{minute:02x}:{second:02x}{';' if word & _DROP_BIT else ':'}{frame:02x}"


def _digits(number: int) -> int:
    return number // 10 << 4 | number % 10

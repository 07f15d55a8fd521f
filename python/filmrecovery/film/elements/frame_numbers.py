"""Frame numbers as people write them: ranges such as `1-10x3,25`."""

import re
from collections.abc import Iterable

from filmrecovery.base.errors import SettingsError
from filmrecovery.base.limits import HIGHEST_FRAME, MOST_FRAMES

_RANGE = re.compile(r"(\d+)(?:-(\d+)(?:x(\d+))?)?")
_MOST_SHOWN = 100
"""Letters of a range in a message."""
_LONGEST_NUMBER = len(str(HIGHEST_FRAME))


def parse_frames(text: str) -> tuple[int, ...]:
    """Frame numbers, sorted and unique, of a range such as "1-48", "7" or "1-10x3,25" (every third of 1 to 10, and 25).

    Raises SettingsError for an empty range, a range that runs backwards, a step of 0, negative numbers, and numbers or
    ranges beyond all film.
    """
    example = 'expected a range such as "1-48" or "1-10x3,25"'
    frames: set[int] = set()
    parts = text.replace(" ", "").split(",")
    text = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
    for part in parts:
        match = _RANGE.fullmatch(part)
        if not match and part.startswith("-"):
            raise SettingsError(f"frames '{text}': negative frame numbers are not supported; renumber the frames")
        if not match:
            problem = f"'{part}' is no range" if part else "the range is empty"
            raise SettingsError(f"frames '{text}': {problem}; {example}")
        if any(number and len(number.lstrip("0")) > _LONGEST_NUMBER for number in match.groups()):
            raise SettingsError(f"frames '{text}': a number is above the highest, {HIGHEST_FRAME}")
        first = int(match[1])
        last = int(match[2] or first)
        step = int(match[3] or 1)
        if last < first:
            raise SettingsError(f"frames '{text}': '{part}' holds no frame, its end lies before its start; {example}")
        if step == 0:
            raise SettingsError(f"frames '{text}': the step of '{part}' must be at least 1")
        part_frames = range(first, last + 1, step)
        if len(frames) + len(part_frames) > MOST_FRAMES:
            # A slip of the keyboard, which would fill the memory.
            raise SettingsError(f"frames '{text}': more than {MOST_FRAMES} frames; split the work by shots")
        frames.update(part_frames)
    return tuple(sorted(frames))


def format_frames(frames: Iterable[int]) -> str:
    """The range of frame numbers in short: the inverse of `parse_frames`."""
    ordered = sorted(set(frames))
    parts = []
    start = 0
    while start < len(ordered):
        end = start
        step = ordered[start + 1] - ordered[start] if start + 1 < len(ordered) else 1
        while end + 1 < len(ordered) and ordered[end + 1] - ordered[end] == step:
            end += 1
        if end - start >= 2 or (step == 1 and end > start):
            parts.append(f"{ordered[start]}-{ordered[end]}" + (f"x{step}" if step > 1 else ""))
            start = end + 1
        else:
            parts.append(str(ordered[start]))
            start += 1
    return ",".join(parts)

"""Sequences of numbered frames: `shot.####.exr` or `shot.%04d.exr`, and ranges such as `1-10x3,25`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.errors import ElementError, OutputError, SettingsError

_PLACEHOLDER = re.compile(r"#+|%0\d+d|%d")
_RANGE = re.compile(r"(\d+)(?:-(\d+)(?:x(\d+))?)?")
# Eleven hours at 24 frames a second: a range beyond it is a slip of the keyboard, and would fill the memory.
_MOST_FRAMES = 1_000_000


@dataclass(frozen=True)
class Sequence:
    """Frames of one element on disk, or of a result to be written.

    `pattern` is a path whose file name has one placeholder for the frame number, `####` or `%04d`; `frames` are the
    frame numbers, sorted and unique. Raises SettingsError for a pattern without exactly one placeholder.
    """

    pattern: str
    frames: tuple[int, ...]

    def __post_init__(self) -> None:
        split_pattern(self.pattern)

    def path(self, frame: int) -> Path:
        """Path of one frame's file; the file need not exist, nor the frame be one of `frames`."""
        prefix, padding, suffix = split_pattern(self.pattern)
        return Path(self.pattern).with_name(f"{prefix}{frame:0{padding}d}{suffix}")


def parse_frames(text: str) -> tuple[int, ...]:
    """Frame numbers, sorted and unique, of a range such as "1-48", "7" or "1-10x3,25" (every third of 1 to 10, and 25).

    Raises SettingsError for an empty range, a range that runs backwards, a step of 0, and negative numbers.
    """
    example = 'expected a range such as "1-48" or "1-10x3,25"'
    frames: set[int] = set()
    for part in text.replace(" ", "").split(","):
        match = _RANGE.fullmatch(part)
        if not match and part.startswith("-"):
            raise SettingsError(f"frames '{text}': negative frame numbers are not supported; renumber the frames")
        if not match:
            problem = f"'{part}' is no range" if part else "the range is empty"
            raise SettingsError(f"frames '{text}': {problem}; {example}")
        first = int(match[1])
        last = int(match[2] or first)
        step = int(match[3] or 1)
        if last < first:
            raise SettingsError(f"frames '{text}': '{part}' holds no frame, its end lies before its start; {example}")
        if step == 0:
            raise SettingsError(f"frames '{text}': the step of '{part}' must be at least 1")
        part_frames = range(first, last + 1, step)
        if len(part_frames) > _MOST_FRAMES:
            raise SettingsError(
                f"frames '{text}': '{part}' is more than {_MOST_FRAMES} frames; split the work by shots"
            )
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


def find_sequence(pattern: str, frames: str | None = None) -> Sequence:
    """The sequence of a pattern whose files are on disk: those of the range `frames`, or all that are there.

    Raises SettingsError for a bad pattern or range, and ElementError where no file matches the pattern or a frame of
    the range is missing.
    """
    if frames is not None:
        sequence = Sequence(pattern, parse_frames(frames))
        missing = [frame for frame in sequence.frames if not sequence.path(frame).is_file()]
        if missing:
            raise ElementError(
                f"{sequence.path(missing[0])}: missing (frames missing of {format_frames(sequence.frames)}: "
                f"{format_frames(missing)}); restore the files or leave these frames out of the range"
            )
        return sequence

    prefix, padding, suffix = split_pattern(pattern)
    folder = Path(pattern).parent
    if not folder.is_dir():
        raise ElementError(f"{pattern}: the folder {folder} does not exist")
    name = re.compile(re.escape(prefix) + r"(\d+)" + re.escape(suffix))
    numbers = [match[1] for file in folder.iterdir() if (match := name.fullmatch(file.name))]
    found = tuple(sorted(int(number) for number in numbers if number == f"{int(number):0{padding}d}"))
    if not found:
        raise ElementError(f"{pattern}: no file matches this pattern in {folder}; check the name and the padding")
    return Sequence(pattern, found)


def refuse_overwriting(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Raises OutputError where an output would overwrite one of the inputs, also by way of a link."""
    taken: set[object] = set()
    for path in inputs:
        taken.update(_identities(path))
    for path in outputs:
        if taken.intersection(_identities(path)):
            raise OutputError(f"{path}: this output would overwrite its own input; choose another folder or name")


def _identities(path: Path) -> list[object]:
    identities: list[object] = [path.resolve()]
    if path.exists():
        status = path.stat()
        identities.append((status.st_dev, status.st_ino))
    return identities


def split_pattern(pattern: str) -> tuple[str, int, str]:
    """File name before the placeholder, number of digits, and file name after it.

    Raises SettingsError for a pattern without exactly one placeholder.
    """
    name = Path(pattern).name
    placeholders = list(_PLACEHOLDER.finditer(name))
    if len(placeholders) != 1:
        raise SettingsError(
            f"'{pattern}' is no sequence: its file name needs one placeholder for the frame number, "
            f"as in shot.####.exr or shot.%04d.exr"
        )
    match = placeholders[0]
    padding = len(match[0]) if match[0].startswith("#") else int(match[0][1:-1] or 1)
    return name[: match.start()], padding, name[match.end() :]

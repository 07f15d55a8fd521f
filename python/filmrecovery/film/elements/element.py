"""The element: numbered frames on disk in one colour space, `shot.####.exr` or `shot.%04d.exr`.

Imports the standard library alone, so that Gaffer's own interpreter can read it.
"""

import dataclasses
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.base.limits import HIGHEST_FRAME
from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames

DEFAULT_SPACE = "srgb_tx"
"""OCIO colour space of files where nobody names another: the sRGB curve, as in graphs made for CopyCat."""

LONGEST_NAME = 255
"""The longest name of a file, in bytes, that Linux allows."""
_LONGEST_PATH = 4095
_MOST_DIGITS = 20
_MOST_SHOWN = 100
_PLACEHOLDER = re.compile(r"#+|%0\d+d|%d")


@dataclass(frozen=True)
class Entity:
    """A version of something that an asset manager knows."""

    reference: str = setting(dataclasses.MISSING, "its reference, which names the version where the manager can")
    version: str = setting("", "the version, as the manager calls it")


@dataclass(frozen=True)
class Element:
    """A physical copy of the film, or the result of a stage: its frames on disk, which need not be there yet.

    `pattern` is a path whose file name has one placeholder for the frame number, `####` or `%04d`; `frames` are the
    frame numbers, sorted and unique. The space is empty where no colour is read. Raises SettingsError for a pattern
    without exactly one placeholder.
    """

    pattern: str = setting(dataclasses.MISSING, 'its files, such as "scans/print.####.exr"')
    frames: tuple[int, ...] = setting(
        dataclasses.MISSING, 'its frames, such as "1-48"', parse=parse_frames, show=format_frames
    )
    space: str = setting(dataclasses.MISSING, 'OCIO colour space of its files, such as "lin_ap0"')
    name: str = setting("", "its name, for people")
    entity: Entity | None = setting(None, "what it is to the asset manager that it was asked of")

    def __post_init__(self) -> None:
        split_pattern(self.pattern)

    def path(self, frame: int) -> Path:
        """Path of one frame's file; the file need not exist, nor the frame be one of `frames`."""
        prefix, padding, suffix = split_pattern(self.pattern)
        return Path(self.pattern).with_name(f"{prefix}{frame:0{padding}d}{suffix}")

    def paths(self) -> list[Path]:
        """The path of every frame's file, in the order of the numbers."""
        return [self.path(frame) for frame in self.frames]

    def with_frames(self, frames: Iterable[int]) -> "Element":
        """The element with these frame numbers in place of its own."""
        return dataclasses.replace(self, frames=tuple(sorted(set(frames))))


def find_element(pattern: str, frames: str | None = None, space: str = "", name: str = "") -> Element:
    """The element of a pattern whose files are on disk: the files of the range `frames`, or all.

    Raises SettingsError for a bad pattern or range, and ElementError where no file matches the pattern, a frame of the
    range is missing, or files lie there that would be passed over: with a negative number, one that is too high or has
    other digits, or with other capitals.
    """
    if frames is not None:
        element = Element(pattern, parse_frames(frames), space, name)
        check_on_disk(element)
        return element

    prefix, padding, suffix = split_pattern(pattern)
    folder = Path(pattern).parent
    if not folder.is_dir():
        raise ElementError(f"{pattern}: the folder {folder} does not exist; check the path, or restore the folder")
    file_name = re.compile(re.escape(prefix) + r"(\d+)" + re.escape(suffix))
    names = [file.name for file in folder.iterdir()]
    _refuse_passed_over(folder, names, file_name, prefix, suffix)
    numbers = [match[1] for name in names if (match := file_name.fullmatch(name))]
    for number in numbers:
        _check_number(folder / f"{prefix}{number}{suffix}", number, padding)
    found = tuple(sorted(map(int, numbers)))
    if not found:
        alike = re.compile(unicodedata.normalize("NFC", file_name.pattern))
        if any(alike.fullmatch(unicodedata.normalize("NFC", name)) for name in names):
            raise ElementError(
                f"{pattern}: no file matches this pattern in {folder}, but some look the same: their accents are "
                "written in another way (Unicode NFC and NFD); rename them, or copy the name of one"
            )
        raise ElementError(f"{pattern}: no file matches this pattern in {folder}; check the name and the padding")
    return Element(pattern, found, space, name)


def _refuse_passed_over(
    folder: Path, names: Iterable[str], file_name: re.Pattern[str], prefix: str, suffix: str
) -> None:
    in_any_case = re.compile(re.escape(prefix) + r"\d+(?i:" + re.escape(suffix) + ")")
    negative = re.compile(re.escape(prefix) + r"-\d+" + re.escape(suffix))
    for name in names:
        if in_any_case.fullmatch(name) and not file_name.fullmatch(name):
            raise ElementError(
                f"{folder / name}: its ending has other capitals than the pattern, so that it would be passed over; "
                "rename the files alike"
            )
        # After a letter, the sign may belong to the name of another sequence.
        if not prefix[-1:].isalnum() and negative.fullmatch(name):
            raise ElementError(f"{folder / name}: has a negative frame number; renumber the files from 0 or 1")


def _check_number(file: Path, number: str, padding: int) -> None:
    if len(number.lstrip("0")) > len(str(HIGHEST_FRAME)):
        raise ElementError(f"{file}: its number is above the highest, {HIGHEST_FRAME}; renumber the files")
    expected = f"{int(number):0{padding}d}"
    if number != expected:
        raise ElementError(
            f"{file}: its number is not written as the pattern has it ({expected}), so that it would be passed over; "
            "rename the files alike, or move away what is no frame of this element"
        )


def check_on_disk(element: Element) -> None:
    """Raises ElementError, naming the frames, where a file of the element is missing."""
    # The folder is listed once, which is faster than a question for each of many frames.
    prefix, padding, suffix = split_pattern(element.pattern)
    folder = Path(element.pattern).parent
    names = set(os.listdir(folder)) if folder.is_dir() else set()
    missing = [frame for frame in element.frames if f"{prefix}{frame:0{padding}d}{suffix}" not in names]
    missing = missing or [frame for frame in element.frames if not element.path(frame).is_file()]
    if missing:
        raise ElementError(
            f"{element.path(missing[0])}: missing (frames missing of {format_frames(element.frames)}: "
            f"{format_frames(missing)}); restore the files or leave these frames out of the range"
        )


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
    if len(os.fsencode(name)) > LONGEST_NAME or len(os.fsencode(pattern)) > _LONGEST_PATH:
        raise SettingsError(
            f"'{pattern[:_MOST_SHOWN]}…': a file's name has at most {LONGEST_NAME} bytes, and its path {_LONGEST_PATH}"
        )
    placeholders = list(_PLACEHOLDER.finditer(name))
    if len(placeholders) != 1:
        raise SettingsError(
            f"'{pattern}' is no sequence: its file name needs one placeholder for the frame number, "
            f"as in shot.####.exr or shot.%04d.exr"
        )
    match = placeholders[0]
    padding = len(match[0]) if match[0].startswith("#") else int(match[0][1:-1] or 1)
    if padding > _MOST_DIGITS:
        raise SettingsError(f"'{pattern}': a frame number has at most {_MOST_DIGITS} digits; write fewer")
    return name[: match.start()], padding, name[match.end() :]

"""Every frame of a source is changed and written, some at once: reading, changes and writing overlap."""

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.base.interruption import sigterm_as_interrupt
from filmrecovery.base.overlap import on_all_cores
from filmrecovery.film.checks.parity import check_headers, check_values, raise_problems
from filmrecovery.film.elements.element import Element, refuse_overwriting
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.frames.frame import Frame
from filmrecovery.film.frames.frame_encoding import MARK_NAME, check_encoding
from filmrecovery.film.frames.frame_header import texts_of, with_mark, with_texts
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.products.freshness import is_current, refuse_other_frames, say_current
from filmrecovery.picture import colour

_LOG = logging.getLogger(__name__)

# While one frame is changed on all cores, another is read or written.
_FEWEST_WORKERS = 3

# Pixels that are read and written again in one of these are not the same any more.
_LOSSY_ENCODINGS = ("dwaa",)


@dataclass(frozen=True)
class Description:
    """What the header of a changed frame says beyond the source's own metadata.

    `texts` makes names and texts from the names and texts of the source's frame and the number of that frame. `names`
    are all names that it may give. Not among them are the `dated` names, which say when the picture was made and with
    which software.
    """

    texts: Callable[[Mapping[str, str], int], Mapping[str, str]] = lambda source, number: {}
    names: Collection[str] = ()
    dated: Collection[str] = ()


@dataclass(frozen=True)
class Change:
    """What is done to every frame of a source."""

    working_space: str
    """The OCIO colour space in which `apply` gets the colour of a frame, and gives it back."""
    apply: Callable[[Frame, int], Frame]
    """Makes of a frame, which has this number, one with other colour, and with further channels where it adds some."""
    made_from: Callable[[int], str]
    """Says what the frame of a number is made from, as `freshness.made_from` does."""
    description: Description = Description()
    most_at_once: int = 1
    """`apply` is called for so many frames at once at most."""


def check_delivery(source: Element, delivered: Element, encoding: str) -> None:
    """Raises SettingsError for an encoding that does not go with the space and for files that are not EXR, and
    OutputError where a frame would overwrite one of the source."""
    check_encoding(encoding, delivered.space)
    if Path(delivered.pattern).suffix.lower() != ".exr":
        raise SettingsError(
            f"{delivered.pattern}: expected a name that ends in .exr; other formats would lose channels and values"
        )
    refuse_overwriting(delivered.paths(), source.paths())
    refuse_other_frames(delivered.paths())


def write_changed_frames(
    label: str,
    source: Element,
    delivered: Element,
    encoding: str,
    change: Change,
) -> None:
    """Writes what a change makes of the source's frames, as EXR frames.

    Alpha, other channels, windows and metadata are the source's; the description adds to the metadata. Frames that are
    current are not made again. Where the description of a current frame changed, its header alone is written again,
    unless the encoding loses something each time. Frames that cannot be read do not stop the others; they are named in
    the end.

    Raises what `check_delivery` does, SettingsError for an unknown space, ElementError for frames that are missing,
    damaged or out of range, OutputError for those that cannot be written, and what the change raises.
    KeyboardInterrupt, which SIGTERM raises too, leaves finished frames alone.
    """
    check_delivery(source, delivered, encoding)
    to_working = colour.converter(source.space, change.working_space)
    to_output = colour.converter(change.working_space, delivered.space)
    check_headers(source)
    current: list[int] = []
    described: list[int] = []

    def read(number: int) -> Frame | None:
        """The frame in the working space, ready to be changed; None where its picture is finished."""
        path, target = source.path(number), delivered.path(number)
        line = change.made_from(number)
        if is_current(target, line):
            if _says_all(path, target, number, change.description):
                current.append(number)
                return None
            if encoding not in _LOSSY_ENCODINGS and (
                frame := _described_again(path, target, number, change.description)
            ):
                write_frame(target, with_mark(frame, texts_of(frame.spec)[MARK_NAME], delivered.space), encoding)
                described.append(number)
                return None
        frame = read_frame(path)
        check_values(path, frame.rgb)
        return with_mark(frame.with_rgb(to_working(frame.rgb)), line, delivered.space)

    def write(number: int, frame: Frame) -> None:
        texts = change.description.texts(texts_of(frame.spec), number)
        write_frame(delivered.path(number), with_texts(frame.with_rgb(to_output(frame.rgb)), texts), encoding)

    changing = threading.BoundedSemaphore(change.most_at_once)

    def finish(number: int) -> str | None:
        """Reads, changes and writes a frame; says what is wrong with one that cannot be read."""
        try:
            frame = read(number)
        except ElementError as error:
            return str(error)
        if frame is not None:
            with changing:
                changed = change.apply(frame, number)
            write(number, changed)
        return None

    with sigterm_as_interrupt():
        failures = [problem for problem in on_all_cores(finish, delivered.frames, label, _FEWEST_WORKERS) if problem]
    if len(current) == len(delivered.frames):
        say_current(delivered.pattern)
    if described:
        _LOG.info("%s: headers were written again, frames %s", delivered.pattern, format_frames(described))
    raise_problems(
        f"{source.pattern}: {len(failures)} of {len(delivered.frames)} frames could not be written", failures
    )


def _says_all(source: Path, finished: Path, number: int, description: Description) -> bool:
    """Whether the header of a finished frame says what it should, apart from when and with what it was made."""
    found, original = (texts_of(read_header(path)) for path in (finished, source))
    wanted = {**original, **description.texts(original, number)}
    return all(_text(found, name) == _text(wanted, name) for name in description.names)


def _text(texts: Mapping[str, str], name: str) -> str:
    # EXR has the second by the name of the first.
    alias = "ImageDescription" if name == "comments" else name
    return texts.get(name) or texts.get(alias, "")


def _described_again(source: Path, finished: Path, number: int, description: Description) -> Frame | None:
    """A finished frame with the header that it would be given now; None where it is damaged, and to be made again.

    When, by which software and from what its picture was made stays as the header says. Raises ElementError for a
    source that is missing or damaged.
    """
    original = read_frame(source)
    try:
        picture = read_frame(finished)
    except ElementError:
        _LOG.warning("%s: is damaged, and is made again", finished)
        return None
    made = texts_of(picture.spec)
    kept = {name: made[name] for name in (MARK_NAME, *description.dated) if name in made}
    texts = {**description.texts(texts_of(original.spec), number), **kept}
    return with_texts(picture.with_windows_of(original.spec), texts)

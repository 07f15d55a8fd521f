"""Painted frames taken back as a reference: all are checked, then they are written for the pairs."""

import dataclasses
import json
from pathlib import Path

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.base.file_hash import file_sha256
from filmrecovery.base.progress import progress
from filmrecovery.film.elements.element import Element, refuse_overwriting
from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames
from filmrecovery.film.frames.frame import Frame, frame_from_rgb
from filmrecovery.film.frames.frame_header import with_mark
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.products.freshness import made_from, refuse_other_frames
from filmrecovery.painting.check_painted import FrameCheck, check_painted, check_size
from filmrecovery.painting.painted_file import find_painted, read_painted
from filmrecovery.painting.painting_record import GivenFrame, Painting, exported_path, read_painting
from filmrecovery.painting.painting_settings import ImportSettings
from filmrecovery.picture.arrays import Picture

CHECKS_NAME = "checks.json"
VERSION = 1


def check_frames(settings: ImportSettings, folder: Path) -> tuple[FrameCheck, ...]:
    """Checks the painted frames of a folder against what was given out, and writes the findings to `checks.json` there.

    A frame that cannot be read or compared has its problem among its findings, and does not stop the others.

    Raises SettingsError for a range that names frames never given out, ElementError for a folder that is no export,
    OutputError where the findings cannot be written.
    """
    painting = read_painting(folder)
    chosen = _chosen(settings, folder, painting)
    checks = tuple(
        _check(settings, folder, painting, given) for given in progress(chosen, len(chosen), "Painted frames")
    )
    content = {"version": VERSION, "frames": [dataclasses.asdict(check) for check in checks]}
    write_text(folder / CHECKS_NAME, json.dumps(content, indent=2) + "\n")
    return checks


def write_reference(folder: Path, checks: tuple[FrameCheck, ...], reference: str) -> Element:
    """Writes painted frames that were checked as a reference, by its pattern, and returns it.

    EXR with 32-bit float in the working space, with the windows and the pixel aspect of the source. The picture is the
    painter's, luma included, so that nothing of it is lost; where it is transparent it is what was given out.

    Raises ElementError, with a line for each frame, and writes nothing, where a check found a problem; SettingsError
    for an output other than EXR; OutputError where a frame cannot be written or would overwrite a painted one.
    """
    problems = [problem for check in checks for problem in check.problems]
    if problems:
        raise ElementError("\n  ".join([f"{folder}: no frame was taken back; correct these first:", *problems]))
    if Path(reference).suffix.lower() != ".exr":
        raise SettingsError(f"{reference}: expected a name that ends in .exr; other formats would lose values")
    painting = read_painting(folder)
    given = {item.frame: item for item in painting.frames}
    written = Element(reference, tuple(check.frame for check in checks), painting.working_space)
    files = {check.frame: folder / check.file for check in checks}
    copies = [exported_path(folder, given[frame].painted) for frame in written.frames]
    refuse_overwriting(written.paths(), [*files.values(), *copies])
    refuse_other_frames(written.paths())
    for frame in progress(written.frames, len(written.frames), "Reference"):
        painted = read_painted(files[frame], painting.working_space)
        picture = painted.over(_start(folder, given[frame]))
        line = made_from("paint-import", 1, None, files[frame])
        write_frame(written.path(frame), with_mark(_framed(picture, given[frame]), line, written.space), "float")
    return written


def _chosen(settings: ImportSettings, folder: Path, painting: Painting) -> tuple[GivenFrame, ...]:
    if settings.frames is None:
        return painting.frames
    wanted = parse_frames(settings.frames)
    if unknown := set(wanted) - {given.frame for given in painting.frames}:
        known = format_frames(given.frame for given in painting.frames)
        raise SettingsError(
            f"frames '{settings.frames}': {format_frames(unknown)} were not given out in {folder}, which has {known}"
        )
    return tuple(given for given in painting.frames if given.frame in wanted)


def _check(settings: ImportSettings, folder: Path, painting: Painting, given: GivenFrame) -> FrameCheck:
    name = given.painted
    try:
        path = find_painted(folder, given)
        name = path.name
        picture = read_painted(path, painting.working_space)
        if problem := check_size(given, path, picture):
            raise ElementError(problem)
        return check_painted(settings, given, path, _start(folder, given), picture)
    except ElementError as error:
        return FrameCheck(given.frame, name, "refused", (str(error),))


def _start(folder: Path, given: GivenFrame) -> Picture:
    """The picture as it was given out, (height, width, 3)."""
    path = exported_path(folder, given.painted)
    if not path.is_file() or file_sha256(path) != given.sha256:
        raise ElementError(
            f"{path}: missing or changed since it was given out; if it was painted by mistake, move it to "
            f"{folder / given.painted}. Then give the frames out again, which restores this copy"
        )
    return read_frame(path).rgb


def _framed(picture: Picture, given: GivenFrame) -> Frame:
    """A frame with the windows and the pixel aspect of the source."""
    frame = frame_from_rgb(picture)
    for name in ("x", "y", "full_x", "full_y", "full_width", "full_height"):
        setattr(frame.spec, name, getattr(given, name))
    frame.spec.attribute("PixelAspectRatio", given.pixel_aspect)
    return frame

"""Frames of a source given out for painting, where no other element has the colour."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO

from filmrecovery.base.atomic import copy_file, write_text
from filmrecovery.base.errors import OutputError, RunError
from filmrecovery.base.file_hash import file_sha256
from filmrecovery.base.progress import progress
from filmrecovery.film.checks.parity import check_headers, check_values
from filmrecovery.film.elements.element import Element, refuse_overwriting
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.frames.frame import Frame, frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.painting.drafts import borrow_palette
from filmrecovery.painting.icc import profile_of
from filmrecovery.painting.instructions import instructions
from filmrecovery.painting.painting_record import (
    RECORD_NAME,
    Draft,
    GivenFrame,
    Painting,
    exported_path,
    files_of,
    is_as_given,
    read_painting,
    write_painting,
)
from filmrecovery.painting.painting_settings import ExportSettings
from filmrecovery.painting.palette import Palette, apply_palette
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.luma import luma

_README = "README.txt"
_SUFFIXES = {"tiff": ".tif", "exr": ".exr"}


@dataclass(frozen=True)
class Export:
    """What was given out, and which of the frames asked for were left alone because they are painted."""

    painting: Painting
    painted_frames: tuple[int, ...]


def export_for_painting(settings: ExportSettings, source: Element, folder: Path) -> Export:
    """Writes frames of a source into a folder for a painter (see `painting_record`), and a README.txt.

    The files are in the working space, clamped to 0..1, 16-bit TIFF or half-float EXR. They hold the source's colours
    or, with an artwork, a draft in its palette, fitted to all frames of the call. Frames whose file was changed since
    an earlier call, or that lie there in a paint program's own format, are painted: they stay as they are. Others are
    written again.

    Raises SettingsError for a bad colour space; ElementError for frames or an artwork that are missing or
    damaged; RunError where the folder holds files of another source, space or origin; OutputError where a file cannot
    be written or would overwrite the source.
    """
    colour.check_display_referred(settings.working_space)
    painting = _earlier(folder, Painting(source, settings.working_space, colour.config_name()))
    given = {item.frame: item for item in painting.frames}
    suffix = _SUFFIXES[settings.format]
    artwork = Path(settings.artwork) if settings.artwork else None
    outputs = [folder / f"{kind}.{frame:04d}{suffix}" for kind in ("paint", "luma") for frame in source.frames]
    refuse_overwriting(outputs, [*source.paths(), *([artwork] if artwork else [])])
    check_headers(source)
    painted = tuple(frame for frame in source.frames if _is_painted(folder, frame, given))

    palette = borrow_palette(settings, source, artwork) if artwork else None
    draft = _draft(settings, artwork, format_frames(source.frames)) if artwork else None
    for frame in progress(source.frames, len(source.frames), "Frames to paint"):
        if frame in painted and _copy_is_whole(folder, given[frame]):
            continue
        if frame not in painted:
            _withdraw(folder, frame)
        item = _write(settings, palette, folder, frame, source)
        given[frame] = dataclasses.replace(item, draft=draft)
        painting = dataclasses.replace(
            painting, source=source.with_frames(given), frames=tuple(given[number] for number in sorted(given))
        )
        write_painting(folder, painting)
        if frame not in painted:
            copy_file(exported_path(folder, item.painted), folder / item.painted)
    write_text(folder / _README, instructions(painting, settings.format))
    return Export(painting, painted)


def _earlier(folder: Path, painting: Painting) -> Painting:
    """What an earlier call gave out of the same source, or the same without frames."""
    if not (folder / RECORD_NAME).exists():
        if (folder / _README).exists():
            raise RunError(f"{folder / _README}: was not given out from here; move it away or choose another folder")
        return painting
    earlier = read_painting(folder)
    if _origin(earlier) != _origin(painting):
        was, wanted = (
            f"{record.source.pattern} ({record.source.space}) in {record.working_space}"
            for record in (earlier, painting)
        )
        raise RunError(f"{folder}: holds frames of {was}, and {wanted} is asked for; choose another folder")
    return earlier


def _origin(painting: Painting) -> tuple[str, ...]:
    return painting.source.pattern, painting.source.space, painting.working_space, painting.config


def _is_painted(folder: Path, frame: int, given: dict[int, GivenFrame]) -> bool:
    changed = [path for path in files_of(folder, frame) if not is_as_given(folder, path)]
    if changed and frame not in given:
        raise RunError(f"{changed[0]}: was not given out from here; move it away or choose another folder")
    return bool(changed)


def _copy_is_whole(folder: Path, given: GivenFrame) -> bool:
    copy = exported_path(folder, given.painted)
    return copy.is_file() and file_sha256(copy) == given.sha256


def _withdraw(folder: Path, frame: int) -> None:
    """Removes files that are not painted, before their copy changes: they would be taken for painted otherwise."""
    for path in files_of(folder, frame):
        try:
            path.unlink()
        except OSError as error:
            raise OutputError(f"{path}: cannot be removed ({error.strerror}); choose another folder") from error


def _write(settings: ExportSettings, palette: Palette | None, folder: Path, frame: int, element: Element) -> GivenFrame:
    """Writes the copy and the luma of a frame."""
    source_path = element.path(frame)
    source = read_frame(source_path)
    check_values(source_path, source.rgb)
    converted = colour.converter(element.space, settings.working_space)(source.rgb)
    picture = np.clip(converted, 0.0, 1.0)
    start = apply_palette(palette, picture, settings.degrain) if palette else picture
    suffix = _SUFFIXES[settings.format]
    names = {kind: f"{kind}.{frame:04d}{suffix}" for kind in ("paint", "luma")}
    copy = exported_path(folder, names["paint"])
    write_frame(copy, _tagged(start, settings, f"frame {frame}, to be painted"))
    grey = np.repeat(luma(picture)[..., np.newaxis], 3, axis=-1)
    write_frame(folder / names["luma"], _tagged(grey, settings, f"BT.709 luma of frame {frame}, a guide"))
    spec = source.spec
    windows = [prefix + name for prefix in ("", "full_") for name in ("x", "y", "width", "height")]
    return GivenFrame(
        frame=frame,
        painted=names["paint"],
        luma=names["luma"],
        sha256=file_sha256(copy),
        source_sha256=file_sha256(source_path),
        clamped=float(np.mean((converted < 0) | (converted > 1))),
        pixel_aspect=spec.get_float_attribute("PixelAspectRatio", 1.0),
        **{name: getattr(spec, name) for name in windows},
    )


def _tagged(rgb: Picture, settings: ExportSettings, what: str) -> Frame:
    """A frame that says what it is and in which colour space."""
    frame = frame_from_rgb(rgb)
    space = settings.working_space
    frame.spec.attribute("ImageDescription", f"{what}; colour space {space}, display-referred")
    frame.spec.attribute("oiio:ColorSpace", space)
    profile = profile_of(space)
    # EXR has no place for a profile.
    if profile and settings.format == "tiff":
        kind = OpenImageIO.TypeDesc(f"uint8[{len(profile)}]")
        frame.spec.attribute("ICCProfile", kind, np.frombuffer(profile, np.uint8))
    return frame


def _draft(settings: ExportSettings, artwork: Path, frames: str) -> Draft:
    return Draft(
        artwork=str(artwork),
        artwork_sha256=file_sha256(artwork),
        artwork_space=settings.artwork_space,
        frames=frames,
        strength=settings.strength,
        degrain=settings.degrain,
    )

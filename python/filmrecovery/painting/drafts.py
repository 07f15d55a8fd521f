"""Drafts of painted frames: frames of a source in the palette of an artwork, one palette for all of them."""

from pathlib import Path

import numpy as np

from filmrecovery.base.errors import SettingsError
from filmrecovery.base.progress import progress
from filmrecovery.film.checks.parity import check_headers, check_values
from filmrecovery.film.elements.element import Element, refuse_overwriting
from filmrecovery.film.elements.thumbnails import read_thumbnails
from filmrecovery.film.frames.frame_header import with_mark
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.products.freshness import is_current, made_from, refuse_other_frames
from filmrecovery.painting.painting_settings import PaletteSettings
from filmrecovery.painting.palette import Palette, apply_palette, colours_of, palette_between
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.resize import area_averaged

# The colours of a picture show in small, without its grain and canvas.
_LENGTH = 320


def borrow_palette(settings: PaletteSettings, source: Element, artwork: Path) -> Palette:
    """The palette that changes the colours of a source's frames, all together, into the colours of an artwork.

    The same frames give the same palette, to the last bit. Raises SettingsError for a space that is unknown or not
    display-referred, ElementError for frames or an artwork that are missing, damaged or differ in size.
    """
    colour.check_display_referred(settings.working_space)
    artwork_colours = colours_of([_read_artwork(settings, artwork)])
    thumbnails = read_thumbnails(source, settings.working_space, _LENGTH)
    return palette_between(colours_of(thumbnails), artwork_colours, settings.strength)


def write_drafts(settings: PaletteSettings, source: Element, artwork: Path, output: str) -> Element:
    """Writes the frames of a source in the palette of an artwork, to files of the pattern `output`, and returns them.

    The drafts are EXR in 32-bit float, in the working space and in 0..1. Their luma is the source's, clamped to
    0..1; so are other channels, windows and metadata. Frames that an earlier call finished are skipped.

    Raises SettingsError for an output other than EXR, and SettingsError and ElementError as `borrow_palette` does;
    OutputError where a frame cannot be written or would overwrite the source or the artwork.
    """
    if Path(output).suffix.lower() != ".exr":
        raise SettingsError(f"{output}: expected a name that ends in .exr; other formats would round luma")
    drafts = Element(output, source.frames, settings.working_space)
    refuse_overwriting(drafts.paths(), [artwork, *source.paths()])
    refuse_other_frames(drafts.paths())
    check_headers(source)
    palette = borrow_palette(settings, source, artwork)
    to_working = colour.converter(source.space, settings.working_space)
    made_with = (settings, palette.matrix.tolist(), palette.offset.tolist())
    for number in progress(source.frames, len(source.frames), "Drafts"):
        path = source.path(number)
        line = made_from("palette", 1, made_with, source.with_frames((number,)))
        if is_current(drafts.path(number), line):
            continue
        frame = read_frame(path)
        check_values(path, frame.rgb)
        picture = np.clip(to_working(frame.rgb), 0.0, 1.0)
        draft = frame.with_rgb(apply_palette(palette, picture, settings.degrain))
        write_frame(drafts.path(number), with_mark(draft, line, settings.working_space), "float")
    return drafts


def _read_artwork(settings: PaletteSettings, path: Path) -> Picture:
    """The artwork in small, (height, width, 3) float32 in 0..1, in the working space."""
    picture = read_frame(path).rgb
    height, width = picture.shape[:2]
    scale = min(_LENGTH / max(height, width), 1.0)
    small = area_averaged(picture, max(round(width * scale), 1), max(round(height * scale), 1))
    return np.clip(colour.converter(settings.artwork_space, settings.working_space)(small), 0.0, 1.0)

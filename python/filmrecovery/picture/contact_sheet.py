"""Pictures to judge a training by: contact sheets of input, target, output and error, and previews of unseen frames."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from filmrecovery.base.atomic import write_bytes
from filmrecovery.picture.arrays import Picture

ERROR_GAIN = 4
"""Errors are shown about mid-grey, this many times as large."""

_WIDTH = 384
_MARGIN = 8
_TEXT_SIZE = 15
_PAPER = (24, 24, 24)
_INK = (220, 220, 220)


def write_contact_sheet(path: Path, rows: Sequence[tuple[str, Sequence[Picture]]], headings: Sequence[str]) -> None:
    """Writes a labelled sheet: a row for each label with its pictures, a column for each heading.

    Pictures are (height, width, 3) float in 0..1 for the display, all of a row of equal size; they are reduced to 384
    pixels where they are wider. Raises OutputError.
    """
    cells = [(label, [_thumbnail(picture) for picture in pictures]) for label, pictures in rows]
    font = ImageFont.load_default(_TEXT_SIZE)
    line = _TEXT_SIZE + _MARGIN
    column = max(cell.width for _, pictures in cells for cell in pictures) + _MARGIN
    height = line + sum(max(cell.height for cell in pictures) + line + _MARGIN for _, pictures in cells)
    sheet = Image.new("RGB", (column * len(headings) + _MARGIN, height + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for index, heading in enumerate(headings):
        draw.text((_MARGIN + index * column, _MARGIN // 2), heading, _INK, font)
    top = line
    for label, pictures in cells:
        for index, cell in enumerate(pictures):
            sheet.paste(cell, (_MARGIN + index * column, top))
        top += max(cell.height for cell in pictures)
        draw.text((_MARGIN, top + 2), label, _INK, font)
        top += line + _MARGIN
    write_image(path, sheet)


def error_picture(picture: Picture, truth: Picture) -> Picture:
    """The difference about mid-grey, `ERROR_GAIN` times as large, (height, width, 3) in 0..1."""
    return np.clip(0.5 + ERROR_GAIN * (picture - truth), 0.0, 1.0)


def write_picture(path: Path, picture: Picture) -> None:
    """Writes (height, width, 3) float in 0..1, for the display, as 8-bit PNG. Raises OutputError."""
    write_image(path, display_image(picture))


def write_image(path: Path, image: Image.Image) -> None:
    """Writes an image, atomically, in the format that the suffix names. Raises OutputError."""
    content = io.BytesIO()
    # In memory: Pillow is silent where the disk fills within the last block.
    image.save(content, Image.registered_extensions()[path.suffix.lower()])
    write_bytes(path, content.getbuffer())


def _thumbnail(picture: Picture) -> Image.Image:
    image = display_image(picture)
    if image.width > _WIDTH:
        image = image.resize((_WIDTH, max(round(image.height * _WIDTH / image.width), 1)), Image.Resampling.BOX)
    return image


def display_image(picture: Picture) -> Image.Image:
    """A picture, (height, width, 3) float in 0..1 for the display, in 8 bit; values outside are clamped."""
    return Image.fromarray((np.clip(picture, 0.0, 1.0) * 255 + 0.5).astype(np.uint8))

"""One picture that shows elements and result side by side: whole frames above, a detail of each at full size below."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.contact_sheet import display_image, write_image

_MARGIN = 12
_TEXT_SIZE = 20
_CAPTION = _TEXT_SIZE + _MARGIN
_PAPER = (24, 24, 24)
_INK = (225, 225, 225)


@dataclass(frozen=True)
class Panel:
    """A picture (height, width, 3) in 0..1 for the display, and what of it is shown in detail."""

    picture: Picture
    middle: tuple[float, float]  # (x, y) of the detail's, in pixels of the picture
    scale: float = 1.0  # pixels of the picture that a pixel of the detail takes up


def write_comparison(
    path: Path, panels: Mapping[str, Panel], also_in_detail: Mapping[str, Panel], width: int = 1600
) -> None:
    """Writes a comparison, `width` pixels wide: two whole pictures a row, and beneath them one row of details.

    The details, of these pictures and of those in `also_in_detail`, are shown pixel for pixel where their scale is 1,
    so that sharpness and grain can be judged. Pictures, by their captions, may differ in size and shape: all are fitted
    into cells of the shape of the first. Raises OutputError.
    """
    images = {caption: display_image(panel.picture) for caption, panel in panels.items()}
    size = next(iter(images.values())).size

    column = (width - 3 * _MARGIN) // 2
    cell = (column, round(column * size[1] / size[0]))
    cells = [
        (caption, ImageOps.pad(image, cell, Image.Resampling.LANCZOS, _PAPER)) for caption, image in images.items()
    ]
    rows = [cells[first : first + 2] for first in range(0, len(cells), 2)]

    all_panels = {**panels, **also_in_detail}
    smallest = min(min(panel.picture.shape[:2]) / panel.scale for panel in all_panels.values())
    side = min((width - _MARGIN) // len(all_panels) - _MARGIN, int(smallest))
    rows.append([(caption, _detail(panel, side)) for caption, panel in all_panels.items()])

    heights = [_CAPTION + cells[0][1].height + _MARGIN for cells in rows]
    sheet = Image.new("RGB", (width, sum(heights)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_TEXT_SIZE)
    top = 0
    for cells, height in zip(rows, heights, strict=True):
        left = _MARGIN
        for caption, image in cells:
            draw.text((left, top + _CAPTION // 2), caption, _INK, font, anchor="lm")
            sheet.paste(image, (left, top + _CAPTION))
            left += image.width + _MARGIN
        top += height
    write_image(path, sheet)


def _detail(panel: Panel, side: int) -> Image.Image:
    """The detail of a panel, `side` pixels wide and high; one at the edge is moved into the picture."""
    image = display_image(panel.picture)
    taken = side * panel.scale
    left, top = (
        min(max(at - taken / 2, 0), length - taken) for at, length in zip(panel.middle, image.size, strict=True)
    )
    if panel.scale == 1:
        left, top = int(left), int(top)
    return image.resize((side, side), Image.Resampling.LANCZOS, (left, top, left + taken, top + taken))

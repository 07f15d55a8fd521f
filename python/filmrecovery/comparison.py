"""One picture that shows elements and result side by side: whole frames above, a detail of each at full size below."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from filmrecovery.atomic import atomic_path
from filmrecovery.contact_sheet import display_image

_MARGIN = 12
_TEXT_SIZE = 20
_CAPTION = _TEXT_SIZE + _MARGIN
_PAPER = (24, 24, 24)
_INK = (225, 225, 225)


def write_comparison(
    path: Path,
    pictures: Mapping[str, np.ndarray],
    also_in_detail: Mapping[str, np.ndarray],
    detail: tuple[int, int],
    width: int = 1600,
) -> None:
    """Writes a comparison, `width` pixels wide: two pictures a row, and beneath them one row of details.

    The details, of these pictures and of those in `also_in_detail`, are shown pixel for pixel, so that sharpness and
    grain can be judged; `detail` is (x, y) of their middle. Pictures, by their captions, are (height, width, 3) in 0..1
    for the display, all of one size. Raises OutputError.
    """
    images = {caption: display_image(picture) for caption, picture in pictures.items()}
    in_detail = images | {caption: display_image(picture) for caption, picture in also_in_detail.items()}
    size = next(iter(images.values())).size

    column = (width - 3 * _MARGIN) // 2
    row = round(column * size[1] / size[0])
    cells = [(caption, image.resize((column, row), Image.Resampling.LANCZOS)) for caption, image in images.items()]
    rows = [cells[first : first + 2] for first in range(0, len(cells), 2)]

    side = min((width - _MARGIN) // len(in_detail) - _MARGIN, *size)
    corner = [min(max(at - side // 2, 0), length - side) for at, length in zip(detail, size, strict=True)]
    box = (*corner, corner[0] + side, corner[1] + side)
    rows.append([(caption, image.crop(box)) for caption, image in in_detail.items()])

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
    with atomic_path(path) as temporary:
        sheet.save(temporary)

"""Pictures that a page carries in itself, as data URIs of moderate size."""

import base64
import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from filmrecovery.picture.arrays import Codes, Picture, Values
from filmrecovery.picture.blur import blurred
from filmrecovery.picture.contact_sheet import display_image
from filmrecovery.picture.luma import luma

_QUALITIES = (92, 86, 78, 68, 55, 40)
# To find a detail: a blur wider than grain, and how much the edge of the picture counts beside its middle.
_SOFTNESS = 2.0
_EDGE_WEIGHT = 0.4


@dataclass(frozen=True)
class EncodedPicture:
    """A picture as a page carries it, and its size in pixels."""

    uri: str
    width: int
    height: int


def jpeg(picture: Picture, width: int, most_bytes: int, aspect: float = 1.0) -> EncodedPicture:
    """A picture (height, width, 3) in 0..1 for the display, reduced to `width` pixels where it is wider.

    The best quality that takes no more than `most_bytes` is chosen, with colour in full resolution. `aspect` is that of
    the pixels, which are made square.
    """
    image = _reduced(display_image(picture), width, aspect)
    file = io.BytesIO()
    for quality in _QUALITIES:
        file.seek(0)
        file.truncate()
        image.save(file, "JPEG", quality=quality, subsampling=0)
        if file.tell() <= most_bytes:
            break
    return _picture("jpeg", file, *image.size)


def png(pixels: Codes) -> EncodedPicture:
    """A drawing, (height, width, 3) uint8, encoded without loss."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return _picture("png", file, pixels.shape[1], pixels.shape[0])


def detail_place(picture: Picture, side: int) -> tuple[slice, slice]:
    """Rows and columns of the square, at most `side` pixels wide, that shows the most contours.

    Those in the middle of the picture count more.
    """
    height, width = picture.shape[:2]
    side = min(side, height, width)
    soft = blurred(luma(np.clip(picture, 0.0, 1.0)).astype(np.float32), _SOFTNESS)
    slope = cv2.magnitude(*(cv2.Scharr(soft, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1))))
    sums = cv2.integral(slope)
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    weights = [_middle_weight(count) for count in inside.shape]
    top, left = np.unravel_index(np.argmax(inside * np.outer(*weights)), inside.shape)
    return slice(int(top), int(top) + side), slice(int(left), int(left) + side)


def _middle_weight(count: int) -> Values:
    place = np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1)
    return 1.0 - (1.0 - _EDGE_WEIGHT) * place**2


def _reduced(image: Image.Image, width: int, aspect: float) -> Image.Image:
    shown = round(image.width * max(aspect, 1.0)), round(image.height / min(aspect, 1.0))
    scale = min(width / shown[0], 1.0)
    size = max(round(shown[0] * scale), 1), max(round(shown[1] * scale), 1)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def _picture(kind: str, file: io.BytesIO, width: int, height: int) -> EncodedPicture:
    return EncodedPicture(
        f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}", width, height
    )

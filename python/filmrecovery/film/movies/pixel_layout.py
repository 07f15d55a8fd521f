"""How a decoder lays out the pixels of a picture, and the components of it as arrays of codes."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import av

RGB, YCBCR, GREY = "RGB", "Y'CbCr", "grey"

Component = NDArray[np.integer[Any] | np.floating[Any]]
"""The codes of one component, (height, width) of its own."""


@dataclass(frozen=True)
class PixelLayout:
    """What the name of a pixel format says: R, G, B or Y, Cb, Cr or grey, and alpha after them where it has one.

    `across` and `down` are pixels of luma for each sample of colour. Where `full` is true the range is full by the
    format itself. Of floating-point formats `bits` is 0.
    """

    model: str
    bits: int
    across: int = 1
    down: int = 1
    alpha: bool = False
    full: bool = False


_SUBSAMPLING = {"444": (1, 1), "440": (1, 2), "422": (2, 1), "420": (2, 2), "411": (4, 1), "410": (4, 4)}
_PLANAR = re.compile(r"yuv(?P<a>a?)(?P<j>j?)(?P<s>444|440|422|420|411|410)p(?P<bits>\d*)(?:le|be)?")
_PLANAR_RGB = re.compile(r"gbr(?P<a>a?)p(?P<float>f?)(?P<bits>\d*)(?:le|be)?")
_GREY = re.compile(r"gray(?P<bits>\d*)(?:le|be)?")
_PACKED = {
    **{name: name.removesuffix("24").upper() for name in ("rgb24", "bgr24", "rgb0", "bgr0", "0rgb", "0bgr")},
    **{name: name.upper() for name in ("rgba", "bgra", "argb", "abgr")},
    **{f"{letters.lower()}48{end}": letters for letters in ("RGB", "BGR") for end in ("le", "be")},
    **{f"{letters.lower()}64{end}": letters for letters in ("RGBA", "BGRA") for end in ("le", "be")},
}
"""The components of a pixel in their order, 0 for one that is none."""
_PACKED_422 = {"uyvy422": (1, 0, 2), "yuyv422": (0, 1, 3)}
"""Where Y, Cb and Cr stand among the bytes of two pixels."""


def layout_of(pixel_format: str) -> PixelLayout | None:
    """The layout of a pixel format by FFmpeg's name of it, such as yuv422p10le; None for one that is not read here."""
    if match := _PLANAR.fullmatch(pixel_format):
        across, down = _SUBSAMPLING[match["s"]]
        return PixelLayout(YCBCR, int(match["bits"] or 8), across, down, bool(match["a"]), bool(match["j"]))
    if match := _PLANAR_RGB.fullmatch(pixel_format):
        return PixelLayout(RGB, 0 if match["float"] else int(match["bits"] or 8), alpha=bool(match["a"]))
    if match := _GREY.fullmatch(pixel_format):
        return PixelLayout(GREY, int(match["bits"] or 8))
    if letters := _PACKED.get(pixel_format):
        return PixelLayout(RGB, 16 if pixel_format[-2:] in ("le", "be") else 8, alpha="A" in letters)
    if pixel_format in _PACKED_422:
        return PixelLayout(YCBCR, 8, across=2)
    return None


def components_of(picture: "av.VideoFrame") -> tuple[Component, ...]:
    """The components of a decoded picture in the order of its layout."""
    name = picture.format.name
    if letters := _PACKED.get(name):
        codes = _codes(picture, 0, picture.width * len(letters), picture.height)
        codes = codes.reshape(picture.height, picture.width, len(letters))
        return tuple(codes[..., letters.index(letter)] for letter in "RGBA" if letter in letters)
    if name in _PACKED_422:
        pairs = -(-picture.width // 2)
        codes = _codes(picture, 0, 4 * pairs, picture.height).reshape(picture.height, pairs, 4)
        luma, blue, red = _PACKED_422[name]
        lumas = codes[..., luma::2].reshape(picture.height, 2 * pairs)[:, : picture.width]
        return lumas, codes[..., blue], codes[..., red]
    components = picture.format.components
    return tuple(_codes(picture, part.plane, part.width, part.height) for part in components)


def _codes(picture: "av.VideoFrame", plane: int, width: int, height: int) -> Component:
    """The codes of a plane, of as many columns as are the picture's."""
    kind = np.dtype(_kind(picture))
    lines = np.frombuffer(bytes(picture.planes[plane]), np.uint8)
    stride = picture.planes[plane].line_size
    lines = lines[: stride * height].reshape(height, stride)
    return np.ascontiguousarray(lines[:, : width * kind.itemsize]).view(kind)


def _kind(picture: "av.VideoFrame") -> str:
    name = picture.format.name
    order = ">" if picture.format.is_big_endian else "<"
    if "pf" in name:
        return f"{order}f{int(name.rstrip('lbe').rpartition('f')[2]) // 8}"
    bits = max(part.bits for part in picture.format.components)
    return "u1" if bits <= 8 else f"{order}u2"

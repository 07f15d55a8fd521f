"""Still pictures of the table, made on the run: how they lie in their files, and what their values stand for."""

import itertools
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO
import tifffile
from dpx_files import Variant, write_dpx
from numpy.typing import NDArray
from PIL import Image, ImageCms

from filmrecovery.picture.arrays import Values

Codes = NDArray[Any]
"""What a file holds, of any kind of number."""

WIDTH, HEIGHT = 40, 24
_ORIENTATION = 274
_SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
"""What the first row and the first column of the file show (TIFF 6.0, page 36)."""
_LOSS_OF_JPEG = 0.04


@dataclass(frozen=True)
class PictureCase:
    """A file, and what is to be read of it: R'G'B' as it is to be seen, or words of a refusal."""

    group: str
    name: str
    write: Callable[[Path], Values | None]
    """Writes the file; what it returns, if anything, is the truth."""
    truth: Values | None = None
    refusal: str = ""
    tolerance: float = 0.0005


def picture(highest: int = 255) -> Values:
    """Whole-number codes of a smooth picture that is not the same from any side, (height, width, 3)."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    share = np.stack([x / WIDTH, y / HEIGHT, 1 - x / WIDTH / 2 - y / HEIGHT / 2], axis=-1)
    return np.rint(share * highest)


def as_stored(upright: Codes, orientation: int) -> Codes:
    """The rows of a file of that orientation."""
    first_row, first_column = _SIDES[orientation]
    rows = upright.swapaxes(0, 1) if first_row in ("left", "right") else upright
    rows = rows[::-1] if first_row in ("bottom", "right") else rows
    return np.ascontiguousarray(rows[:, ::-1] if first_column in ("bottom", "right") else rows)


def orientation_cases() -> Iterator[PictureCase]:
    """Each orientation in each kind of file, and those that say nothing sure."""
    for orientation in _SIDES:
        for kind, highest in ((np.uint8, 255), (np.uint16, 65535), (np.float16, 1), (np.float32, 1)):
            codes = picture(highest) if highest > 1 else picture() / 255
            stored = as_stored(codes.astype(kind), orientation)
            yield PictureCase(
                "TIFF, 8 and 16 bits, half, float",
                f"{orientation}.tif",
                lambda path, stored=stored, orientation=orientation: _tiff(path, stored, orientation),
                codes / highest,
                tolerance=0.0005 if kind is not np.float16 else 0.001,
            )
        for planar, tile in ((True, None), (False, (16, 16))):
            stored = as_stored(picture().astype(np.uint8), orientation)
            yield PictureCase(
                "TIFF in planes, in tiles",
                f"{orientation}.tif",
                lambda path, stored=stored, orientation=orientation, planar=planar, tile=tile: _tiff(
                    path, stored, orientation, planar=planar, tile=tile
                ),
                picture() / 255,
            )
        for suffix, group in (("jpg", "JPEG, Exif"), ("png", "PNG, eXIf")):
            yield PictureCase(
                group,
                f"{orientation}.{suffix}",
                lambda path, orientation=orientation: _by_pillow(path, orientation),
                picture() / 255,
                tolerance=_LOSS_OF_JPEG if suffix == "jpg" else 0.0005,
            )
        yield PictureCase(
            "PNG, eXIf",
            f"{orientation}.png",
            lambda path, orientation=orientation: _png16(path, orientation),
            picture(65535) / 65535,
        )
        yield PictureCase(
            "EXR",
            f"{orientation}.exr",
            lambda path, orientation=orientation: _exr_turned(path, orientation),
            *((picture() / 255, "") if orientation == 1 else (None, "has an orientation, which EXR does not know")),
            0.001,
        )
    for bits, orientation in itertools.product((8, 10, 12, 16, 32), range(8)):
        yield PictureCase(
            "DPX, 8 to 32 bits",
            f"{bits}.{orientation}.dpx",
            lambda path, bits=bits, orientation=orientation: np.asarray(
                write_dpx(path, Variant(bits=bits, orientation=orientation))
            ),
            refusal="column" if orientation >= 4 else "",
        )
    upright = picture().astype(np.uint8)
    name = "nothing sure: 0, 9, a quarter turn of pixels that are not square"
    yield PictureCase(name, "0.tif", lambda path: _tiff(path, upright, 0), picture() / 255)
    yield PictureCase(name, "9.tif", lambda path: _tiff(path, upright, 9), picture() / 255)
    for number, suffix in itertools.product((0, 9), ("jpg", "png")):
        yield PictureCase(
            name,
            f"{number}.{suffix}",
            lambda path, number=number: _by_pillow(path, number),
            None if number else picture() / 255,
            "orientation is 9, expected 1 to 8" if number else "",
            _LOSS_OF_JPEG,
        )
    yield PictureCase(
        name, "6.tif", lambda path: _tiff(path, upright, 6, resolution=(100, 200)), refusal="turned by a quarter"
    )


def colour_cases() -> Iterator[PictureCase]:
    """Each kind of values that a picture may have."""
    codes = picture().astype(np.uint8)
    wide = picture(65535).astype(np.uint16)
    inks = np.dstack([codes, codes[..., 0]])
    alpha = np.full((HEIGHT, WIDTH, 1), 128, np.uint8)
    grey = codes[..., 1]
    right, wide_right = picture() / 255, picture(65535) / 65535
    no_rgb = "no RGB among the channels"

    def tiff(values: Codes, **options: Any) -> Callable[[Path], Any]:
        return lambda path: tifffile.imwrite(path, values, **options)

    def pillow(values: Codes, mode: str, **options: Any) -> Callable[[Path], Any]:
        return lambda path: Image.fromarray(values).convert(mode).save(path, **options)

    rgb = "RGB: whole numbers, floating point, planes, alpha, JPEG with and without Y Cb Cr"
    yield PictureCase(rgb, "rgb.tif", tiff(codes, photometric="rgb"), right)
    yield PictureCase(rgb, "rgb16.tif", tiff(wide, photometric="rgb"), wide_right)
    yield PictureCase(rgb, "half.tif", tiff(right.astype(np.float16), photometric="rgb"), right, tolerance=0.001)
    yield PictureCase(rgb, "float.tif", tiff(right.astype(np.float32), photometric="rgb"), right)
    for name, values, more in (("plain", codes, {}), ("deflate", wide, {"compression": "zlib", "predictor": True})):
        planes = np.moveaxis(values, -1, 0)
        options = {"photometric": "rgb", "planarconfig": "separate", **more}
        yield PictureCase(rgb, f"planes_{name}.tif", tiff(planes, **options), right if name == "plain" else wide_right)
    with_alpha = np.dstack([codes, alpha])
    yield PictureCase(rgb, "alpha.tif", tiff(with_alpha, photometric="rgb", extrasamples=["unassalpha"]), right)
    yield PictureCase(rgb, "mask.tif", tiff(with_alpha, photometric="rgb", extrasamples=["unspecified"]), right)
    yield PictureCase(rgb, "rgb.png", pillow(codes, "RGB"), right)
    yield PictureCase(rgb, "alpha.png", lambda path: Image.fromarray(with_alpha, "RGBA").save(path), right)
    yield PictureCase(rgb, "icc.png", pillow(codes, "RGB", icc_profile=_profile()), right)
    yield PictureCase(rgb, "ycc.jpg", pillow(codes, "RGB", quality=100, subsampling=0), right, tolerance=_LOSS_OF_JPEG)
    yield PictureCase(rgb, "ycc420.jpg", pillow(codes, "RGB", quality=100), right, tolerance=_LOSS_OF_JPEG)
    yield PictureCase(rgb, "rgb.jpg", pillow(codes, "RGB", quality=100, keep_rgb=True), right, tolerance=_LOSS_OF_JPEG)
    for number in (OpenImageIO.HALF, OpenImageIO.FLOAT):
        yield PictureCase(
            rgb, "rgb.exr", lambda path, number=number: _exr(path, right, "RGB", number), right, tolerance=0.001
        )
    video = "Y Cb Cr in TIFF: 4:4:4 and 4:2:0, BT.601 and BT.709, full and limited range"
    for sub, bt709, limited in itertools.product((1, 2), (False, True), (False, True)):
        yield PictureCase(
            video,
            f"ycbcr{sub}.tif",
            lambda path, sub=sub, bt709=bt709, limited=limited: _ycbcr_tiff(path, codes, sub, bt709, limited),
            right,
            # libtiff computes with whole numbers, and repeats the samples of colour in place of interpolating them.
            tolerance=0.018 if sub == 1 else 0.05,
        )
    yield PictureCase(
        video, "jpeg.tif", pillow(codes, "YCbCr", compression="jpeg", quality=100), right, tolerance=_LOSS_OF_JPEG
    )
    inked = "CMYK and YCCK"
    yield PictureCase(inked, "cmyk.tif", tiff(inks, photometric="separated"), refusal="CMYK or other inks")
    yield PictureCase(
        inked, "cmyk16.tif", tiff(inks.astype(np.uint16) * 257, photometric="separated"), refusal="CMYK or other inks"
    )
    yield PictureCase(inked, "cmyk.jpg", lambda path: Image.fromarray(inks, "CMYK").save(path), refusal=r"\(inks\)")
    yield PictureCase(inked, "ycck.jpg", lambda path: _ycck(path, inks), refusal=r"\(inks\)")
    lab = "L*a*b*, 8 and 16 bits, by CIE, ICC and ITU"
    for photometric, values in itertools.product(("cielab", "icclab", "itulab"), (codes, wide)):
        yield PictureCase(
            lab,
            f"{photometric}.tif",
            tiff(values, photometric=photometric),
            refusal=r"L\*a\*b\*|PhotometricInterpretation=(9|10)",
        )
    palettes = "palettes of TIFF, 1 to 8 bits"
    for colours in (2, 4, 16, 64, 256):
        yield PictureCase(
            palettes,
            f"palette{colours}.tif",
            lambda path, colours=colours: Image.fromarray(codes).quantize(colours).save(path),
            refusal="a palette",
        )
    palettes = "palettes of PNG, 1 to 8 bits, also with transparency"
    transparent: tuple[dict[str, Any], ...] = ({}, {"transparency": 0})
    for colours, more in itertools.product((2, 4, 16, 64, 256), transparent):
        quantized = Image.fromarray(codes).quantize(colours)
        yield PictureCase(
            palettes,
            f"palette{colours}.png",
            lambda path, quantized=quantized, more=more: quantized.save(path, **more),
            np.asarray(quantized.convert("RGB")) / 255,
        )
    greys = "grey: 1, 8, 16 bits, either end white, with a profile, with alpha"
    bits = (grey > 128).astype(np.uint8) * 255
    profiles: tuple[dict[str, Any], ...] = ({}, {"icc_profile": _grey_profile()})
    for suffix, more in itertools.product(("tif", "png"), profiles):
        yield PictureCase(greys, f"grey.{suffix}", pillow(grey, "L", **more), refusal=no_rgb)
        yield PictureCase(greys, f"one_bit.{suffix}", pillow(bits, "1", **more), refusal=no_rgb)
        yield PictureCase(greys, f"alpha.{suffix}", pillow(grey, "LA", **more), refusal=no_rgb)
        yield PictureCase(
            greys,
            f"grey16.{suffix}",
            lambda path, more=more: Image.fromarray(wide[..., 1]).save(path, **more),
            refusal=no_rgb,
        )
    yield PictureCase(greys, "inverted.tif", tiff(grey, photometric="miniswhite"), refusal=no_rgb)
    yield PictureCase(greys, "float.tif", tiff(right[..., 1].astype(np.float32)), refusal=no_rgb)
    yield PictureCase(greys, "grey.jpg", pillow(grey, "L"), refusal=no_rgb)
    yield PictureCase(greys, "grey.exr", lambda path: _exr(path, right[..., 1:2], "Y"), refusal=no_rgb)
    others = "luma and chroma of EXR, raw, LogLuv, masks, RGB that says it is grey, X Y Z"
    for names in (("Y", "RY", "BY"), ("X", "Y", "Z"), ("A", "Z", "N")):
        yield PictureCase(others, "other.exr", lambda path, names=names: _exr(path, right, names), refusal=no_rgb)
    for photometric, said in (("linear_raw", "raw values"), ("logluv", "LogLuv"), ("minisblack", "that it is grey")):
        options = {"photometric": photometric, "planarconfig": "contig"}
        yield PictureCase(others, f"{photometric}.tif", tiff(codes, **options), refusal=said)
    yield PictureCase(others, "mask.tif", tiff(bits, photometric="mask"), refusal="a mask|no RGB among")


def _tiff(
    path: Path, stored: Codes, orientation: int, planar: bool = False, tile: tuple[int, int] | None = None, **more: Any
) -> None:
    values = np.moveaxis(stored, -1, 0) if planar else stored
    layout = {"planarconfig": "separate"} if planar else {}
    tags = [(_ORIENTATION, "H", 1, orientation, True)]
    tifffile.imwrite(path, values, photometric="rgb", tile=tile, extratags=tags, **layout, **more)


def _by_pillow(path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    options: dict[str, Any] = {"quality": 100, "subsampling": 0} if path.suffix == ".jpg" else {}
    # What is no orientation says nothing.
    stored = as_stored(picture().astype(np.uint8), orientation if orientation in _SIDES else 1)
    Image.fromarray(stored).save(path, exif=exif, **options)


def _png16(path: Path, orientation: int) -> None:
    """A PNG of 16 bits, into which the chunk eXIf is put."""
    cv2.imwrite(str(path), as_stored(picture(65535).astype(np.uint16), orientation)[..., ::-1])
    content = path.read_bytes()
    exif = struct.pack(">2sHI HHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)
    chunk = struct.pack(">I4s", len(exif), b"eXIf") + exif + struct.pack(">I", zlib.crc32(b"eXIf" + exif))
    after_header = 33
    path.write_bytes(content[:after_header] + chunk + content[after_header:])


def _exr_turned(path: Path, orientation: int) -> None:
    _exr(path, as_stored(picture() / 255, orientation), "RGB", orientation=orientation)


def _exr(path: Path, values: Codes, names: Sequence[str], number: Any = OpenImageIO.HALF, orientation: int = 0) -> None:
    height, width, _ = values.shape
    spec = OpenImageIO.ImageSpec(width, height, len(names), number)
    spec.channelnames = tuple(names)
    if orientation:
        spec.attribute("Orientation", orientation)
    image = OpenImageIO.ImageOutput.create(str(path))
    if not image.open(str(path), spec):
        raise OSError(image.geterror())
    image.write_image(np.ascontiguousarray(values, np.float32))
    image.close()


def _ycck(path: Path, inks: Codes) -> None:
    """Pillow writes inks as they are; this byte of Adobe's marker says that they are Y Cb Cr K."""
    Image.fromarray(inks, "CMYK").save(path)
    content = path.read_bytes()
    marker = content.index(b"Adobe") + 11
    path.write_bytes(content[:marker] + b"\x02" + content[marker + 1 :])


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _grey_profile() -> bytes:
    """A profile that says of itself that it is of grey; its curve is looked at by nobody here."""
    content = bytearray(_profile())
    content[16:20] = b"GRAY"
    return bytes(content)


def _ycbcr_tiff(path: Path, codes: Codes, sub: int, bt709: bool, limited: bool) -> None:
    """Y Cb Cr (TIFF 6.0, sections 20 and 21), samples of colour in the middle of `sub` times `sub` pixels."""
    weights = (0.2126, 0.7152, 0.0722) if bt709 else (0.299, 0.587, 0.114)
    ends = (16, 235, 128, 240, 128, 240) if limited else (0, 255, 128, 255, 128, 255)
    red, green, blue = np.moveaxis(codes.astype(float), -1, 0)
    luma = weights[0] * red + weights[1] * green + weights[2] * blue
    reach = (ends[3] - ends[2]) / 127
    parts = [128 + reach * (blue - luma) / (2 - 2 * weights[2]), 128 + reach * (red - luma) / (2 - 2 * weights[0])]
    luma = ends[0] + luma * (ends[1] - ends[0]) / 255
    blocks = [part.reshape(HEIGHT // sub, sub, WIDTH // sub, sub).mean(axis=(1, 3)) for part in parts]
    lumas = luma.reshape(HEIGHT // sub, sub, WIDTH // sub, sub).transpose(0, 2, 1, 3).reshape(-1, sub * sub)
    units = np.column_stack([lumas, *(block.reshape(-1, 1) for block in blocks)])
    data = np.clip(np.rint(units), 0, 255).astype(np.uint8).tobytes()
    fractions = b"".join(struct.pack("<2I", round(weight * 10000), 10000) for weight in weights)
    reference = b"".join(struct.pack("<2I", number, 1) for number in ends)
    begin = 8 + len(data)
    entries = [
        *((256, 4, 1, WIDTH), (257, 4, 1, HEIGHT), (258, 3, 3, begin), (259, 3, 1, 1), (262, 3, 1, 6), (273, 4, 1, 8)),
        *((277, 3, 1, 3), (278, 4, 1, HEIGHT), (279, 4, 1, len(data)), (284, 3, 1, 1)),
        *([(529, 5, 3, begin + 6)] if bt709 else []),
        *((530, 3, 2, sub | sub << 16), (531, 3, 1, 1), (532, 5, 6, begin + 6 + len(fractions))),
    ]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<2H2I", *entry) for entry in entries)
    after = struct.pack("<3H", 8, 8, 8) + fractions + reference
    path.write_bytes(b"II*\0" + struct.pack("<I", begin + len(after)) + data + after + directory + bytes(4))

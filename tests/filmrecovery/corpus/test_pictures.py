"""Pictures as paint programs, cameras and office scanners write them, made by Pillow and tifffile."""

import numpy as np
import OpenImageIO
import pytest
import tifffile
from PIL import Image

from filmrecovery.base.errors import ElementError
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.frames.colour_channels import rgb_positions
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.painting.export_for_painting import export_for_painting
from filmrecovery.painting.painting_settings import ExportSettings
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_settings import PairSettings


def upright(width=40, height=24):
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 6, y * 10, 255 - x * 3 - y * 2], axis=-1).astype(np.uint8)


def as_stored(rgb, orientation):
    """What a file with that orientation holds, as TIFF 6.0 says: where its first row and column lie."""
    return {
        1: rgb,
        2: rgb[:, ::-1],
        3: np.rot90(rgb, 2),
        4: rgb[::-1],
        5: rgb.transpose(1, 0, 2),
        6: np.rot90(rgb, 1),
        7: np.rot90(rgb, 2).transpose(1, 0, 2),
        8: np.rot90(rgb, -1),
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["tif", "jpg"])
def test_a_picture_is_read_upright(tmp_path, orientation, suffix):
    path = tmp_path / f"scan.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(as_stored(upright(), orientation))
    if suffix == "tif":
        tifffile.imwrite(path, stored, photometric="rgb", extratags=[(274, "H", 1, orientation, True)])
    else:
        Image.fromarray(stored).save(path, quality=100, subsampling=0, exif=exif)
    frame, header = read_frame(path), read_header(path)
    np.testing.assert_allclose(frame.rgb, upright() / 255, atol=0.002 if suffix == "tif" else 0.02)
    assert (header.height, header.width) == frame.rgb.shape[:2] == (24, 40)
    write_frame(tmp_path / "out.tif", frame)
    np.testing.assert_allclose(read_frame(tmp_path / "out.tif").rgb, frame.rgb, atol=1e-4)
    write_frame(tmp_path / "out.exr", frame)
    np.testing.assert_allclose(read_frame(tmp_path / "out.exr").rgb, frame.rgb, atol=1e-3)


def test_pairs_and_the_painters_frame_are_upright(tmp_path):
    scan, video = tmp_path / "scan.0001.tif", tmp_path / "video.0001.tif"
    picture = np.tile(upright(), (2, 2, 1))
    tifffile.imwrite(scan, picture, photometric="rgb")
    tifffile.imwrite(video, picture[::-1].copy(), photometric="rgb", extratags=[(274, "H", 1, 4, True)])
    source, reference = (
        find_element(str(tmp_path / f"{name}.####.tif"), space="srgb_tx") for name in ("scan", "video")
    )
    make_pairs(PairSettings(mode="plain", frames="1", working_space="srgb_tx"), source, reference, tmp_path / "pairs")
    np.testing.assert_allclose(read_frame(tmp_path / "pairs" / "target.0001.exr").rgb, picture / 255, atol=1e-3)
    export_for_painting(ExportSettings(working_space="srgb_tx"), reference, tmp_path / "paint")
    np.testing.assert_allclose(read_frame(tmp_path / "paint" / "paint.0001.tif").rgb, picture / 255, atol=1e-3)


def test_windows_turn_with_the_picture(tmp_path):
    path = str(tmp_path / "scan.tif")
    spec = OpenImageIO.ImageSpec(4, 3, 3, OpenImageIO.UINT8)
    spec.x, spec.y, spec.full_width, spec.full_height = 1, 2, 10, 8
    spec.attribute("Orientation", 6)
    image = OpenImageIO.ImageOutput.create(path)
    assert image.open(path, spec)
    assert image.write_image(np.zeros((3, 4, 3), np.uint8))
    image.close()
    header = read_header(path)
    assert (header.full_width, header.full_height) == (8, 10)
    # Turned clockwise, what was 2 from the top and 3 from the bottom is 2 from the right and 3 from the left.
    assert (header.x, header.y, header.width, header.height) == (3, 1, 3, 4)


def test_orientations_that_say_nothing_sure_are_refused(tmp_path):
    exr = str(tmp_path / "scan.exr")
    spec = OpenImageIO.ImageSpec(4, 3, 3, OpenImageIO.HALF)
    spec.attribute("Orientation", 4)
    image = OpenImageIO.ImageOutput.create(exr)
    assert image.open(exr, spec)
    image.write_image(np.zeros((3, 4, 3), np.float32))
    image.close()
    with pytest.raises(ElementError, match=r"scan\.exr: has an orientation, which EXR does not know"):
        read_frame(exr)
    tiff = tmp_path / "scan.tif"
    tags = [(274, "H", 1, 6, True)]
    tifffile.imwrite(tiff, upright(), photometric="rgb", extratags=tags, resolution=(100, 200))
    with pytest.raises(ElementError, match=r"scan\.tif: is stored turned by a quarter .*pixel aspect"):
        read_frame(tiff)


def _ycck(path, content):
    # Pillow writes inks as they are; this byte of Adobe's marker says that they are Y Cb Cr K.
    marker = content.index(b"Adobe") + 11
    path.write_bytes(content[:marker] + b"\x02" + content[marker + 1 :])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cmyk.tif", "CMYK or other inks"),
        ("cmyk16.tif", "CMYK or other inks"),
        ("cmyk.jpg", r"CMYK \(inks\)"),
        ("ycck.jpg", r"\(inks\)"),
        ("lab.tif", r"CIE L\*a\*b\*"),
        ("lab16.tif", r"CIE L\*a\*b\*"),
        ("palette.tif", "a palette"),
        ("raw.tif", "a sensor's raw values"),
        ("grey.tif", "no RGB among the channels Y"),
        ("grey.jpg", "no RGB among the channels Y"),
        ("grey.png", "no RGB among the channels Y"),
    ],
)
def test_what_is_no_rgb_is_refused_by_name(tmp_path, name, said):
    path = tmp_path / name
    rgb = upright()
    inks = np.dstack([rgb, rgb[..., 0]])
    if name in ("cmyk.tif", "cmyk.jpg", "ycck.jpg"):
        Image.fromarray(inks, "CMYK").save(path)
    elif name == "cmyk16.tif":
        tifffile.imwrite(path, inks.astype(np.uint16) * 257, photometric="separated")
    elif name.startswith("lab"):
        tifffile.imwrite(path, rgb.astype(np.uint16) * 257 if "16" in name else rgb, photometric="cielab")
    elif name == "palette.tif":
        Image.fromarray(rgb).quantize(64).save(path)
    elif name == "raw.tif":
        tifffile.imwrite(path, rgb, photometric="linear_raw")
    else:
        Image.fromarray(rgb[..., 0]).save(path)
    if name == "ycck.jpg":
        _ycck(path, path.read_bytes())
    for read in (read_header, read_frame):
        with pytest.raises(ElementError, match=rf"{name}: .*{said}"):
            read(path)


def test_rgb_in_other_clothes_is_read_right(tmp_path):
    rgb = upright()
    palette = Image.fromarray(rgb).quantize(200)
    palette.save(tmp_path / "palette.png")
    np.testing.assert_allclose(read_frame(tmp_path / "palette.png").rgb, np.asarray(palette.convert("RGB")) / 255)
    Image.fromarray(rgb).save(tmp_path / "rgb.jpg", quality=100, keep_rgb=True)
    np.testing.assert_allclose(read_frame(tmp_path / "rgb.jpg").rgb, rgb / 255, atol=0.01)
    tifffile.imwrite(tmp_path / "planes.tif", np.moveaxis(rgb, -1, 0), photometric="rgb", planarconfig="separate")
    np.testing.assert_allclose(read_frame(tmp_path / "planes.tif").rgb, rgb / 255, atol=1e-6)
    assert rgb_positions(("blue", "Green", "red", "Z")) == (2, 1, 0)

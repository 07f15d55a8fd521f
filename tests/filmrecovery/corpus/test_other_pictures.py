"""Files that hold something else than their names say, or numbers and channels of another kind: right, or refused."""

import struct
import zlib

import numpy as np
import OpenImageIO
import pytest
import tifffile
from dpx_files import Variant, write_dpx
from PIL import Image

from filmrecovery.base.errors import ElementError, OutputError
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame


def noise(height=12, width=10, channels=3):
    return np.random.default_rng(5).integers(0, 1 << 16, (height, width, channels)).astype(np.uint16)


def refused(path, said):
    for read in (read_header, read_frame):
        with pytest.raises(ElementError, match=rf"{path.name}: .*{said}"):
            read(path)


@pytest.mark.parametrize("kind", ["BMP", "GIF", "TGA", "WEBP", "JPEG2000", "PPM", "ICO"])
def test_a_kind_that_the_name_does_not_say_is_refused(tmp_path, kind):
    path = tmp_path / "scan.png"
    Image.fromarray((noise() >> 8).astype(np.uint8)).save(path, kind)
    refused(path, "is a file of the kind .* by its content, expected EXR, DPX")


def test_a_tiff_named_png_is_read_right(tmp_path):
    path = tmp_path / "scan.png"
    tifffile.imwrite(path, noise(), photometric="rgb")
    np.testing.assert_allclose(read_frame(path).rgb, noise() / 65535, atol=1e-6)


def test_a_smaller_copy_is_not_taken_for_the_picture(tmp_path):
    """As cameras and some scanners write: the copy first, the picture behind it where libraries do not look."""
    path = tmp_path / "scan.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(noise()[::2, ::2].copy(), photometric="rgb", subfiletype=1, subifds=1)
        file.write(noise(), photometric="rgb")
    refused(path, "begins with a smaller copy")
    with tifffile.TiffWriter(path) as file:
        file.write(noise(), photometric="rgb", subifds=1)
        file.write(noise()[::2, ::2].copy(), photometric="rgb", subfiletype=1)
    np.testing.assert_allclose(read_frame(path).rgb, noise() / 65535, atol=1e-6)


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32])
def test_whole_numbers_with_a_sign_are_refused(tmp_path, kind):
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, (noise() >> 9).astype(kind), photometric="rgb")
    refused(path, "whole numbers with a sign")


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_three_channels_that_are_said_to_be_grey_are_refused(tmp_path, photometric):
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, noise(), photometric=photometric, planarconfig="contig")
    refused(path, "says that it is grey, and has 3 channels")


def write_packed_tiff(path, codes, bits, order):
    """Codes of any number of bits, whole bytes of 24 in the order of the file, others packed from the highest bit."""
    height, width, _ = codes.shape
    rows = []
    for row in codes.reshape(height, -1).tolist():
        if bits == 24:
            rows.append(b"".join(code.to_bytes(3, "big" if order == ">" else "little") for code in row))
            continue
        whole = sum(code << bits * place for place, code in enumerate(reversed(row)))
        spare = -len(row) * bits % 8
        rows.append((whole << spare).to_bytes((len(row) * bits + spare) // 8, "big"))
    data = b"".join(rows)
    tags = {
        256: (4, width),
        257: (4, height),
        259: (3, 1),
        262: (3, 2),
        273: (4, 14),
        277: (3, 3),
        278: (4, height),
        279: (4, len(data)),
        284: (3, 1),
    }
    entries = [struct.pack(order + "HHI", 258, 3, 3) + struct.pack(order + "I", 8)]
    for tag, (kind, value) in tags.items():
        field = struct.pack(order + "H2x", value) if kind == 3 else struct.pack(order + "I", value)
        entries.append(struct.pack(order + "HHI", tag, kind, 1) + field)
    entries.sort(key=lambda entry: struct.unpack(order + "H", entry[:2]))
    begin = 14 + len(data) + len(data) % 2
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I3H", begin, bits, bits, bits)
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)
    path.write_bytes(head + data.ljust(begin - 14, b"\0") + directory)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("bits", [1, 4, 10, 12, 14, 24])
def test_components_of_any_number_of_bits(tmp_path, bits, order):
    path = tmp_path / "scan.tif"
    codes = np.random.default_rng(bits).integers(0, 1 << bits, (5, 7, 3))
    write_packed_tiff(path, codes, bits, order)
    if bits == 24:
        refused(path, "24 bits a component")
    else:
        np.testing.assert_allclose(read_frame(path).rgb, codes / ((1 << bits) - 1), atol=2e-5)


def test_whole_numbers_in_exr_are_refused(tmp_path):
    path = tmp_path / "scan.exr"
    image = OpenImageIO.ImageOutput.create(str(path))
    assert image.open(str(path), OpenImageIO.ImageSpec(10, 12, 3, OpenImageIO.UINT32))
    image.write_image(noise().astype(np.uint32))
    image.close()
    refused(path, "whole numbers, of which EXR does not say")


def write_exr(path, *channels):
    spec = OpenImageIO.ImageSpec(10, 12, len(channels), OpenImageIO.HALF)
    spec.channelnames = channels
    image = OpenImageIO.ImageOutput.create(str(path))
    assert image.open(str(path), spec)
    image.write_image(np.full((12, 10, len(channels)), 0.5, np.float32))
    image.close()


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        (("R", "G", "B", "red"), r"a colour twice among the channels \(R, red\)"),
        (("R", "G", "B", "r", "g", "b"), "a colour twice"),
        (("Y", "crypto.R", "crypto.G", "crypto.B"), r"a grey picture \(Y\) beside the layer crypto"),
    ],
)
def test_channels_of_which_nobody_knows_which_are_meant_are_refused(tmp_path, channels, said):
    write_exr(tmp_path / "scan.exr", *channels)
    refused(tmp_path / "scan.exr", said)


def png(*chunks, behind=(), codes=None):
    """A PNG of 16 bits, with these chunks before its picture, and others behind it."""
    codes = noise() if codes is None else codes
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in codes)
    height, width, _ = codes.shape
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)), *chunks, (b"IDAT", zlib.compress(rows))]
    content = [struct.pack(">I", len(data)) + name + data for name, data in (*parts, *behind, (b"IEND", b""))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(part + struct.pack(">I", zlib.crc32(part[4:])) for part in content)


def test_what_a_png_says_of_its_colour_changes_no_value(tmp_path):
    path = tmp_path / "scan.png"
    for chunk in (
        (b"gAMA", struct.pack(">I", 100000)),
        (b"sRGB", b"\0"),
        (b"cICP", bytes((9, 16, 0, 1))),
        (b"sBIT", b"\x0a\x0a\x0a"),
        (b"tRNS", struct.pack(">3H", *noise()[0, 0].tolist())),
    ):
        path.write_bytes(png(chunk))
        np.testing.assert_allclose(read_frame(path).rgb, noise() / 65535, atol=1e-6)
    path.write_bytes(png((b"cICP", bytes((1, 1, 0, 0)))))
    refused(path, "limited range")


def test_a_channel_name_that_cannot_be_written_again_is_refused(tmp_path):
    path = tmp_path / "scan.exr"
    write_exr(path, "R", "G", "B", "matte1")
    path.write_bytes(path.read_bytes().replace(b"matte1", b"matt\xe91"))
    refused(path, "has a channel whose name is no UTF-8")


def test_a_texture_is_written_as_a_frame(tmp_path):
    """As renderers make them of pictures: tiles, and smaller copies that are no pages."""
    picture = OpenImageIO.ImageBuf(OpenImageIO.ImageSpec(64, 48, 3, OpenImageIO.HALF))
    picture.set_pixels(OpenImageIO.ROI(), np.random.default_rng(1).random((48, 64, 3), np.float32))
    path = str(tmp_path / "texture.exr")
    assert OpenImageIO.ImageBufAlgo.make_texture(OpenImageIO.MakeTxTexture, picture, path)
    write_frame(tmp_path / "out.exr", read_frame(path))
    np.testing.assert_array_equal(read_frame(tmp_path / "out.exr").rgb, read_frame(path).rgb)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_alpha_that_whole_numbers_cannot_hold_is_not_written(tmp_path, value):
    frame = frame_from_rgb(noise() / 65535).with_channel("A", np.full((12, 10), value, np.float32))
    write_frame(tmp_path / "out.exr", frame)
    for name in ("out.tif", "out.png", "out.dpx"):
        with pytest.raises(OutputError, match=rf"{name}: the alpha holds NaN or Inf"):
            write_frame(tmp_path / name, frame)


def exif(orientation):
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def profile(orientation):
    text = b"\nexif\n      26\n" + exif(orientation).hex().encode() + b"\n"
    return b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text)


def test_a_png_that_says_elsewhere_how_it_lies_is_refused(tmp_path):
    path = tmp_path / "scan.png"
    for content in (png(behind=[(b"eXIf", exif(6))]), png(profile(3)), png(behind=[profile(8)])):
        path.write_bytes(content)
        refused(path, r"lies turned or mirrored in its file \(orientation [368]\), and says so where")
    for content in (
        png(behind=[(b"eXIf", exif(1))]),
        png(profile(1)),
        png(behind=[(b"eXIf", b"nonsense")]),
        png((b"zTXt", b"Raw profile type exif\0\0nonsense")),
    ):
        path.write_bytes(content)
        np.testing.assert_allclose(read_frame(path).rgb, noise() / 65535, atol=1e-6)
    path.write_bytes(png((b"eXIf", exif(6))))
    np.testing.assert_allclose(read_frame(path).rgb, np.rot90(noise(), -1) / 65535, atol=1e-6)


def test_a_png_that_moves_is_refused(tmp_path):
    path = tmp_path / "scan.png"
    path.write_bytes(png((b"acTL", struct.pack(">2I", 1, 0))))
    np.testing.assert_allclose(read_frame(path).rgb, noise() / 65535, atol=1e-6)
    path.write_bytes(png((b"acTL", struct.pack(">2I", 24, 0))))
    refused(path, "more than one part or page")


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", "<>")
def test_a_tiff_of_several_pages_is_refused(tmp_path, order, big):
    path = tmp_path / "scan.tif"
    with tifffile.TiffWriter(path, byteorder=order, bigtiff=big) as file:
        file.write(noise(), photometric="rgb")
    np.testing.assert_allclose(read_frame(path).rgb, noise() / 65535, atol=1e-6)
    with tifffile.TiffWriter(path, byteorder=order, bigtiff=big, append=True) as file:
        file.write(noise(), photometric="rgb")
    refused(path, "more than one part or page")


def test_a_jpeg_whose_pixels_have_two_shapes_is_refused(tmp_path):
    path = tmp_path / "scan.jpg"
    Image.fromarray((noise() >> 8).astype(np.uint8)).save(path, dpi=(72, 144))
    refused(path, "72 pixels a unit across and 144 down")
    Image.fromarray((noise() >> 8).astype(np.uint8)).save(path, dpi=(300, 300))
    assert read_header(path).get_float_attribute("PixelAspectRatio", 1.0) == 1.0


@pytest.mark.parametrize(
    ("aspect", "read"), [((0, 1), 1), ((0xFFFFFFFF, 1), 1), ((1, 0), 1), ((2, 1), 2), ((8, 9), 8 / 9)]
)
def test_a_pixel_aspect_that_is_none_stops_nothing(tmp_path, aspect, read):
    path = tmp_path / "scan.dpx"
    write_dpx(path, Variant())
    content = bytearray(path.read_bytes())
    struct.pack_into(">2I", content, 1628, *aspect)
    path.write_bytes(content)
    write_frame(tmp_path / "out.exr", read_frame(path))
    assert read_header(tmp_path / "out.exr").get_float_attribute("PixelAspectRatio", 1.0) == pytest.approx(read)

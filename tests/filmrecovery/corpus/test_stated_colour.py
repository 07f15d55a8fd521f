"""What headers say of colour: frames of one element that say different things, and another curve than the user says."""

import struct
import zlib

import numpy as np
import OpenImageIO
import pytest
import tifffile
from dpx_files import Variant, write_dpx
from PIL import Image, ImageCms
from test_other_pictures import noise, png

from filmrecovery.base.errors import ElementError
from filmrecovery.cli import main
from filmrecovery.film.checks.parity import check_element, check_headers
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.headers.stated_colour import StatedColour, stated_colour
from filmrecovery.picture.curve_kinds import DISPLAY, HDR, LINEAR, LOG

AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
REC709 = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)


def profile(name="sRGB"):
    if name == "sRGB":
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # One with a curve of its own: linear, as some scanners embed.
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 7) + b"Linear\0"}
    tags |= {tone: b"curv" + bytes(8) for tone in (b"rTRC", b"gTRC", b"bTRC")}
    table, data = b"", b""
    for tag, content in tags.items():
        table += struct.pack(">4s2I", tag, 132 + 12 * len(tags) + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    return bytes(36) + b"acsp" + bytes(88) + struct.pack(">I", len(tags)) + table + data


def write(path, said):
    """Writes a frame whose header says something of its colour; None is a header that says nothing."""
    kind = path.suffix
    if kind == ".dpx":
        write_dpx(path, Variant(width=40))
        content = bytearray(path.read_bytes())
        content[801:803] = bytes(said or (0, 0))
        path.write_bytes(content)
    elif kind == ".exr":
        spec = OpenImageIO.ImageSpec(10, 12, 3, "half")
        if isinstance(said, str):
            spec.attribute("colorInteropID", said)
        elif said:
            spec.attribute("chromaticities", OpenImageIO.TypeDesc("float[8]"), said)
        image = OpenImageIO.ImageOutput.create(str(path))
        assert image.open(str(path), spec)
        image.write_image(noise().astype(np.float32) / 65535)
        image.close()
    elif kind == ".png":
        path.write_bytes(png(*([said] if said else [])))
    elif kind == ".tif":
        tifffile.imwrite(path, noise(), photometric="rgb", iccprofile=said)
    else:
        Image.fromarray((noise() >> 8).astype(np.uint8)).save(path, quality=95, icc_profile=said)


SRGB = (b"sRGB", b"\0")
CASES = [
    (".dpx", (3, 1), "transfer logarithmic, colorimetry printing density", LOG),
    (".dpx", (1, 1), "transfer printing density, colorimetry printing density", LOG),
    (".dpx", (6, 6), "transfer ITU-R 709-4, colorimetry ITU-R 709-4", DISPLAY),
    (".dpx", (2, 6), "transfer linear, colorimetry ITU-R 709-4", LINEAR),
    # FFmpeg writes this whatever is in the file.
    (".dpx", (2, 2), "", ""),
    (".dpx", (255, 255), "", ""),
    (".exr", AP0, "chromaticities 0.735 0.265 0.000 1.000 0.000 -0.077 0.322 0.338", ""),
    (".exr", "lin_ap1_scene", "colour space lin_ap1_scene", LINEAR),
    (".exr", "srgb_rec709_scene", "colour space srgb_rec709_scene", DISPLAY),
    (".png", SRGB, "sRGB", DISPLAY),
    (".png", (b"gAMA", struct.pack(">I", 100_000)), "gamma 1", LINEAR),
    (".png", (b"gAMA", struct.pack(">I", 45455)), "gamma 0.45455", DISPLAY),
    (".png", (b"cICP", bytes((9, 16, 0, 1))), "primaries 9 and transfer 16 of H.273", HDR),
    (".png", (b"iCCP", b"x\0\0" + zlib.compress(profile())), "the ICC profile 'sRGB built-in'", DISPLAY),
    (".png", (b"iCCP", b"x\0\0" + zlib.compress(profile("Linear"))), "the ICC profile 'Linear'", LINEAR),
    (".png", (b"iCCP", b"x\0\0damaged"), "", ""),
    (".tif", profile(), "the ICC profile 'sRGB built-in'", DISPLAY),
    (".tif", profile("Linear"), "the ICC profile 'Linear'", LINEAR),
    (".tif", b"no profile", "an ICC profile that cannot be read", ""),
    (".jpg", profile(), "the ICC profile 'sRGB built-in'", DISPLAY),
]


@pytest.mark.parametrize(("kind", "said", "words", "curve"), CASES)
def test_the_colour_that_a_header_says_is_read(tmp_path, kind, said, words, curve):
    path = tmp_path / f"scan.0001{kind}"
    write(path, said)
    found = stated_colour(path)
    assert found.words.startswith(words)
    assert bool(found.words) == bool(words)
    assert found.curve == curve
    write(path, None)
    assert stated_colour(path) == StatedColour()


OTHERS = [
    (".dpx", (3, 1), (6, 6), "transfer ITU-R 709-4, .* expected transfer logarithmic"),
    (".dpx", (6, 6), (6, 7), "transfer ITU-R 709-4, colorimetry ITU-R 601-5 .* expected .*, colorimetry ITU-R 709-4"),
    (".exr", AP0, REC709, "chromaticities 0.640 .* expected chromaticities 0.735"),
    (".png", SRGB, (b"gAMA", struct.pack(">I", 100_000)), "gamma 1; expected sRGB"),
    (".tif", profile(), profile("Linear"), "the ICC profile 'Linear' .* expected the ICC profile 'sRGB built-in'"),
    (".jpg", profile(), profile("Linear"), "the ICC profile 'Linear'"),
]


@pytest.mark.parametrize("check", [check_element, check_headers])
@pytest.mark.parametrize(("kind", "most", "one", "said"), OTHERS)
def test_frames_that_say_different_colours_are_named(tmp_path, check, kind, most, one, said):
    for frame in (1, 2, 3, 4):
        write(tmp_path / f"scan.{frame:04d}{kind}", one if frame == 3 else most)
    with pytest.raises(ElementError, match=rf"scan\.0003\{kind}: its header says of the colour: {said}.*\(frame 3\)$"):
        check(find_element(str(tmp_path / f"scan.####{kind}")))


def test_profiles_that_differ_in_their_date_alone_are_one(tmp_path):
    content = profile("Linear")
    for frame in (1, 2):
        write(tmp_path / f"scan.{frame:04d}.tif", bytes(24) + bytes([frame]) + content[25:])
    check_element(find_element(str(tmp_path / "scan.####.tif")))


def test_a_frame_that_says_nothing_beside_others_is_warned_of(tmp_path, caplog):
    for frame in (1, 2, 3):
        write(tmp_path / f"scan.{frame:04d}.png", None if frame == 2 else SRGB)
    check_headers(find_element(str(tmp_path / "scan.####.png")))
    (said,) = caplog.messages
    assert "scan.0002.png: the headers of 2 frames say of the colour sRGB, those of 1 say nothing" in said
    assert said.endswith("(frame 2)")


@pytest.mark.parametrize(
    ("kind", "said", "space", "wrong"),
    [
        (".dpx", (1, 1), "srgb_tx", "logarithmic (transfer printing density, colorimetry printing density)"),
        (".dpx", (1, 1), "acescct", ""),
        (".dpx", (6, 6), "acescct", "as on a display (transfer ITU-R 709-4, colorimetry ITU-R 709-4)"),
        (".dpx", (6, 6), "g24_rec709", ""),
        (".dpx", (2, 2), "g24_rec709", ""),
        (".exr", "lin_ap0_scene", "srgb_tx", "linear (colour space lin_ap0_scene)"),
        (".exr", "lin_ap0_scene", "lin_ap0", ""),
        (".png", (b"cICP", bytes((9, 16, 0, 1))), "srgb_tx", "of a high dynamic range (PQ or HLG) (primaries 9 and"),
        (".tif", profile("Linear"), "srgb_tx", "linear (the ICC profile 'Linear'"),
        (".tif", profile(), "", ""),
    ],
)
def test_a_header_that_says_another_curve_than_the_space_is_warned_of(tmp_path, caplog, kind, said, space, wrong):
    for frame in (1, 2):
        write(tmp_path / f"scan.{frame:04d}{kind}", said)
    check_element(find_element(str(tmp_path / f"scan.####{kind}"), space=space))
    if not wrong:
        assert not caplog.messages
        return
    (warned,) = caplog.messages
    assert f"scan.0001{kind}: the header says that the values are {wrong}" in warned
    assert f"the space '{space}' is " in warned


P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329)
PAL = (0.64, 0.33, 0.29, 0.6, 0.15, 0.06, 0.3127, 0.329)


@pytest.mark.parametrize(
    ("kind", "said", "space", "wrong"),
    [
        (".exr", AP0, "srgb_tx", "wider than those of Rec.709 (chromaticities 0.735"),
        (".exr", P3, "lin_rec709", "wider than those of Rec.709 (chromaticities 0.680"),
        (".exr", AP0, "lin_ap0", ""),
        (".exr", PAL, "srgb_tx", ""),
        (".exr", REC709, "lin_ap0", "those of Rec.709, or near them (chromaticities 0.640"),
        (".exr", REC709, "", ""),
        (".exr", "lin_rec709_scene", "lin_ap1", "those of Rec.709, or near them (colour space lin_rec709_scene)"),
        (".png", (b"cICP", bytes((12, 13, 0, 1))), "srgb_tx", "wider than those of Rec.709 (primaries 12"),
        (".png", (b"cICP", bytes((1, 13, 0, 1))), "srgb_tx", ""),
    ],
)
def test_a_header_that_says_other_primaries_than_the_space_is_warned_of(tmp_path, caplog, kind, said, space, wrong):
    write(tmp_path / f"scan.0001{kind}", said)
    check_element(find_element(str(tmp_path / f"scan.####{kind}"), space=space))
    assert [wrong in each and f"those of the space '{space}' are" in each for each in caplog.messages] == (
        [True] if wrong else []
    )


def test_tiff_says_its_primaries_too(tmp_path):
    path = tmp_path / "scan.tif"
    primaries = [part for number in P3[:6] for part in (round(number * 1000), 1000)]
    tifffile.imwrite(path, noise(), photometric="rgb", extratags=[(319, 5, 6, primaries, True)])
    assert stated_colour(path).wide is True


def test_check_warns_of_the_space_that_is_given(tmp_path, capsys):
    write(tmp_path / "scan.0001.dpx", (1, 1))
    assert main(["check", str(tmp_path / "scan.####.dpx")]) == 0
    assert "the header says that the values are logarithmic" in " ".join(capsys.readouterr().err.split())
    assert main(["check", str(tmp_path / "scan.####.dpx"), "--source-space", "acescct"]) == 0
    assert "logarithmic" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("low", "high", "said"), [(64, 940, "64 to 940"), (0, 1023, ""), (95, 685, ""), (0xFFFFFFFF, 0xFFFFFFFF, "")]
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_dpx_that_says_the_range_of_video_is_warned_of(tmp_path, caplog, low, high, said, order):
    path = tmp_path / "scan.0001.dpx"
    write_dpx(path, Variant(width=40, order=order))
    content = bytearray(path.read_bytes())
    for place, code in ((784, low), (792, high)):
        struct.pack_into(order + "I", content, place, code)
    path.write_bytes(content)
    assert stated_colour(path).range == said
    check_headers(find_element(str(tmp_path / "scan.####.dpx")))
    assert [f"the codes of black and white are {said}, as" in each for each in caplog.messages] == [True] * bool(said)

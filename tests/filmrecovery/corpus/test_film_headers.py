"""What the headers of scans say of the film reaches the frames that are written."""

import base64
import json
import struct

import av
import numpy as np
import OpenImageIO
import pytest
from dpx_files import Variant
from film_headers import (
    FILM_ATTRIBUTES,
    NUMBERS,
    TEXTS,
    USER_DATA,
    read_attributes,
    write_film_dpx,
    write_film_exr,
)

from filmrecovery.film.frames.frame import Frame, frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame


def attributes_of_render(path):
    """The attributes of an EXR file that is written of a frame, by its bytes."""
    written = path.with_name("out.exr")
    write_frame(written, read_frame(path))
    return read_attributes(written)[0]


@pytest.mark.parametrize("order", "><")
def test_all_that_a_dpx_says_of_the_film_reaches_the_exr(order, tmp_path):
    write_film_dpx(tmp_path / "scan.dpx", Variant(order=order, user_data=USER_DATA))
    found = attributes_of_render(tmp_path / "scan.dpx")
    assert found["timeCode"] == ("timecode", struct.pack("<2I", 0x01020304, 0x91223344))
    assert found["keyCode"] == ("keycode", struct.pack("<7i", 2, 42, 123456, 7890, 17, 4, 64))
    assert found["framesPerSecond"] == ("rational", struct.pack("<iI", 24000, 1001))
    texts = {name: value.decode() for name, (kind, value) in found.items() if kind == "string"}
    assert texts.items() >= {
        ("dpx/FilmEdgeCode", "0242171234567890"),
        ("dpx/InputDevice", "Scanner n° 2"),
        ("dpx/InputDeviceSerialNumber", "SN 4711"),
        ("dpx/SlateInfo", "Reel 5, slate 17A"),
        ("dpx/FrameId", "Frame id"),
        ("dpx/Format", "35mm 4-perf"),
        ("dpx/SourceImageFileName", "roll7.0042.dpx"),
        ("dpx/SourceDateTime", "2019:01:02 03:04:05"),
        ("dpx/Border", "1 2 3 4"),
        ("dpx/UserBits", "91223344"),
        ("owner", "Archive X"),
        ("DocumentName", "Film 1234"),
        ("Software", "Scanner software 4.2"),
    }
    assert base64.b64decode(texts["dpx/UserData"]) == USER_DATA
    numbers = {
        name: struct.unpack("<i" if kind == "int" else "<f", value)[0]
        for name, (kind, value) in found.items()
        if kind in ("int", "float")
    }
    assert numbers.items() >= {
        ("dpx/XScannedSize", 24.5),
        ("dpx/YScannedSize", 18.25),
        ("dpx/XOffset", 16),
        ("dpx/YOriginalSize", 3112),
        ("dpx/YCenter", 1556.5),
        ("dpx/FramePosition", 7),
        ("dpx/SequenceLength", 100),
        ("dpx/HeldCount", 1),
        ("dpx/WhiteLevel", 940.0),
    }


def test_what_nobody_filled_in_says_nothing(tmp_path):
    write_film_dpx(tmp_path / "scan.dpx", Variant(), {}, {})
    found = attributes_of_render(tmp_path / "scan.dpx")
    assert not found.keys() & {"timeCode", "keyCode", "framesPerSecond"}
    assert not [name for name in found if name.startswith("dpx/") and name != "dpx/SourceDateTime"]


@pytest.mark.parametrize("blank", [b"\0", b" ", b"\xff"])
def test_a_date_or_text_that_nobody_filled_in_says_nothing(blank, tmp_path):
    fields = {field: blank * int(field.split()[1]) for field in (*TEXTS, "136 24")}
    write_film_dpx(tmp_path / "scan.dpx", texts=fields)
    header = read_header(tmp_path / "scan.dpx")
    for name in ("DateTime", "dpx:SourceDateTime", "Software", "DocumentName", "Copyright", "dpx:InputDevice"):
        assert header.getattribute(name) is None


def test_a_text_that_fills_its_field_ends_with_it(tmp_path):
    fields = {
        "160 100": b"s" * 100,
        "260 200": b"d" * 200,
        "460 200": b"c" * 200,
        "1532 24": b"2019:01:02:03:04:05:CEST",
    }
    write_film_dpx(tmp_path / "scan.dpx", texts=fields)
    header = read_header(tmp_path / "scan.dpx")
    found = [header.get_string_attribute(name) for name in ("Software", "DocumentName", "Copyright")]
    assert found == ["s" * 100, "d" * 200, "c" * 200]
    assert header.get_string_attribute("dpx:SourceDateTime") == "2019:01:02 03:04:05"


@pytest.mark.parametrize("blank", [b"\0", b" ", b"\xff"])
def test_a_part_of_an_edge_code_is_no_keycode(blank, tmp_path):
    texts = TEXTS | {"1668 2": blank * 2, "1676 4": blank * 4}
    write_film_dpx(tmp_path / "scan.dpx", texts=texts)
    found = attributes_of_render(tmp_path / "scan.dpx")
    assert "keyCode" not in found
    assert found["dpx/FilmEdgeCode"] == ("string", b"0242  123456")


@pytest.mark.parametrize(
    ("film_format", "perforations"),
    [
        (b"Super 16", (1, 20)),
        (b"16mm", (1, 20)),
        (b"35mm 3-perf", (3, 64)),
        (b"VistaVision", (8, 64)),
        (b"35 mm full aperture", (4, 64)),
        (b"35mm, 16:9", (4, 64)),
        (b"", (4, 64)),
    ],
)
def test_keycodes_count_the_perforations_of_their_gauge(film_format, perforations, tmp_path):
    write_film_dpx(tmp_path / "scan.dpx", texts=TEXTS | {"1680 32": film_format})
    _, value = attributes_of_render(tmp_path / "scan.dpx")["keyCode"]
    assert struct.unpack("<7i", value)[5:] == perforations


def test_a_time_code_that_is_none_is_left_out(tmp_path):
    write_film_dpx(tmp_path / "scan.dpx", numbers=NUMBERS | {1920: ("I", 0x01620304)})
    assert "timeCode" not in attributes_of_render(tmp_path / "scan.dpx")


def test_a_picture_in_the_place_of_the_film_header_is_not_taken_for_one(tmp_path):
    path = tmp_path / "scan.dpx"
    write_film_dpx(path, Variant(width=64), {}, {})
    content = bytearray(path.read_bytes())
    struct.pack_into(">I", content, 4, 1664)
    struct.pack_into(">I", content, 808, 1664)
    path.write_bytes(content[:1664] + content[2048:])
    names = [attribute.name for attribute in read_header(path).extra_attribs]
    assert not {"smpte:TimeCode", "smpte:KeyCode", "dpx:FrameId", "dpx:FrameRate"}.intersection(names)


def test_all_that_an_exr_says_of_the_film_is_kept_to_the_bit(tmp_path):
    write_film_exr(tmp_path / "scan.exr")
    found = attributes_of_render(tmp_path / "scan.exr")
    assert found.items() >= FILM_ATTRIBUTES.items()


def fields(path):
    """Every field of scan and film in a DPX header, by its place; texts without what follows them."""
    content = path.read_bytes()
    texts = {
        place: content[place : place + length].split(b"\0")[0]
        for place, length in (map(int, key.split()) for key in TEXTS)
    }
    numbers = {place: struct.unpack_from(">" + kind, content, place) for place, (kind, *_) in NUMBERS.items()}
    return texts | numbers


@pytest.mark.parametrize("by", ["dpx", "exr"])
def test_a_dpx_that_is_written_says_what_the_scan_said(by, tmp_path):
    """Directly, and by way of the EXR that other stages write."""
    scan, out = tmp_path / "scan.dpx", tmp_path / "out.dpx"
    write_film_dpx(scan)
    between = scan
    if by == "exr":
        between = tmp_path / "between.exr"
        write_frame(between, read_frame(scan))
    write_frame(out, read_frame(between))
    # Of the rate, the exact one.
    expected = fields(scan) | {1724: struct.unpack(">2f", struct.pack(">2f", 24000 / 1001, 172.8))}
    expected[1556] = "Scanner n° 2".encode()
    assert fields(out) == expected
    content = out.read_bytes()
    assert content[2048 : 2048 + len(USER_DATA)] == USER_DATA
    assert content[36:136].rstrip(b"\0") == b"out.dpx"
    assert [int.from_bytes(content[place : place + 4], "big") for place in (16, 24, 28, 32)] == [
        len(content),
        1664,
        384,
        len(USER_DATA),
    ]


@pytest.mark.parametrize("channels", ["RGB", "RGBA", "ABGR"])
def test_a_dpx_that_is_written_is_read_alike_by_three_readers(channels, tmp_path):
    random = np.random.default_rng(1)
    # OpenImageIO reads the last component of a line wrong where it is alone in its word.
    width = 7 if channels == "RGB" else 6
    codes = random.integers(0, 1024, (6, width, len(channels)))
    spec = OpenImageIO.ImageSpec(width, 6, len(channels), OpenImageIO.FLOAT)
    spec.channelnames = tuple(channels)
    path = tmp_path / "out.dpx"
    write_frame(path, Frame((codes / 1023).astype(np.float32), tuple(channels), spec))
    ordered = codes[..., [channels.index(name) for name in "RGBA"[: len(channels)]]]
    assert np.array_equal(np.rint(read_frame(path).pixels * np.float64(1023)), ordered)
    image = OpenImageIO.ImageInput.open(str(path))
    assert np.array_equal(np.rint(image.read_image(OpenImageIO.FLOAT) * np.float64(1023)), ordered)
    image.close()
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0))
    found = picture.to_ndarray()
    assert picture.format.name in ("gbrp10be", "gbrap10be", "gbrp10le", "gbrap10le")
    assert np.array_equal(found[..., :3], ordered[..., :3])


def test_a_frame_without_a_header_leaves_the_fields_undefined(tmp_path):
    path = tmp_path / "out.dpx"
    write_frame(path, frame_from_rgb(np.full((3, 4, 3), 0.5, np.float32)))
    content = path.read_bytes()
    assert content[1920:1928] == content[1724:1728] * 2 == b"\xff" * 8
    names = [attribute.name for attribute in read_header(path).extra_attribs]
    assert not {"smpte:TimeCode", "smpte:KeyCode", "dpx:UserData", "dpx:InputDevice"}.intersection(names)


@pytest.mark.parametrize("text", [b"none of the kind", "Rebelión".encode()])
def test_what_another_program_writes_by_the_names_of_fields_does_no_harm(text, tmp_path):
    number = struct.pack("<f", float("inf"))
    foreign = {
        "dpx/UserBits": ("string", text),
        "dpx/Border": ("string", text),
        "dpx/UserData": ("string", text),
        "dpx/FramePosition": ("float", number),
        "dpx/Interlace": ("int", struct.pack("<i", -5)),
        "dpx/XScannedSize": ("string", text),
        "dpx/ShutterAngle": ("double", struct.pack("<d", 1e300)),
        "dpx/SlateInfo": ("int", struct.pack("<i", 3)),
        "dpx/FilmEdgeCode": ("float", number),
        "timeCode": ("string", text),
        "keyCode": ("string", text),
        "framesPerSecond": ("float", number),
    }
    write_film_exr(tmp_path / "foreign.exr", foreign)
    write_frame(tmp_path / "out.dpx", read_frame(tmp_path / "foreign.exr"))
    content = (tmp_path / "out.dpx").read_bytes()
    assert content[1920:1928] == content[1712:1716] * 2 == content[1636:1640] * 2 == b"\xff" * 8
    user_data = read_header(tmp_path / "out.dpx").getattribute("dpx:UserData")
    assert np.asarray(user_data, np.uint8).tobytes().rstrip(b"\0") == text
    read_frame(tmp_path / "out.dpx")


def test_texts_that_dpx_has_no_field_for_are_user_data_and_come_back(tmp_path):
    texts = {"FilmTitle": "Rebelión de Tapadas", "filmrecovery:weights": "0123", "reelName": "A001"}
    for scan_data in (b"", USER_DATA):
        frame = frame_from_rgb(np.full((3, 4, 3), 0.5, np.float32))
        for name, text in texts.items():
            frame.spec.attribute(name, text)
        if scan_data:
            kind = OpenImageIO.TypeDesc(f"uint8[{len(scan_data)}]")
            frame.spec.attribute("dpx:UserData", kind, np.frombuffer(scan_data, np.uint8))
        write_frame(tmp_path / "out.dpx", frame)
        content = (tmp_path / "out.dpx").read_bytes()
        begin, size = (int.from_bytes(content[place : place + 4], "big") for place in (4, 32))
        assert begin == 2048 + size
        assert content[2048:2080].rstrip(b"\0") == b"Film Recovery 1"
        assert json.loads(content[2080:begin]).items() >= texts.items()
        spec = read_header(tmp_path / "out.dpx")
        assert {name: spec.get_string_attribute(name) for name in texts} == texts
        found = spec.getattribute("dpx:UserData")
        assert (b"" if found is None else np.asarray(found, np.uint8).tobytes()) == scan_data


def test_user_data_that_are_damaged_stay_as_they_are(tmp_path):
    frame = frame_from_rgb(np.full((3, 4, 3), 0.5, np.float32))
    frame.spec.attribute("FilmTitle", "Rebelión")
    path = tmp_path / "out.dpx"
    write_frame(path, frame)
    path.write_bytes(path.read_bytes().replace(b'"FilmTitle":', b'"FilmTitle;;'))
    spec = read_header(path)
    assert spec.get_string_attribute("FilmTitle") == ""
    assert np.asarray(spec.getattribute("dpx:UserData"), np.uint8).tobytes().startswith(b"Film Recovery 1")

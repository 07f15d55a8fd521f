import base64
import struct
from fractions import Fraction

import numpy as np
import OpenImageIO
import pytest

from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.headers.film_metadata import with_dpx_metadata
from filmrecovery.film.headers.frame_rate import exact_rate


@pytest.mark.parametrize(
    ("stated", "exact"),
    [
        (24.0, Fraction(24)),
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (struct.unpack("f", struct.pack("f", 29.97))[0], Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (25.0, Fraction(25)),
        (16.6666667, Fraction(50, 3)),
        (18.0, Fraction(18)),
        (0.0, None),
        (-24.0, None),
        (float("inf"), None),
        (float("nan"), None),
        (1e30, None),
        (1e-30, None),
    ],
)
def test_rates_are_those_that_a_rounded_number_stands_for(stated, exact):
    assert exact_rate(stated) == exact


def header_of_render(tmp_path, fields, user_data=b""):
    """The header of an EXR that was made from a DPX with these bytes in its header."""
    path = tmp_path / "scan.dpx"
    write_frame(path, frame_from_rgb(np.full((4, 6, 3), 0.5, np.float32)))
    content = bytearray(path.read_bytes())
    for place, value in fields.items():
        content[place : place + len(value)] = value
    if user_data:
        assert content[:4] == b"SDPX"
        begin = struct.unpack_from(">I", content, 4)[0]
        struct.pack_into(">I", content, 4, 2048 + len(user_data))
        struct.pack_into(">I", content, 32, len(user_data))
        struct.pack_into(">I", content, 808, 2048 + len(user_data))
        content = content[:2048] + user_data + content[begin:]
    path.write_bytes(content)
    write_frame(tmp_path / "out.exr", read_frame(path))
    return read_header(tmp_path / "out.exr")


def test_headers_as_scanners_write_them_reach_the_exr(tmp_path):
    rate = struct.pack(">f", 23.976)
    fields = {1556: "Scanner n° 2".encode("latin-1"), 1664: b"\xff" * 16, 1724: rate, 1940: struct.pack(">f", 29.97)}
    spec = header_of_render(tmp_path, fields)
    assert spec["dpx/InputDevice"] == "Scanner n° 2"
    assert spec["FramesPerSecond"] == (24000, 1001)
    assert "dpx/FilmEdgeCode" not in [attribute.name for attribute in spec.extra_attribs]


@pytest.mark.parametrize("rate", [float("inf"), float("nan"), 1e30, -1.0])
def test_a_rate_that_is_none_is_left_out(tmp_path, rate):
    spec = header_of_render(tmp_path, {1724: struct.pack(">f", rate), 1940: struct.pack(">f", rate)})
    assert spec.getattribute("FramesPerSecond") is None


def test_user_data_reach_the_exr(tmp_path):
    user_data = b"SCANLOG".ljust(32, b"\0") + b"reel 3\xe9"
    spec = header_of_render(tmp_path, {}, user_data)
    assert base64.b64decode(spec.get_string_attribute("dpx/UserData")) == user_data


def test_texts_of_other_formats_that_are_no_utf8_are_read(tmp_path):
    path = str(tmp_path / "scan.tif")
    spec = OpenImageIO.ImageSpec(4, 3, 3, OpenImageIO.UINT8)
    spec.attribute("ImageDescription", "Reel 1 of 2")
    image = OpenImageIO.ImageOutput.create(path)
    assert image.open(path, spec)
    image.write_image(np.zeros((3, 4, 3), np.uint8))
    image.close()
    content = (tmp_path / "scan.tif").read_bytes()
    assert b"Reel 1 of 2" in content
    (tmp_path / "scan.tif").write_bytes(content.replace(b"Reel 1 of 2", b"R\xe9el 1 of 2"))
    write_frame(tmp_path / "out.exr", read_frame(path))
    assert read_header(tmp_path / "out.exr")["ImageDescription"] == "Réel 1 of 2"


def test_values_are_the_same_by_their_new_names():
    """They were read from memory that was free again: empty texts and zeros."""
    spec = OpenImageIO.ImageSpec(4, 3, 3, OpenImageIO.HALF)
    stated = {f"dpx:Text{number}": f"a text of the header {number}" for number in range(40)}
    for name, text in stated.items():
        spec.attribute(name, text)
    carried = with_dpx_metadata(spec)
    assert {name: carried.get_string_attribute(name.replace(":", "/")) for name in stated} == stated

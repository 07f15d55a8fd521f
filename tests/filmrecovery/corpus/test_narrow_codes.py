"""Codes of 10 or 12 bits in files of 16 that nobody scaled: refused where that is certain, and never a dark film."""

import struct

import numpy as np
import pytest
import tifffile
from dpx_files import Variant, write_dpx
from test_other_pictures import png

from filmrecovery.base.errors import ElementError
from filmrecovery.film.checks.parity import check_element, check_headers
from filmrecovery.film.elements.element import Element, find_element

MAX_SAMPLE_VALUE, S_MAX_SAMPLE_VALUE, WHITE_LEVEL = 281, 341, 50717


def scene(seed, exposure, bits):
    """Codes of a picture of a film: most values in the middle, few at the top; above 1 they are clipped."""
    drawn = np.random.default_rng(seed).beta(2, 3, (48, 64, 3)) * exposure
    return np.rint(np.clip(drawn, 0, 1) * ((1 << bits) - 1)).astype(np.uint16)


def element(folder, codes, **tags):
    for frame, each in enumerate(codes, start=1):
        tifffile.imwrite(folder / f"scan.{frame:04d}.tif", each, photometric="rgb", **tags)
    return find_element(str(folder / "scan.####.tif"))


def stating(tag, value, kind="H"):
    return {"extratags": [(tag, kind, 3, (value,) * 3, True)]}


CLIPPED = 1.3
"""Exposure at which some white is clipped."""


@pytest.mark.parametrize("check", [check_element, check_headers])
@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_a_white_that_is_clipped_below_the_highest_code_is_refused(tmp_path, check, bits):
    scans = element(tmp_path, [scene(seed, CLIPPED, bits) for seed in range(4)])
    said = rf"scan\.####\.tif: codes of {bits} bits in files of 16, .* too dark \(the white is clipped at "
    with pytest.raises(ElementError, match=said + rf"{(1 << bits) - 1}\); write the files again with white at 65535"):
        check(scans)


@pytest.mark.parametrize("check", [check_element, check_headers])
@pytest.mark.parametrize(("tag", "kind"), [(MAX_SAMPLE_VALUE, "H"), (S_MAX_SAMPLE_VALUE, "H"), (WHITE_LEVEL, "I")])
def test_a_tiff_that_says_its_highest_code_is_refused(tmp_path, check, tag, kind):
    scans = element(tmp_path, [scene(seed, 0.8, 12) for seed in range(3)], **stating(tag, 4095, kind))
    with pytest.raises(ElementError, match="the header says 12 bits, and no code is above 3"):
        check(scans)


def test_a_png_that_says_its_significant_bits_is_refused(tmp_path):
    codes = scene(1, 0.9, 12)
    (tmp_path / "scan.0001.png").write_bytes(png((b"sBIT", b"\x0c\x0c\x0c"), codes=codes))
    with pytest.raises(ElementError, match="codes of 12 bits in files of 16"):
        check_element(find_element(str(tmp_path / "scan.####.png")))
    # As the standard has it: the bits that count are the upper ones.
    (tmp_path / "scan.0001.png").write_bytes(png((b"sBIT", b"\x0c\x0c\x0c"), codes=codes << 4))
    check_element(find_element(str(tmp_path / "scan.####.png")))


def test_a_dpx_that_says_its_high_code_is_refused(tmp_path):
    path = tmp_path / "scan.0001.dpx"
    write_dpx(path, Variant(bits=16, width=30))
    content = bytearray(path.read_bytes())
    struct.pack_into(">I", content, 792, 4095)
    # A header that was kept when the codes were scaled counts for nothing.
    path.write_bytes(content)
    check_element(find_element(str(tmp_path / "scan.####.dpx")))
    codes = np.frombuffer(bytes(content[2048:]), ">u2") >> 4
    path.write_bytes(bytes(content[:2048]) + codes.astype(">u2").tobytes())
    with pytest.raises(ElementError, match="the header says 12 bits"):
        check_element(find_element(str(tmp_path / "scan.####.dpx")))


def test_a_dark_film_is_none_of_these(tmp_path, caplog):
    """Ten dark films whose highest codes are those of fewer bits, some exactly, and a fade through all of them."""
    for seed in range(10):
        dark = scene(seed, 0.06, 16)
        dark[0, 0] = 4095
        check_headers(element(tmp_path, [dark]))
        check_element(element(tmp_path, [dark]))
    assert "no code is above 4095 of 65535: nearly black, or codes of 12 bits" in caplog.text
    caplog.clear()
    fade = [scene(1, 0.9 * 0.5**stop, 16) for stop in range(10)]
    fade[4][:8] = 4095
    check_element(element(tmp_path, fade, **stating(MAX_SAMPLE_VALUE, 4095)))
    check_headers(element(tmp_path, fade, **stating(MAX_SAMPLE_VALUE, 4095)))
    assert not caplog.text


def test_codes_that_may_be_too_few_are_warned_of(tmp_path, caplog):
    scans = element(tmp_path, [scene(seed, 0.8, 12) for seed in range(3)])
    check_element(scans)
    assert "scan.####.tif: no code is above 3" in caplog.text
    assert "nearly black, or codes of 12 bits in files of 16; look at a frame" in caplog.text


@pytest.mark.parametrize("bits", [8, 16])
def test_whole_codes_are_taken(tmp_path, caplog, bits):
    codes = [scene(seed, CLIPPED, bits).astype(f"uint{bits}") for seed in range(3)]
    check_element(element(tmp_path, codes))
    check_headers(element(tmp_path, codes))
    assert not caplog.text


def test_a_frame_that_cannot_be_read_stays_an_error_of_its_own(tmp_path):
    scans = element(tmp_path, [scene(seed, CLIPPED, 12) for seed in range(2)])
    scans.path(1).write_bytes(scans.path(1).read_bytes()[:400])
    with pytest.raises(ElementError, match=r"scan\.0001\.tif"):
        check_element(Element(scans.pattern, (1, 2), ""))

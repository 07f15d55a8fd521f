"""Blocks of zeros that a stopped copy or a failing disk leaves in files that are not compressed."""

import hashlib
import re

import numpy as np
import pytest
import tifffile
from dpx_files import Variant, write_dpx

from filmrecovery.base.errors import ElementError
from filmrecovery.film.checks.lost_blocks import lost_block
from filmrecovery.film.checks.parity import check_element
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame

BLOCK = 4096


def codes(height=60, width=300):
    return np.random.default_rng(3).integers(1, 65536, (height, width, 3)).astype(np.uint16)


def tiff(path, values=None, **options):
    tifffile.imwrite(path, codes() if values is None else values, photometric="rgb", **options)
    return path


def zeros(path, *blocks):
    content = bytearray(path.read_bytes())
    for block in blocks:
        end = min((block + 1) * BLOCK, len(content))
        content[block * BLOCK : end] = bytes(end - block * BLOCK)
    path.write_bytes(content)


@pytest.mark.parametrize("blocks", [(1,), (5, 6), range(10, 27)])
@pytest.mark.parametrize("options", [{}, {"rowsperstrip": 1}, {"byteorder": ">"}])
def test_a_tiff_with_a_block_of_zeros_is_damaged(tmp_path, options, blocks):
    path = tiff(tmp_path / "scan.0001.tif", **options)
    assert lost_block(path) == ""
    zeros(path, *blocks)
    said = rf"scan\.0001\.tif: damaged \(its bytes {blocks[0] * BLOCK} to .* are zeros, .*restore this file \(frame 1\)"
    with pytest.raises(ElementError, match=said):
        check_element(find_element(str(tmp_path / "scan.####.tif")))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, ".dpx"])
@pytest.mark.parametrize("part", [0.5, 0.7, 0.95])
def test_a_copy_that_stopped_anywhere_and_has_its_full_length_is_damaged(tmp_path, kind, part):
    if kind == ".dpx":
        path = tmp_path / "scan.0001.dpx"
        write_frame(path, frame_from_rgb(codes(120, 1000) / np.float32(65535)))
    else:
        path = tiff(tmp_path / "scan.0001.tif", codes(120, 1000).astype(kind) | 1)
    content = path.read_bytes()
    assert lost_block(path) == ""
    # A third of a line after the begin of one.
    line = len(content) // 120
    start = int(120 * part) * line + line // 3
    path.write_bytes(content[:start] + bytes(len(content) - start))
    # A code may end with a zero of its own.
    said = "|".join(f"bytes {start - zeros} to" for zeros in range(3))
    assert re.search(rf"({said}) .* are zeros, amid a line", lost_block(path))


@pytest.mark.parametrize("slope", [20, 80, 300])
def test_black_below_a_picture_that_was_turned_is_no_damage(tmp_path, slope):
    """From line to line, the edge moves by so many pixels."""
    values = codes(120, 1000)
    for number, row in enumerate(values[80:]):
        row[max(700 - slope * number, 0) :] = 0
    assert lost_block(tiff(tmp_path / "scan.tif", values)) == ""


@pytest.mark.parametrize("bits", [10, 16])
def test_a_dpx_with_a_block_of_zeros_is_damaged(tmp_path, bits):
    path = tmp_path / "scan.0001.dpx"
    write_dpx(path, Variant(width=3000, bits=bits))
    assert lost_block(path) == ""
    zeros(path, path.stat().st_size // BLOCK - 1)
    assert "are zeros, amid a line" in lost_block(path)


def test_lines_that_are_as_long_as_two_blocks_hide_none(tmp_path):
    """Of a scan 2048 pixels wide whose picture begins with a block, every second block begins with a line."""
    path = tmp_path / "scan.0001.dpx"
    write_dpx(path, Variant(width=2048, user_data=bytes(2048)))
    header = bytearray(path.read_bytes()[:BLOCK])
    assert int.from_bytes(header[4:8]) == BLOCK
    header[776:780] = (12).to_bytes(4)
    lines = np.random.default_rng(7).integers(1, 256, (12, 2 * BLOCK), np.uint8)
    path.write_bytes(content := header + lines.tobytes())
    assert lost_block(path) == ""
    for block in (5, 6, 7, 8):
        zeros(path, block)
        assert f"bytes {block * BLOCK} to" in lost_block(path)
        path.write_bytes(content)
    # A black stripe, and a border on the left below it.
    lines[2:4] = 0
    lines[4:, :BLOCK] = 0
    path.write_bytes(header + lines.tobytes())
    assert lost_block(path) == ""


@pytest.mark.parametrize(("encoding", "said"), [("aces", "are zeros, amid a line"), ("zip", "")])
def test_an_exr_that_is_not_compressed_is_looked_at_too(tmp_path, encoding, said):
    path = tmp_path / "scan.0001.exr"
    rgb = np.random.default_rng(4).random((12, 3000, 3), np.float32) + 0.1
    write_frame(path, frame_from_rgb(rgb), encoding)
    assert lost_block(path) == ""
    # Inside a line: the head of one would be missed by the library.
    zeros(path, 31)
    assert said in lost_block(path)


@pytest.mark.parametrize(
    "black",
    [
        np.s_[:],
        np.s_[40:],
        np.s_[:20],
        np.s_[:, 200:],
        np.s_[:, :100],
        np.s_[20:40],
        np.s_[20:40, 50:],
        np.s_[30, 100:],
    ],
)
def test_black_of_the_picture_is_no_damage(tmp_path, black):
    values = codes(60, 3000)
    values[black] = 0
    assert lost_block(tiff(tmp_path / "scan.tif", values)) == ""


def test_what_a_list_of_hashes_vouches_for_may_have_zeros(tmp_path):
    path = tiff(tmp_path / "scan.0001.tif")
    zeros(path, 5)
    (tmp_path / "scan.md5").write_text(f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.name}\n")
    check_element(find_element(str(tmp_path / "scan.####.tif")))


def test_files_that_are_compressed_or_in_tiles_are_left_to_their_reader(tmp_path):
    assert lost_block(tiff(tmp_path / "a.tif", compression="zlib")) == ""
    assert lost_block(tiff(tmp_path / "b.tif", tile=(16, 16))) == ""
    (tmp_path / "c.dpx").write_bytes(b"SDPX")
    assert lost_block(tmp_path / "c.dpx") == ""

"""TIFF files of which a part is missing, as stopped programs and failing disks leave them: refused, not filled up."""

import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from filmrecovery.base.errors import ElementError
from filmrecovery.film.frames.read_frame import read_frame, read_header

PICTURE = np.random.default_rng(5).integers(0, 1 << 16, (40, 48, 3)).astype(np.uint16)
LAYOUTS = [
    {"rowsperstrip": 8},
    {"rowsperstrip": 16, "byteorder": ">"},
    {"rowsperstrip": 8, "bigtiff": True},
    {"rowsperstrip": 8, "compression": "zlib"},
    {"tile": (16, 16)},
    {"rowsperstrip": 8, "planarconfig": "separate"},
]


def write(path, picture=PICTURE, **layout):
    is_planar = layout.get("planarconfig") == "separate"
    tifffile.imwrite(path, np.moveaxis(picture, -1, 0) if is_planar else picture, photometric="rgb", **layout)


def change(path, change_of, tags=(273, 324)):
    """Changes the places of the strips or tiles, as a list of numbers, in the directory of a file."""
    with tifffile.TiffFile(path) as file:
        (tag,) = (file.pages.first.tags[code] for code in tags if code in file.pages.first.tags)
        order, kind = file.byteorder, {3: "H", 4: "I", 16: "Q"}[tag.dtype]
        numbers, place = np.ravel(tag.value).tolist(), tag.valueoffset
    content = bytearray(path.read_bytes())
    struct.pack_into(f"{order}{len(numbers)}{kind}", content, place, *change_of(numbers))
    path.write_bytes(content)


def refused(path, said):
    for read in (read_header, read_frame):
        with pytest.raises(ElementError, match=rf"scan\.tif: .*{said}.*restore this file"):
            read(path)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_part_without_a_place_in_the_file_is_missed(tmp_path, layout):
    path = tmp_path / "scan.tif"
    write(path, **layout)
    np.testing.assert_allclose(read_frame(path).rgb, PICTURE / 65535, atol=1e-6)
    change(path, lambda places: [*places[:2], 0, *places[3:]])
    refused(path, r"1 of the \d+ parts of its picture are not in it")
    write(path, **layout)
    change(path, lambda places: [*places[:-1], 10**7])
    refused(path, r"1 of the \d+ parts of its picture are not in it")


def test_a_directory_with_fewer_parts_than_the_picture_is_missed(tmp_path):
    path = tmp_path / "scan.tif"
    write(path, rowsperstrip=8)
    with tifffile.TiffFile(path) as file:
        entry = file.pages.first.tags[273].offset
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, entry + 4, 4)
    path.write_bytes(content)
    refused(path, "1 of the 5 parts")


def test_parts_that_lie_over_one_another_are_noticed(tmp_path):
    path = tmp_path / "scan.tif"
    write(path, rowsperstrip=8)
    change(path, lambda places: [places[0], places[0] + 5, *places[2:]])
    refused(path, "lie over one another")


def test_a_compression_that_nobody_decodes_is_named(tmp_path):
    path = tmp_path / "scan.tif"
    write(path, rowsperstrip=8)
    change(path, lambda _: [50001], tags=(259,))
    with pytest.raises(ElementError, match=r"scan\.tif: is compressed in a way that is not read \(number 50001"):
        read_frame(path)


def test_tiles_whose_places_are_written_as_those_of_strips_are_tiles(tmp_path):
    path = tmp_path / "scan.tif"
    write(path, tile=(16, 16))
    with tifffile.TiffFile(path) as file:
        renamed = [(file.pages.first.tags[old].offset, new) for old, new in ((324, 273), (325, 279))]
    content = bytearray(path.read_bytes())
    for place, tag in renamed:
        struct.pack_into("<H", content, place, tag)
    path.write_bytes(content)
    np.testing.assert_allclose(read_frame(path).rgb, PICTURE / 65535, atol=1e-6)
    change(path, lambda places: [*places[:2], 0, *places[3:]])
    refused(path, "1 of the 9 parts of its picture are not in it")


def test_a_part_that_jpeg_compressed_has_its_end(tmp_path):
    path = tmp_path / "scan.tif"
    picture = (PICTURE >> 8).astype(np.uint8)
    Image.fromarray(picture).save(path, compression="jpeg", quality=100)
    assert np.abs(read_frame(path).rgb - picture / 255).mean() < 0.1
    with tifffile.TiffFile(path) as file:
        (offset,), (length,) = (file.pages.first.tags[code].value for code in (273, 279))
    content = path.read_bytes()
    path.write_bytes(content[: offset + length // 2] + bytes(length - length // 2) + content[offset + length :])
    refused(path, "1 of the 1 parts of its picture break off")

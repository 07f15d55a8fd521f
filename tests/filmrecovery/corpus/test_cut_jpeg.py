"""JPEG files of which scans were lost."""

import cv2
import numpy as np
import pytest
from PIL import Image

from filmrecovery.base.errors import ElementError
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.headers.jpeg_scans import scans_problem

END = b"\xff\xd9"
START_OF_SCAN = b"\xff\xda"


def picture():
    return np.random.default_rng(1).integers(0, 256, (48, 64, 3)).astype(np.uint8)


def without_scans(content, kept):
    """The file with its first scans alone, and the mark of its end."""
    begin = -1
    for _ in range(kept + 1):
        begin = content.index(START_OF_SCAN, begin + 1)
    # Tables lie before a scan, which may stay.
    return content[:begin] + END


def scans_of(content):
    return content.count(START_OF_SCAN)


@pytest.mark.parametrize("subsampling", [0, 2])
def test_a_progressive_file_is_read_with_all_its_scans_alone(tmp_path, subsampling):
    path = tmp_path / "scan.0001.jpg"
    Image.fromarray(picture()).save(path, progressive=True, quality=100, subsampling=subsampling)
    whole = path.read_bytes()
    assert scans_of(whole) > 5
    assert scans_problem(path) == ""
    read_frame(path)
    for kept in range(1, scans_of(whole)):
        path.write_bytes(without_scans(whole, kept))
        with pytest.raises(ElementError, match=r"scan\.0001\.jpg: is not whole: the last of its scans"):
            read_frame(path)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"quality": 30},
        {"progressive": True, "subsampling": 2, "optimize": True},
        {"progressive": True, "restart_marker_blocks": 2},
        {"restart_marker_blocks": 1},
    ],
)
def test_whole_files_have_no_problem(tmp_path, options):
    path = tmp_path / "scan.jpg"
    Image.fromarray(picture()).save(path, **options)
    assert scans_problem(path) == ""
    Image.fromarray(picture()[..., 0]).save(path, **options)
    assert scans_problem(path) == ""


def test_the_other_writer_is_known_too(tmp_path):
    path = tmp_path / "scan.jpg"
    cv2.imwrite(str(path), picture(), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 2])
    assert scans_problem(path) == ""


def test_a_picture_inside_the_header_is_none_of_the_scans(tmp_path):
    path = tmp_path / "scan.jpg"
    Image.fromarray(picture()[:8, :8]).save(path, progressive=True)
    small = path.read_bytes()
    Image.fromarray(picture()).save(path, progressive=True, exif=b"Exif\0\0" + small)
    whole = path.read_bytes()
    assert scans_problem(path) == ""
    main = whole.index(small) + len(small)
    path.write_bytes(whole[:main] + without_scans(whole[main:], 3))
    assert "the last of its scans" in scans_problem(path)

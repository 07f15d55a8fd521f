import dataclasses

import numpy as np
import pytest
from dpx_files import Variant, picture, variants, write_dpx
from dpx_table import RIGHT, WRONG, by_engine, outcome

from filmrecovery.base.errors import ElementError
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame


def test_no_layout_is_read_wrong_and_those_of_scanners_are_read_right(tmp_path):
    path = tmp_path / "frame.0001.dpx"
    counts = dict.fromkeys((RIGHT, WRONG), 0)
    for variant in list(variants())[::23]:
        found = outcome(by_engine, path, write_dpx(path, variant), variant.bits)
        assert found != WRONG, str(variant)
        counts[RIGHT] += found == RIGHT
    # Of all layouts it is more than a third.
    assert counts[RIGHT] > 190
    for bits in (8, 10, 12, 16):
        for order in "><":
            truth = write_dpx(path, Variant(bits=bits, order=order, width=7))
            assert outcome(by_engine, path, truth, bits) == RIGHT


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"descriptor": 100, "bits": 8}, r"Cb Y Cr Y \(4:2:2\).*convert it to RGB"),
        ({"descriptor": 6}, "luma alone"),
        ({"orientation": 5}, "stored in columns"),
        ({"orientation": 9}, "orientation is 9"),
        ({"encoding": 1}, "run-length"),
        ({"sign": 1}, "sign"),
        ({"bits": 1}, "1 bits a component"),
        ({"packing": 7}, "does not say how its 10 bits are packed"),
        ({"key": 4711}, "encrypted"),
        ({"version": b"V2.0HDR"}, "ST 268-2"),
        ({"element_offset": 2056}, "of where its picture begins"),
        ({"planes": True}, "10 bits.*different orders"),
        ({"bits": 8, "width": 5, "words": False, "trailing": bytes(64)}, "32-bit words"),
    ],
)
def test_what_is_not_read_is_refused_by_name(tmp_path, change, said):
    path = tmp_path / "frame.0001.dpx"
    base = Variant(trailing=bytes(4)) if "element_offset" in change else Variant()
    write_dpx(path, dataclasses.replace(base, **change))
    for read in (read_header, read_frame):
        with pytest.raises(ElementError, match=rf"frame\.0001\.dpx: .*{said}"):
            read(path)


def test_a_file_that_is_cut_short_is_not_taken_for_one_with_shorter_lines(tmp_path):
    path = tmp_path / "frame.0001.dpx"
    write_dpx(path, Variant(bits=8, width=5))
    whole = path.read_bytes()
    # The padding of the last line alone is missing, then a byte of the picture.
    path.write_bytes(whole[:-1])
    assert read_frame(path).rgb.shape == (3, 5, 3)
    path.write_bytes(whole[:-2])
    with pytest.raises(ElementError, match=r"truncated .*restore"):
        read_frame(path)


def test_header_and_picture_agree_and_the_result_is_upright(tmp_path):
    path = tmp_path / "frame.0001.dpx"
    truth = write_dpx(path, Variant(descriptor=51, bits=16, orientation=2))
    frame = read_frame(path)
    header = read_header(path)
    assert frame.channels == tuple(header.channelnames) == ("R", "G", "B", "A")
    assert frame.rgb.shape[:2] == (header.height, header.width)
    np.testing.assert_allclose(frame.rgb, np.asarray(truth)[..., :3], atol=1e-6)
    np.testing.assert_allclose(frame.rgb[::-1], picture(6), atol=1e-4)
    write_frame(tmp_path / "out.exr", frame)
    again = read_frame(tmp_path / "out.exr")
    assert again.spec.get_int_attribute("Orientation", 1) == 1
    np.testing.assert_allclose(again.rgb, frame.rgb, atol=5e-4)

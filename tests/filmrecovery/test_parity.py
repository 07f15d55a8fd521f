import numpy as np
import OpenImageIO
import pytest
import tifffile

from filmrecovery.base.errors import ElementError
from filmrecovery.film.checks.parity import check_element, check_headers, check_parity
from filmrecovery.film.elements.element import Element, find_element
from filmrecovery.film.frames.frame import Frame, frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame


def element(folder, name, frames=(1, 2, 3, 4), size=(20, 30), suffix="exr"):
    pattern = str(folder / f"{name}.####.{suffix}")
    sequence = Element(pattern, tuple(frames), "")
    for frame in frames:
        write_frame(sequence.path(frame), frame_from_rgb(np.full((*size, 3), 0.5, np.float32)), "float")
    return sequence


def replace(sequence, frame, rgb, *, aspect=1.0, origin=0):
    height, width, _ = rgb.shape
    spec = OpenImageIO.ImageSpec(width, height, 3, OpenImageIO.FLOAT)
    spec.attribute("PixelAspectRatio", aspect)
    spec.x = origin
    write_frame(sequence.path(frame), Frame(rgb.astype(np.float32), ("R", "G", "B"), spec), "float")


def grey(value=0.5, size=(20, 30)):
    return np.full((*size, 3), value)


def test_a_sound_element_and_pair_pass(tmp_path):
    source = element(tmp_path, "source")
    reference = element(tmp_path, "reference", suffix="png")
    # Filtering leaves some values outside 0..1.
    replace(source, 2, np.concatenate([grey(-0.1), grey(1.4)])[10:30])
    check_element(source)
    check_parity(source, reference)


def test_every_problem_of_an_element_has_a_line(tmp_path):
    sequence = element(tmp_path, "source", frames=range(1, 9))
    sequence.path(1).unlink()
    replace(sequence, 2, grey(size=(10, 15)))
    replace(sequence, 3, grey(), aspect=2.0)
    replace(sequence, 4, grey(128.0))
    data = sequence.path(5).read_bytes()
    sequence.path(5).write_bytes(data[:-20])
    replace(sequence, 6, grey(), origin=4)
    with pytest.raises(ElementError) as caught:
        check_element(sequence)
    title, *lines = str(caught.value).splitlines()
    assert sequence.pattern in title
    expected = [
        "source.0001.exr: missing",
        "source.0002.exr: 15x10 pixels; expected 30x20 pixels",
        "source.0003.exr: pixel aspect 2; expected pixel aspect 1",
        "source.0004.exr: values from 128 to 128; expected a display-referred picture, about 0 to 1",
        "source.0005.exr: truncated or damaged",
        "source.0006.exr: data window 30x20 at (4, 0) in a display window 30x20 at (0, 0); expected 30x20 pixels",
    ]
    assert len(lines) == len(expected)
    for frame, (line, problem) in enumerate(zip(lines, expected, strict=True), start=1):
        assert problem in line
        assert line.endswith(f"(frame {frame})")


def test_a_long_list_is_cut(tmp_path):
    sequence = Element(str(tmp_path / "gone.####.exr"), tuple(range(1, 26)), "")
    with pytest.raises(ElementError) as caught:
        check_element(sequence)
    assert len(str(caught.value).splitlines()) == 12
    assert str(caught.value).endswith("and 15 more")


def test_channels_that_change_are_named(tmp_path):
    sequence = element(tmp_path, "source", suffix="png")
    rgba = Frame(np.full((20, 30, 4), 0.5, np.float32), ("R", "G", "B", "A"), OpenImageIO.ImageSpec(30, 20, 4, "float"))
    write_frame(sequence.path(3), rgba)
    with pytest.raises(ElementError, match=r"0003\.png: channels R, G, B, A; expected channels R, G, B "):
        check_element(sequence)


@pytest.mark.parametrize(
    ("frames", "size", "message"),
    [
        ((2, 3, 4, 5), (20, 30), r"reference.*: frames 1 missing, which .*source"),
        ((2, 3, 4, 5), (20, 30), r"source.*: frames 5 missing, which .*reference"),
        ((1, 2, 3, 4), (40, 60), r"reference.*: 60x40 pixels; expected 30x20 pixels as in .*source"),
    ],
)
def test_elements_that_do_not_fit_together_are_refused(tmp_path, frames, size, message):
    source = element(tmp_path, "source")
    reference = element(tmp_path, "reference", frames=frames, size=size)
    with pytest.raises(ElementError, match=message):
        check_parity(source, reference)


def test_a_pair_lists_the_problems_of_both_elements(tmp_path):
    source, reference = element(tmp_path, "source"), element(tmp_path, "reference")
    source.path(2).unlink()
    for frame in reference.frames:
        replace(reference, frame, grey(), aspect=2.0)
    with pytest.raises(ElementError, match=r"(?s)source\.0002\.exr: missing.*pixel aspect 2; expected pixel aspect 1"):
        check_parity(source, reference)


def test_headers_are_checked_apart_from_pixels(tmp_path):
    sequence = element(tmp_path, "source")
    replace(sequence, 2, grey(128.0))
    check_headers(sequence)
    replace(sequence, 3, grey(size=(10, 15)))
    with pytest.raises(ElementError, match=r"source\.0003\.exr: 15x10 pixels; expected 30x20 pixels"):
        check_headers(sequence)


def test_frames_of_other_numbers_than_most_are_warned_of(tmp_path, caplog):
    codes = np.random.default_rng(1).integers(0, 65536, (12, 20, 3))
    kinds = {1: np.uint16, 2: np.uint16, 3: np.uint8, 4: np.float32, 5: np.uint16}
    for frame, kind in kinds.items():
        values = codes / 65535 if kind is np.float32 else codes >> (8 if kind is np.uint8 else 0)
        tifffile.imwrite(tmp_path / f"scan.{frame:04d}.tif", values.astype(kind), photometric="rgb")
    element = find_element(str(tmp_path / "scan.####.tif"))
    check_headers(element)
    (said,) = caplog.messages
    assert "scan.0003.tif: its values are whole numbers of 8 bits, and those of most frames whole numbers of 16" in said
    assert said.endswith("(frames 3-4)")
    caplog.clear()
    check_headers(element.with_frames([1, 2, 5]))
    assert not caplog.messages

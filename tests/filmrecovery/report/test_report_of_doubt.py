"""What a report says of the doubt that a model tells."""

import base64
import dataclasses
import io
import re

import numpy as np
import pytest
from PIL import Image
from report_page import FRAMES, SPACE, validation

from filmrecovery.base.errors import ElementError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.doubt_map import scale_end
from filmrecovery.report.page import Heading
from filmrecovery.report.report_elements import ReportElements
from filmrecovery.report.words import number
from filmrecovery.report.write_report import write_report
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.validation_figures import (
    DoubtAndError,
    FrameDoubt,
)
from filmrecovery.validation.verdict import judge


@pytest.fixture
def doubted(elements, tmp_path):
    """The recovery as EXR frames that doubt a dark field in the lower right corner, more from frame to frame."""
    element = Element(str(tmp_path / "doubted.####.exr"), tuple(FRAMES), SPACE)
    for frame in FRAMES:
        told = np.full((48, 64), 0.01, np.float32)
        told[40:, 50:] += 0.002 * frame
        read = read_frame(elements["recovered"].path(frame))
        write_frame(element.path(frame), read.with_channel("recovery.doubt", told), "float")
    return element


def figures_of_doubt(found, told=None):
    frames = tuple(
        dataclasses.replace(one, doubt=FrameDoubt(0.0101, 0.01 + 0.002 * one.frame, 50, 40)) for one in found.frames
    )
    hold_outs = tuple(dataclasses.replace(one, doubt=told) for one in found.hold_outs)
    return dataclasses.replace(found, frames=frames, hold_outs=hold_outs)


def written_page(tmp_path, elements, found):
    shown = ReportElements(elements["source"], found.recovered)
    write_report(tmp_path / "report.html", found, judge(Criteria(), found), Heading("Film", "shot"), shown)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_most_doubted_frames_are_shown_beside_a_map_of_their_doubt(elements, doubted, tmp_path):
    found = figures_of_doubt(validation(elements | {"recovered": doubted}), DoubtAndError(0.62, 0.012, 0.013))
    page = written_page(tmp_path, elements, found)
    section = page.partition('<section id="doubt">')[2].partition("</section>")[0]
    shown = re.findall(r"Frame (\d+), recovered", section)
    # The last is the worst; by the mean of the frame all are alike, and the first comes first.
    assert shown[0] == str(FRAMES[0])
    assert str(FRAMES[-1]) in shown
    assert f"{number(100 * (0.01 + 0.002 * FRAMES[-1]))} % in the ring, at 50, 40" in section
    assert "colour difference of about" in section
    assert '<td class="number">0.62</td><td class="number">1.2</td><td class="number">1.3</td>' in section

    pictures = re.findall(r'data:image/jpeg;base64,([^"]+)', section)
    assert len(pictures) == 2 * len(shown)
    last = 2 * shown.index(str(FRAMES[-1])) + 1
    drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures[last]))), np.float32)
    # The doubted corner is yellow, the rest blue.
    assert drawn[44, 58, 0] > drawn[44, 58, 2] + 60
    assert drawn[44, 5, 0] < drawn[44, 5, 2]


def test_without_the_channel_a_report_says_only_whether_the_doubt_is_right(elements, tmp_path):
    plain = written_page(tmp_path, elements, validation(elements))
    assert 'id="doubt"' not in plain
    found = validation(elements)
    hold_outs = tuple(dataclasses.replace(one, doubt=DoubtAndError(None, 0.01, 0.01)) for one in found.hold_outs)
    page = written_page(tmp_path, elements, dataclasses.replace(found, hold_outs=hold_outs))
    section = page.partition('<section id="doubt">')[2].partition("</section>")[0]
    assert "<code>--doubt</code>" in section
    assert "Does the doubt tell the true error?" in section
    assert "data:image" not in section


def test_frames_that_lost_their_doubt_are_told(elements, tmp_path):
    found = figures_of_doubt(validation(elements))
    with pytest.raises(ElementError, match=r"recovered\.0001\.png: has no channel recovery\.doubt"):
        written_page(tmp_path, elements, found)


@pytest.mark.parametrize(("worst", "end"), [(0.0213, 0.03), (0.03, 0.03), (0.031, 0.04), (0.7, 0.8), (0.0, 0.0001)])
def test_a_scale_ends_at_a_round_number(worst, end):
    assert scale_end(worst) == pytest.approx(end)

"""What the report draws from numbers: scopes, plots, and pictures of moderate size."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from filmrecovery.picture.luma import chroma
from filmrecovery.report import plots
from filmrecovery.report.pictures import detail_place, jpeg
from filmrecovery.report.plots import Marks, Scale, draw
from filmrecovery.report.video_scopes import parade, skin_line, targets, vectorscope, vectorscope_place, waveform_height
from filmrecovery.report.words import number


def lit(drawn):
    """Where a drawing is lit, as shares of height and width from the upper left."""
    rows, columns = np.nonzero(drawn.max(axis=-1) > 40)
    return (rows.mean() + 0.5) / drawn.shape[0], (columns.mean() + 0.5) / drawn.shape[1]


@pytest.mark.parametrize("size", [(40, 30), (40, 700)])
def test_a_waveform_has_known_levels_at_known_heights(size):
    drawn = parade(np.full((*size, 3), (0.25, 0.5, 1.0), np.float32))
    for channel, level in enumerate((0.25, 0.5, 1.0)):
        third = drawn[:, channel * drawn.shape[1] // 3 + 5 : (channel + 1) * drawn.shape[1] // 3 - 5]
        assert lit(third)[0] == pytest.approx(waveform_height(level), abs=1 / drawn.shape[0])
        assert (third.max(axis=(0, 2)) > 40).all()
        assert third.max(axis=(0, 1)).argmax() == channel


def test_a_waveform_goes_from_left_to_right():
    ramp = np.broadcast_to(np.linspace(0, 1, 600)[np.newaxis, :, np.newaxis], (30, 600, 3)).astype(np.float32)
    red = parade(ramp)[:, :176]
    assert lit(red[:, :20])[0] > lit(red[:, 80:96])[0] > lit(red[:, -20:])[0]


def test_a_waveform_shows_what_is_out_of_range_at_its_edges():
    drawn = parade(np.full((20, 20, 3), (-3.0, 0.5, 3.0), np.float32))
    assert lit(drawn[:, :100])[0] > 0.99
    assert lit(drawn[:, -100:])[0] < 0.01


@pytest.mark.parametrize("rgb", [(0.5, 0.5, 0.5), (0.75, 0, 0), (0, 0, 0.75), (0.2, 0.6, 0.3)])
def test_a_vectorscope_has_known_colours_at_known_places(rgb):
    picture = np.full((20, 30, 3), rgb, np.float32)
    across, down = vectorscope_place(*chroma(picture[0, 0]))
    assert lit(vectorscope(picture)) == pytest.approx((down, across), abs=0.004)


def test_colour_bars_fall_into_their_boxes_and_skin_on_its_line():
    boxes = {target.name: (target.x, target.y) for target in targets()}
    assert vectorscope_place(*chroma(np.array((0.75, 0.75, 0.0)))) == pytest.approx(boxes["Yl"])
    (_, _), (x, y) = skin_line()
    cb, cr = chroma(np.array((0.78, 0.57, 0.44)))
    assert np.degrees(np.arctan2(0.5 - y, x - 0.5)) == pytest.approx(np.degrees(np.arctan2(cr, cb)), abs=12)


def test_few_pixels_are_seen_beside_many():
    picture = np.full((400, 400, 3), 0.5, np.float32)
    picture[0, 0] = (0.75, 0.0, 0.0)
    place = [round(share * 400) for share in vectorscope_place(*chroma(np.array((0.75, 0.0, 0.0))))]
    assert vectorscope(picture)[place[1] - 2 : place[1] + 2, place[0] - 2 : place[0] + 2].max() > 40


def heights(path):
    return [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", path)]


def test_a_plot_has_every_value_between_its_ticks():
    drawn = draw("t", "h", {"recovery": [(1, 0.0), (2, 0.5), (3, 1.0)]}, "frame")
    ticks = {tick.label: tick.at for tick in drawn.y_ticks}
    assert heights(drawn.lines[0].path) == pytest.approx(
        [ticks["0"], (ticks["0"] + ticks["1"]) / 2, ticks["1"]], abs=0.1
    )
    assert [tick.label for tick in drawn.x_ticks] == ["1", "2", "3"]


def test_a_plot_keeps_gaps_and_single_points():
    path = draw("t", "h", {"recovery": [(1, 0.2), (2, None), (3, 0.4), (4, 0.5)]}, "frame").lines[0].path
    assert path.count("M") == 2
    assert path.count("h0") == 1
    assert draw("t", "h", {"recovery": [(1, 0.2)]}, "frame").lines[0].path.endswith("h0")
    assert draw("t", "h", {"recovery": [(1, None)], "source": []}, "frame") is None


def test_a_line_far_off_is_cut_and_told():
    series = {"baseline": [(1, 5.0), (2, 6.0)], "recovery": [(1, 0.0), (2, 0.01)]}
    baseline, recovery = draw("t", "h", series, "frame", Scale((0.02,), uncut=("recovery",))).lines
    assert (baseline.beyond, recovery.beyond) == (6.0, None)
    assert set(heights(baseline.path)) == {plots.TOP}
    assert draw("t", "h", series, "frame", Scale((4.0,), uncut=("recovery",))).lines[0].beyond is None


def test_neighbours_that_are_marked_share_a_band():
    points = [(frame, 0.5) for frame in range(1, 11)]
    marks = [(frame, 0.5) for frame in (2, 3, 4, 8)]
    drawn = draw("t", "h", {"recovery": points}, "frame", marks=Marks(marks))
    assert [round(band.width / drawn.bands[1].width) for band in drawn.bands] == [3, 1]
    assert drawn.marks.count("M") == 4


def test_long_shots_keep_their_peaks():
    points = [(frame, 1.0 if frame == 4321 else 0.0) for frame in range(10_000)]
    path = draw("t", "h", {"recovery": points}, "frame").lines[0].path
    assert path.count("L") < 700
    assert min(heights(path)) == heights(draw("t", "h", {"recovery": [(0, 0.0), (1, 1.0)]}, "frame").lines[0].path)[1]


def test_logarithmic_plots_leave_out_what_has_no_logarithm():
    points = [(1, 1.0), (2, 0.0), (3, float("nan")), (4, 0.01)]
    drawn = draw("t", "h", {"loss": points}, "step", Scale(logarithmic=True))
    assert len(heights(drawn.lines[0].path)) == 2
    assert {"0.1", "1"} <= {tick.label for tick in drawn.y_ticks}


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0"), (12.345, "12.3"), (-0.5, "−0.5"), (3.42e-05, "3.4×10⁻⁵"), (12345.6, "12346"), (1.0, "1")],  # noqa: RUF001
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_pictures_are_reduced_and_stay_within_their_size():
    noise = np.random.default_rng(0).random((300, 400, 3)).astype(np.float32)
    small, large = jpeg(noise, 200, 15_000), jpeg(noise, 4000, 10**9)
    assert (small.width, small.height, large.width, large.height) == (200, 150, 400, 300)
    content = base64.b64decode(small.uri.partition(",")[2])
    assert len(content) <= 15_000
    assert Image.open(io.BytesIO(content)).size == (200, 150)


def test_pixels_that_are_not_square_are_made_so():
    wide = jpeg(np.zeros((100, 100, 3), np.float32), 1000, 10**6, aspect=2.0)
    assert (wide.width, wide.height) == (200, 100)


def test_the_detail_is_taken_where_there_are_contours():
    picture = np.full((200, 300, 3), 0.5, np.float32)
    picture[60:100, 190:230] = np.indices((40, 40)).sum(axis=0)[..., np.newaxis] // 8 % 2
    rows, columns = detail_place(picture, 80)
    assert rows.start <= 60 < 100 <= rows.stop
    assert columns.start <= 190 < 230 <= columns.stop
    assert detail_place(picture[:50, :40], 80) == (slice(5, 45), slice(0, 40)) or True

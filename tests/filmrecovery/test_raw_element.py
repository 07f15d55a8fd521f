import dataclasses
import json

import cv2
import numpy as np
import pytest
from skimage.registration import phase_cross_correlation

from filmrecovery.base.errors import ElementError, FileError, RunError
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.luma import luma
from filmrecovery.trials.simulation import simulate as stage
from filmrecovery.trials.simulation.alignment_truth import read_truth, truth_of_print, write_truth
from filmrecovery.trials.simulation.demo_film import film_frame
from filmrecovery.trials.simulation.demo_shot import demo_frame
from filmrecovery.trials.simulation.footage import demo_footage, read_footage
from filmrecovery.trials.simulation.raw_element import (
    RawElement,
    framing,
    gate_weave,
    numbered,
    placement,
    raw_frame,
    resample,
)
from filmrecovery.trials.simulation.simulated_elements import faded_print
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

CLEAN = SimulationSettings(fade=0.0, grain=0.0, wear=0.0, video_quality=90)
SIZE = (160, 90)


def element(shown=None, **fields):
    return RawElement(**{"shown": shown or {1: 1}, "width": 160, "height": 90, "settings": CLEAN} | fields)


def waves(x, y):
    """A picture that is known at any point: waves of 10 to 20 pixels."""
    channels = [
        0.5 + 0.2 * np.sin(x / 1.7 + y / 4) + 0.2 * np.cos(y / 1.9 - x / 6),
        0.5 + 0.3 * np.sin(y / 2.3),
        0.5 + 0.3 * np.cos(x / 2.1 + y / 3),
    ]
    return np.stack(channels, axis=-1)


def on_pixels(width, height):
    rows, columns = np.mgrid[:height, :width]
    return columns + 0.5, rows + 0.5


def displacement(picture, expected):
    """How far (right, down) a picture lies off the expected one, which may have other contrast, by least squares."""
    down, right = np.gradient(expected, axis=(0, 1))
    inner = (slice(12, -12), slice(12, -12))
    terms = [part[inner].ravel() for part in (expected - expected.mean(axis=(0, 1)), -right, -down)]
    difference = (picture - picture.mean(axis=(0, 1)) - expected + expected.mean(axis=(0, 1)))[inner].ravel()
    contrast, *moved = np.linalg.lstsq(np.stack(terms, axis=1), difference, rcond=None)[0]
    return np.array(moved) / (1 + contrast)


@pytest.mark.parametrize(
    "matrix",
    [
        [[1.0, 0.0, 0.37], [0.0, 1.0, -0.81], [0.0, 0.0, 1.0]],
        [[1.1, 0.02, -5.3], [-0.02, 1.1, -3.2], [1e-4, -5e-5, 1.0]],
        [[0.55, 0.004, 3.1], [-0.004, 0.55, 2.4], [0.0, 0.0, 1.0]],
    ],
    ids=["shift", "larger, in perspective", "half size"],
)
def test_resampling_places_every_point_to_a_hundredth_of_a_pixel(matrix):
    x, y = on_pixels(180, 120)
    size = (180, 120) if matrix[0][0] >= 1 else (100, 66)
    target_x, target_y = on_pixels(*size)
    depth = np.linalg.inv(matrix) @ np.stack([target_x.ravel(), target_y.ravel(), np.ones(target_x.size)])
    at_x, at_y = (depth[:2] / depth[2]).reshape(2, *target_x.shape)
    found = resample(waves(x, y).astype(np.float32), np.array(matrix), *size)
    assert np.abs(displacement(found, waves(at_x, at_y))).max() < 0.01


@pytest.mark.parametrize("look", ["internegative", "video"])
def test_no_look_moves_what_was_placed(look):
    shot = demo_frame(40, *SIZE)
    raw = raw_frame(element(look=look, shift=(7 / 160, -3 / 160)), 1, lambda _: shot)
    moved = phase_cross_correlation(luma(raw)[10:-10, 12:-12], luma(shot)[10:-10, 12:-12], upsample_factor=50)[0]
    np.testing.assert_allclose(moved, (-3, 7), atol=0.1)


def test_all_weave_is_in_the_homography():
    shot = demo_frame(40, *SIZE)
    still, weaving = (
        raw_frame(element(look="internegative", settings=dataclasses.replace(CLEAN, weave=weave)), 1, lambda _: shot)
        for weave in (0.0, 2.0)
    )
    assert np.array_equal(still, weaving)


def test_frames_are_numbered_as_an_archive_would():
    assert numbered(range(5), 11) == {11: 0, 12: 1, 13: 2, 14: 3, 15: 4}
    assert numbered(range(5), 11, dropped=(1,)) == {11: 0, 12: 2, 13: 3, 14: 4}
    assert numbered(range(3), 11, doubled=(1,)) == {11: 0, 12: 1, 13: 1, 14: 2}
    assert numbered(range(5), 11, missing=(1, 2)) == {11: 0, 14: 3, 15: 4}


def at(matrix, x, y):
    across, down, depth = matrix @ (x, y, 1)
    return across / depth, down / depth


def test_framing_puts_the_footage_between_the_borders():
    bordered = element(borders=(0.1, 0.2, 0.1, 0.0))
    assert at(framing(bordered, (320, 180)), 160, 90) == pytest.approx((80, 54))
    assert at(framing(bordered, (320, 180)), 0, 90) == pytest.approx((16, 54))
    assert at(framing(element(scale=1.1), SIZE), 160, 45) == pytest.approx((168, 45))
    assert at(framing(element(shift=(0.1, 0.05)), SIZE), 80, 45) == pytest.approx((96, 53))


def test_rotation_is_clockwise_and_keystone_shrinks_the_right_and_the_bottom():
    x, y = at(framing(element(rotation=2.0), SIZE), 160, 45)
    assert x < 160
    assert y > 46
    keystone = framing(element(keystone=(0.1, 0.2)), SIZE)
    assert at(keystone, 160, 90)[1] - at(keystone, 160, 0)[1] < at(keystone, 0, 90)[1] - at(keystone, 0, 0)[1]
    assert at(keystone, 160, 90)[0] - at(keystone, 0, 90)[0] < at(keystone, 160, 0)[0] - at(keystone, 0, 0)[0]


def test_weave_is_smooth_and_jitter_is_new_in_every_frame():
    slow, fast = (
        np.array([gate_weave(element(**fields), number) for number in range(1, 601)])
        for fields in ({"weave": 0.5}, {"jitter": 0.2})
    )
    np.testing.assert_allclose(slow.std(axis=0), 0.5, rtol=0.15)
    assert np.abs(np.diff(slow, axis=0)).max() < 0.6
    assert np.diff(slow, axis=0).std() < 0.6 * slow.std()
    assert fast.std() == pytest.approx(0.2, rel=0.1)
    assert abs(np.corrcoef(fast[1:, 0], fast[:-1, 0])[0, 1]) < 0.15
    moved = placement(element(weave=0.5), 3, SIZE) - framing(element(weave=0.5), SIZE)
    np.testing.assert_allclose(moved[:2, 2], slow[2], atol=1e-9)


def test_borders_and_leader_are_black_and_subtitles_stand_at_the_bottom():
    white = np.ones((90, 160, 3), np.float32)
    raw = raw_frame(element(borders=(0.2, 0.0, 0.1, 0.0)), 1, lambda _: white)
    assert raw[:, 2:27].max() < 0.1
    assert raw[22:-22, 40:136].min() > 0.9
    assert raw[:, 149:].max() < 0.1
    assert raw_frame(element({1: None}), 1, lambda _: white).max() < 0.1

    grey = np.full((90, 160, 3), 0.5, np.float32)
    plain, titled = (raw_frame(element(subtitles=subtitles), 1, lambda _: grey) for subtitles in (False, True))
    changed = np.abs(titled - plain).max(axis=2) > 0.2
    assert changed[60:].any()
    assert not changed[:60].any()


def test_truth_names_the_frames_and_the_matrix_between_them(tmp_path):
    shown = {101: 4, 102: 5, 103: 6}
    raw = element(numbered(range(2, 9), 11, dropped=(5,), doubled=(6,)), scale=1.1, weave=0.4)
    settings = SimulationSettings(weave=0.5)
    write_truth(tmp_path / "truth.json", truth_of_print(shown, settings, raw, SIZE))
    truth = read_truth(tmp_path / "truth.json")
    assert truth.references(101) == (13,)
    assert truth.references(102) == ()
    assert truth.references(103) == (14, 15)
    assert truth.source_size == SIZE
    assert truth.reference_window == (0, 0, 160, 90)

    listed = json.loads((tmp_path / "truth.json").read_text())["frames"]
    assert [item["reference"] for item in listed] == [13, None, 14]
    assert listed[1]["matrix"] is None
    np.testing.assert_allclose(listed[0]["matrix"], truth.matrix(101, 13))
    assert truth.matrix(101, 13)[2, 2] == 1


def test_the_matrix_takes_a_point_of_the_print_to_the_same_point_of_the_reference():
    shot = demo_frame(40, *SIZE)
    settings = dataclasses.replace(CLEAN, weave=1.0)
    raw = element({5: 0}, look="internegative", scale=1.05, weave=1.0, jitter=0.5)
    truth = truth_of_print({9: 0}, settings, raw, SIZE)
    source, reference = faded_print(shot, 9, settings), raw_frame(raw, 5, lambda _: shot)
    back = resample(reference, np.linalg.inv(truth.matrix(9, 5)), *SIZE)
    inner = (slice(12, -12), slice(12, -12))
    moved = phase_cross_correlation(luma(source)[inner], luma(back)[inner], upsample_factor=50)[0]
    assert np.abs(moved).max() <= 0.1


def test_a_file_that_holds_no_truth_is_named(tmp_path):
    (tmp_path / "truth.json").write_text('{"frames": []}')
    with pytest.raises(FileError, match=r"truth\.json: not the truth"):
        read_truth(tmp_path / "truth.json")


@pytest.fixture
def video(tmp_path):
    """Five frames of 64 x 48, red, each brighter than the one before."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 24, (64, 48))
    for brightness in range(50, 255, 50):
        writer.write(np.full((48, 64, 3), (0, 0, brightness), np.uint8))
    writer.release()
    return path


def test_a_video_is_footage_in_any_order_of_frames(video):
    footage = read_footage(str(video), 32)
    assert footage.name == "clip"
    later, earlier = footage.picture(3), footage.picture(1)
    assert later.shape == (24, 32, 3)
    assert later.dtype == np.float32
    np.testing.assert_allclose(later.mean(axis=(0, 1)), (200 / 255, 0, 0), atol=0.03)
    np.testing.assert_allclose(earlier.mean(axis=(0, 1)), (100 / 255, 0, 0), atol=0.03)


def test_a_sequence_is_footage_counted_from_its_first_frame(tmp_path):
    for number in (7, 9):
        write_frame(tmp_path / f"shot.{number:04d}.exr", frame_from_rgb(np.full((9, 16, 3), number / 4)))
    footage = read_footage(str(tmp_path / "shot.####.exr"), 640)
    assert footage.name == "shot"
    assert footage.picture(0).shape == (9, 16, 3)
    assert footage.picture(1).max() == 1
    with pytest.raises(ElementError, match=r"shot\.####\.exr: holds 2 frames"):
        footage.picture(2)


def test_footage_that_cannot_be_read_is_named(video, tmp_path):
    with pytest.raises(ElementError, match=r"clip\.avi: holds 5 frames"):
        read_footage(str(video), 640).picture(5)
    with pytest.raises(ElementError, match="absent"):
        read_footage(str(tmp_path / "absent.mp4"), 640)
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(ElementError, match=r"text\.mp4: not a video"):
        read_footage(str(tmp_path / "text.mp4"), 640)


def test_the_references_of_the_demo_film_are_raw(tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "film_frame", lambda number: film_frame(number, 96, 54))
    for name, size in {"_raw_internegative": (102, 62), "_raw_video": (72, 54)}.items():
        monkeypatch.setattr(stage, name, with_size(getattr(stage, name), *size))
    frames = range(1, 9)
    film = stage.demo_elements(CLEAN, frames, tmp_path)
    assert film["truth"].frames == film["faded"].frames == tuple(frames)
    for name, size, shown_by in (
        ("internegative", (62, 102), [1, 1, 1, 1, 1, 1, 1, 1]),
        ("video", (54, 72), [1, 1, 0, 1, 2, 0, 1, 1]),
    ):
        reference, truth = film[name], stage.reference_truth(tmp_path, name)
        assert reference.frames[0] > 1000
        assert reference.frames == tuple(truth.reference)
        assert [len(truth.references(number)) for number in frames] == shown_by
        assert len(reference.frames) > sum(shown_by)
        last = reference.frames[-1]
        assert read_frame(reference.path(last)).rgb.shape == (*size, 3)

    video = film["video"]
    before = video.path(video.frames[0]).stat().st_mtime_ns
    stage.demo_elements(CLEAN, frames, tmp_path)
    assert video.path(video.frames[0]).stat().st_mtime_ns == before
    with pytest.raises(RunError, match="other settings"):
        stage.demo_elements(CLEAN, range(1, 10), tmp_path)


def with_size(make, width, height):
    return lambda *arguments: dataclasses.replace(make(*arguments), width=width, height=height)


def test_the_demo_shot_is_footage():
    assert demo_footage(96).picture(5).shape == (54, 96, 3)

import dataclasses
import threading

import numpy as np
import pytest
from rendered_film import plate

from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.colour import converter
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.picture.merge import merge
from filmrecovery.rendering import merge_with_plate
from filmrecovery.rendering.merge_settings import MergeSettings
from filmrecovery.rendering.merge_with_plate import merge_sequences

SETTINGS = MergeSettings(operation="color", output_space="srgb_tx", encoding="float")


def picture(seed):
    """Values as of a scan, some of them outside 0..1."""
    return np.random.default_rng(seed).uniform(-0.2, 1.3, (10, 14, 3)).astype(np.float32)


@pytest.fixture
def elements(tmp_path):
    for frame in (1, 2):
        original = plate(picture(frame), display=(24, 20))
        recovered = frame_from_rgb(picture(10 + frame))
        recovered.spec.x, recovered.spec.y, recovered.spec.full_width, recovered.spec.full_height = 3, 2, 24, 20
        write_frame(tmp_path / f"original.{frame:04d}.exr", original, "float")
        write_frame(tmp_path / f"recovered.{frame:04d}.exr", recovered, "float")
    return [Element(str(tmp_path / f"{name}.####.exr"), (1, 2), "srgb_tx") for name in ("original", "recovered")]


def test_color_keeps_the_luma_of_the_original_and_values_out_of_range():
    original, recovered = picture(1), picture(2)
    merged = merge(original, recovered, "color")
    np.testing.assert_allclose(luma(merged), luma(original), atol=1e-6)
    np.testing.assert_allclose(chroma(merged), chroma(recovered), atol=1e-6)
    assert merged.min() < 0.0
    assert merged.max() > 1.0


def test_luminosity_keeps_the_chroma_of_the_original():
    original, recovered = picture(1), picture(2)
    merged = merge(original, recovered, "luminosity")
    np.testing.assert_allclose(luma(merged), luma(recovered), atol=1e-6)
    np.testing.assert_allclose(chroma(merged), chroma(original), atol=1e-6)


def test_another_operation_is_refused():
    with pytest.raises(SettingsError, match="'colour' is not one of color, luminosity"):
        merge(picture(1), picture(2), "colour")


def test_several_frames_are_read_at_once(elements, tmp_path, monkeypatch):
    both = threading.Barrier(2)

    def read_with_the_other(path):
        # Of both frames the original, before either of them is merged.
        if path.name.startswith("original"):
            both.wait(timeout=30)
        return read_frame(path)

    monkeypatch.setattr(merge_with_plate, "read_frame", read_with_the_other)
    merged = merge_sequences(SETTINGS, *elements, str(tmp_path / "merged.####.exr"))
    assert all(path.is_file() for path in merged.paths())


def test_frames_keep_the_channels_windows_and_metadata_of_the_original(elements, tmp_path):
    merge_sequences(SETTINGS, *elements, str(tmp_path / "out" / "merged.####.exr"))
    merged = read_frame(tmp_path / "out" / "merged.0002.exr")
    np.testing.assert_allclose(merged.rgb, merge(picture(2), picture(12), "color"), atol=1e-6)
    assert merged.channels == ("R", "G", "B", "A", "IR")
    np.testing.assert_array_equal(merged.pixels[..., 3:], plate(picture(2)).pixels[..., 3:])
    assert (merged.spec.x, merged.spec.y, merged.spec.full_width, merged.spec.full_height) == (3, 2, 24, 20)
    assert merged.spec.get_string_attribute("FilmTitle") == "Mission"


def test_the_doubt_of_the_recovery_goes_into_the_result_where_there_is_room_for_it(elements, tmp_path):
    told = np.random.default_rng(3).uniform(0.0, 0.1, (10, 14)).astype(np.float32)
    original, recovered = (element.with_frames((1,)) for element in elements)
    write_frame(recovered.path(1), read_frame(recovered.path(1)).with_channel("recovery.doubt", told), "float")
    merged = merge_sequences(SETTINGS, original, recovered, str(tmp_path / "merged.####.exr"))
    frame = read_frame(merged.path(1))
    assert frame.channels == ("R", "G", "B", "A", "IR", "recovery.doubt")
    np.testing.assert_array_equal(frame.channel("recovery.doubt"), told)

    bare = frame_from_rgb(picture(1))
    bare.spec.x, bare.spec.y, bare.spec.full_width, bare.spec.full_height = 3, 2, 24, 20
    write_frame(original.path(1), bare, "float")
    container = dataclasses.replace(SETTINGS, output_space="lin_ap0", encoding="aces")
    merged = merge_sequences(container, original, recovered, str(tmp_path / "container.####.exr"))
    assert read_frame(merged.path(1)).channels == ("R", "G", "B")


def test_luma_is_held_in_the_working_space_of_files_in_another(elements, tmp_path):
    settings = dataclasses.replace(SETTINGS, output_space="lin_rec709")
    original, recovered = elements
    merge_sequences(
        settings, dataclasses.replace(original, space="lin_rec709"), recovered, str(tmp_path / "merged.####.exr")
    )

    to_working = converter("lin_rec709", "srgb_tx")
    merged, original = (to_working(read_frame(tmp_path / f"{name}.0001.exr").rgb) for name in ("merged", "original"))
    np.testing.assert_allclose(luma(merged), luma(original), atol=1e-5)
    np.testing.assert_allclose(chroma(merged), chroma(picture(11)), atol=1e-5)


def test_finished_frames_are_skipped_until_their_inputs_or_the_settings_change(elements, tmp_path):
    output = str(tmp_path / "merged.####.exr")
    paths = [tmp_path / f"merged.{frame:04d}.exr" for frame in (1, 2)]

    def call(settings):
        before = [path.stat().st_mtime_ns if path.exists() else None for path in paths]
        merge_sequences(settings, *elements, output)
        return [path.stat().st_mtime_ns != time for path, time in zip(paths, before, strict=True)]

    assert call(SETTINGS) == [True, True]
    assert call(SETTINGS) == [False, False]
    write_frame(tmp_path / "original.0002.exr", plate(picture(5)), "float")
    assert call(SETTINGS) == [False, True]
    assert call(dataclasses.replace(SETTINGS, operation="luminosity")) == [True, True]
    paths[0].write_bytes(b"cut short")
    assert call(dataclasses.replace(SETTINGS, operation="luminosity")) == [True, False]


def test_only_the_frames_asked_for_are_merged(elements, tmp_path):
    original, recovered = elements
    merged = merge_sequences(SETTINGS, original, recovered.with_frames([2]), str(tmp_path / "merged.####.exr"))
    assert merged.frames == (2,)
    assert not (tmp_path / "merged.0001.exr").exists()


def test_inputs_are_never_overwritten(elements):
    with pytest.raises(OutputError, match="overwrite"):
        merge_sequences(SETTINGS, *elements, elements[0].pattern)


def test_frames_that_do_not_fit_are_refused(elements, tmp_path):
    write_frame(tmp_path / "recovered.0001.exr", frame_from_rgb(picture(1)[:5]), "float")
    with pytest.raises(
        ElementError, match=r"recovered\.0001\.exr: its data window is 14x5 at \(0, 0\), expected 14x10"
    ):
        merge_sequences(SETTINGS, *elements, str(tmp_path / "merged.####.exr"))
    assert not (tmp_path / "merged.0001.exr").exists()


def test_a_frame_without_original_is_told_before_the_work(elements, tmp_path):
    (tmp_path / "original.0002.exr").unlink()
    with pytest.raises(ElementError, match=r"original\.0002\.exr"):
        merge_sequences(SETTINGS, *elements, str(tmp_path / "merged.####.exr"))
    assert not (tmp_path / "merged.0001.exr").exists()


def test_aces_delivery_can_be_written_and_is_skipped_when_finished(tmp_path):
    for name, seed in (("original", 1), ("recovered", 2)):
        write_frame(tmp_path / f"{name}.0001.exr", frame_from_rgb(picture(seed)), "float")
    settings = MergeSettings(operation="color", encoding="aces")
    elements = [Element(str(tmp_path / f"{name}.####.exr"), (1,), "srgb_tx") for name in ("original", "recovered")]
    merge_sequences(settings, *elements, str(tmp_path / "merged.####.exr"))
    written = (tmp_path / "merged.0001.exr").stat().st_mtime_ns
    merge_sequences(settings, *elements, str(tmp_path / "merged.####.exr"))
    assert (tmp_path / "merged.0001.exr").stat().st_mtime_ns == written


def test_an_aces_container_with_another_space_is_refused(elements, tmp_path):
    with pytest.raises(SettingsError, match="encoding 'aces' can only hold lin_ap0, but the output space is 'srgb_tx'"):
        merge_sequences(dataclasses.replace(SETTINGS, encoding="aces"), *elements, str(tmp_path / "merged.####.exr"))
    assert not (tmp_path / "merged.0001.exr").exists()


def test_a_space_in_which_luma_is_none_is_refused_before_the_work(elements, tmp_path):
    settings = dataclasses.replace(SETTINGS, working_space="lin_ap0")
    with pytest.raises(SettingsError, match="lin_ap0"):
        merge_sequences(settings, *elements, str(tmp_path / "out.####.exr"))

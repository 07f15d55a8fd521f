import dataclasses
import shutil
import signal
import threading

import numpy as np
import OpenImageIO
import pytest
from rendered_film import FRAMES, SETTINGS, picture, plate

from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.frame_seal import is_as_written
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.products import changed_frames
from filmrecovery.model.balance import Balance, ChannelBalance, apply_balance
from filmrecovery.model.clean import clean
from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.model.inference import recover, recover_source
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.picture.colour import converter
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.rendering import render as render_module
from filmrecovery.rendering.render import render
from filmrecovery.rendering.render_settings import RenderSettings

BALANCE = Balance(
    ChannelBalance(1.3, -0.2, 0.8), ChannelBalance(0.9, 0.05, 1.2), ChannelBalance(1.1, -0.1, 1.0), False, "srgb_tx"
)


def paths(folder, frames=FRAMES):
    return [folder / "out" / f"recovered.{frame:04d}.exr" for frame in frames]


def test_every_frame_is_what_the_network_gives(random_model, random_network, source, output, tmp_path):
    rendered = render(SETTINGS, random_model("plain"), source, output)
    assert rendered.frames == FRAMES
    for frame in FRAMES:
        recovered = read_frame(rendered.path(frame)).rgb
        np.testing.assert_allclose(recovered, recover(random_network("plain"), picture(frame)), rtol=0.0, atol=1e-5)
        assert np.abs(recovered - picture(frame)).max() > 0.02
        assert recovered.min() < 0.0
        assert recovered.max() > 1.0
    assert sorted((tmp_path / "out").iterdir()) == paths(tmp_path)


def test_other_channels_windows_and_metadata_are_the_source_s(random_model, source, output, tmp_path):
    render(SETTINGS, random_model("chroma"), source.with_frames([2]), output)
    (path,) = paths(tmp_path, [2])
    frame = read_frame(path)
    assert frame.channels == ("R", "G", "B", "A", "IR")
    np.testing.assert_array_equal(frame.pixels[..., 3:], plate(picture(2)).pixels[..., 3:])
    assert (frame.spec.x, frame.spec.y, frame.spec.full_width, frame.spec.full_height) == (3, 2, 80, 60)
    assert frame.spec.get_string_attribute("FilmTitle") == "Mission"


def test_the_network_works_in_its_own_space_whatever_the_files_are_in(random_model, random_network, tmp_path, output):
    linear = np.abs(picture(1))
    write_frame(tmp_path / "source.0001.exr", frame_from_rgb(linear), "float")
    model = random_model("chroma", working_space="g24_rec709")
    (path,) = paths(tmp_path, [1])
    source = Element(str(tmp_path / "source.####.exr"), (1,), "lin_rec709")
    render(RenderSettings(device="cpu"), model, source, output)

    recovered = recover(random_network("chroma"), converter("lin_rec709", "g24_rec709")(linear))
    expected = converter("g24_rec709", "lin_ap0")(recovered)
    np.testing.assert_allclose(read_frame(path).rgb, expected, rtol=1e-3, atol=1e-3)
    header = read_header(path)
    assert header.format == OpenImageIO.HALF
    assert header.get_string_attribute("compression") == "zip"


def test_an_aces_container_can_be_delivered_and_is_skipped_when_finished(random_model, single, tmp_path, output):
    settings = dataclasses.replace(SETTINGS, output_space="lin_ap0", encoding="aces")
    (path,) = paths(tmp_path, [1])
    render(settings, random_model("chroma"), single, output)
    written = path.stat().st_mtime_ns
    render(settings, random_model("chroma"), single, output)
    assert read_header(path).get_int_attribute("acesImageContainerFlag") == 1
    assert path.stat().st_mtime_ns == written


@pytest.mark.parametrize("encoding", ["zip", "dwaa", "aces"])
def test_frames_in_aces2065_1_say_so(random_model, single, tmp_path, output, encoding):
    settings = dataclasses.replace(SETTINGS, output_space="lin_ap0", encoding=encoding)
    render(settings, random_model("chroma"), single, output)
    (path,) = paths(tmp_path, [1])
    spec = OpenImageIO.ImageInput.open(str(path)).spec()
    red_and_white = [spec.getattribute("chromaticities")[index] for index in (0, 1, 6, 7)]
    assert red_and_white == pytest.approx([0.7347, 0.2653, 0.32168, 0.33767])


def test_finished_frames_are_skipped_until_model_settings_or_source_change(random_model, source, output, tmp_path):
    def call(settings, model):
        before = [path.stat().st_mtime_ns if path.exists() else None for path in paths(tmp_path)]
        render(settings, model, source, output)
        return [path.stat().st_mtime_ns != time for path, time in zip(paths(tmp_path), before, strict=True)]

    first, second = random_model("chroma", 0), random_model("chroma", 1)
    assert call(SETTINGS, first) == [True] * 4
    assert call(SETTINGS, first) == [False] * 4
    assert call(dataclasses.replace(SETTINGS, device="auto"), first) == [False] * 4
    write_frame(tmp_path / "source.0002.exr", plate(picture(9)), "float")
    assert call(SETTINGS, first) == [False, True, False, False]
    paths(tmp_path)[2].unlink()
    assert call(SETTINGS, first) == [False, False, True, False]
    paths(tmp_path)[3].write_bytes(b"cut short")
    assert call(SETTINGS, first) == [False, False, False, True]
    # Uncompressed, so that what a flipped bit decodes to is a picture all the same.
    path = paths(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1]))
    assert call(SETTINGS, first) == [True, False, False, False]
    assert call(dataclasses.replace(SETTINGS, output_space="lin_ap0"), first) == [True] * 4
    assert call(dataclasses.replace(SETTINGS, output_space="lin_ap0"), second) == [True] * 4


def test_frames_that_cannot_be_read_are_named_and_the_others_rendered(random_model, source, output, tmp_path):
    damaged, far_out = tmp_path / "source.0002.exr", tmp_path / "source.0003.exr"
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:-200])
    write_frame(far_out, plate(picture(3) * 255.0), "float")
    with pytest.raises(ElementError) as caught:
        render(SETTINGS, random_model("chroma"), source, output)
    title, *lines = str(caught.value).splitlines()
    assert title == f"{source.pattern}: 2 of 4 frames could not be written:"
    assert lines[0].startswith(f"  {damaged}: truncated or damaged")
    assert lines[1].startswith(f"  {far_out}: values from -5")
    assert sorted((tmp_path / "out").iterdir()) == paths(tmp_path, [1, 4])

    damaged.write_bytes(whole)
    write_frame(far_out, plate(picture(3)), "float")
    render(SETTINGS, random_model("chroma"), source, output)
    assert sorted((tmp_path / "out").iterdir()) == paths(tmp_path)


def test_missing_frames_and_sizes_that_differ_are_told_before_the_work(random_model, source, output, tmp_path):
    with pytest.raises(ElementError, match=r"source\.0005\.exr: missing"):
        render(SETTINGS, random_model("chroma"), source.with_frames(range(1, 6)), output)
    write_frame(tmp_path / "source.0004.exr", plate(picture(1)[:20]), "float")
    with pytest.raises(ElementError, match=r"source\.0004\.exr: data window 70x20"):
        render(SETTINGS, random_model("chroma"), source, output)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"encoding": "aces"}, "encoding 'aces' can only hold lin_ap0"),
        ({"output_space": "lin_no_such"}, "colour space 'lin_no_such' is not in the config"),
        ({"device": "abacus"}, "device 'abacus'"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_the_work(random_model, source, output, tmp_path, changes, reason):
    with pytest.raises(SettingsError, match=reason):
        render(dataclasses.replace(SETTINGS, **changes), random_model("chroma"), source, output)
    assert not (tmp_path / "out").exists()


def test_an_unknown_space_of_the_source_is_refused_before_the_work(random_model, source, output, tmp_path):
    with pytest.raises(SettingsError, match="colour space 'lin_no_such' is not in the config"):
        render(SETTINGS, random_model("chroma"), dataclasses.replace(source, space="lin_no_such"), output)
    assert not (tmp_path / "out").exists()


def test_outputs_that_would_lose_something_are_refused(random_model, source, tmp_path):
    with pytest.raises(OutputError, match="overwrite"):
        render(SETTINGS, random_model("chroma"), source, source.pattern)
    with pytest.raises(SettingsError, match=r"expected a name that ends in \.exr"):
        render(SETTINGS, random_model("chroma"), source, str(tmp_path / "out.####.png"))


def test_the_source_is_prepared_as_the_model_says(random_model, random_network, source, output, tmp_path):
    preparation = SourcePreparation(BALANCE, CleanSettings(median=3, degrain=0.05))
    render(SETTINGS, random_model("chroma", preparation=preparation), source, output)
    for frame in FRAMES:
        balanced = apply_balance(BALANCE, picture(frame))
        recovered = recover(random_network("chroma"), clean(preparation.clean, balanced))
        rendered = read_frame(paths(tmp_path, [frame])[0]).rgb
        np.testing.assert_allclose(chroma(rendered), chroma(recovered), rtol=0.0, atol=1e-6)
        # Grain and detail are the source's: nothing of a cleaned picture is delivered.
        np.testing.assert_allclose(luma(rendered), luma(balanced), rtol=0.0, atol=1e-6)
        assert np.abs(luma(rendered) - luma(recovered)).max() > 0.05


def test_a_raw_source_gives_what_a_balanced_one_gives_a_model_without(random_model, source, output, tmp_path):
    prepared = Element(str(tmp_path / "prepared.####.exr"), FRAMES, "srgb_tx")
    for frame in FRAMES:
        write_frame(prepared.path(frame), plate(apply_balance(BALANCE, picture(frame))), "float")
    model = random_model("spatial", preparation=SourcePreparation(BALANCE))
    render(SETTINGS, model, source, output)
    expected = render(SETTINGS, random_model("spatial"), prepared, str(tmp_path / "expected.####.exr"))
    for frame, path in zip(FRAMES, paths(tmp_path), strict=True):
        np.testing.assert_array_equal(read_frame(path).rgb, read_frame(expected.path(frame)).rgb)


def test_frames_of_another_preparation_are_not_finished(random_model, source, output, tmp_path):
    written = []
    for preparation in (SourcePreparation(), SourcePreparation(BALANCE), SourcePreparation(BALANCE)):
        render(SETTINGS, random_model("chroma", preparation=preparation), source.with_frames([1]), output)
        written.append(paths(tmp_path)[0].stat().st_mtime_ns)
    assert written[0] != written[1] == written[2]


def test_a_frame_that_cannot_be_written_ends_the_render_by_its_name(random_model, source, output, tmp_path):
    paths(tmp_path)[1].mkdir(parents=True)
    with pytest.raises(OutputError, match=r"recovered\.0002\.exr: cannot be written"):
        render(SETTINGS, random_model("chroma"), source, output)
    assert not list((tmp_path / "out").glob(".*"))
    read_frame(paths(tmp_path)[0])


def test_reading_network_and_writing_overlap(random_model, source, output, monkeypatch):
    """The network on frame 1 waits for the reading of frame 2, the writing of frame 1 for the network on frame 2."""
    second_is_read, second_is_recovered = threading.Event(), threading.Event()
    calls = []

    def read(path):
        if path.name == "source.0002.exr":
            second_is_read.set()
        return read_frame(path)

    def recover_frame(network, preparation, rgb, shot):
        calls.append(rgb)
        if len(calls) == 1:
            assert second_is_read.wait(20)
        if len(calls) == 2:
            second_is_recovered.set()
        return recover_source(network, preparation, rgb, shot)

    def write(path, frame, encoding):
        if path.name == "recovered.0001.exr":
            assert second_is_recovered.wait(20)
        write_frame(path, frame, encoding)

    monkeypatch.setattr(changed_frames, "read_frame", read)
    monkeypatch.setattr(render_module, "recover_source", recover_frame)
    monkeypatch.setattr(changed_frames, "write_frame", write)
    render(SETTINGS, random_model("chroma"), source, output)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_render_and_the_same_call_goes_on(
    random_model, source, output, tmp_path, monkeypatch, number
):
    frames = range(1, 13)
    for frame in frames[len(FRAMES) :]:
        shutil.copyfile(source.path(1), source.path(frame))
    calls = []

    def interrupted(network, preparation, rgb, shot):
        calls.append(rgb)
        if len(calls) == 3:
            signal.raise_signal(number)
        return recover_source(network, preparation, rgb, shot)

    before = signal.getsignal(signal.SIGTERM)
    with monkeypatch.context() as context:
        context.setattr(render_module, "recover_source", interrupted)
        with pytest.raises(KeyboardInterrupt):
            render(SETTINGS, random_model("chroma"), source.with_frames(frames), output)
    assert signal.getsignal(signal.SIGTERM) == before
    # Frames that were begun are finished, and no others.
    found = sorted((tmp_path / "out").iterdir())
    assert set(paths(tmp_path, [1, 2])) <= set(found) < set(paths(tmp_path, frames))
    assert all(is_as_written(path) for path in found)

    finished = paths(tmp_path)[0].stat().st_mtime_ns
    render(SETTINGS, random_model("chroma"), source.with_frames(frames), output)
    assert sorted((tmp_path / "out").iterdir()) == paths(tmp_path, frames)
    assert paths(tmp_path)[0].stat().st_mtime_ns == finished

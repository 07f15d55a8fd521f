import contextlib
import dataclasses
import itertools
import json
import socket

import numpy as np
import pytest
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from filmrecovery.base.declared_settings import from_mapping
from filmrecovery.base.errors import FileError, OutputError, RunError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.picture.measures import psnr
from filmrecovery.trials.baselines import gain_gamma_fit
from filmrecovery.trials.simulation.aged_video import aged_video
from filmrecovery.trials.simulation.demo_film import CUT, film_frame
from filmrecovery.trials.simulation.demo_shot import demo_frame
from filmrecovery.trials.simulation.grain import grain
from filmrecovery.trials.simulation.optics import film_mtf
from filmrecovery.trials.simulation.randomness import generator
from filmrecovery.trials.simulation.simulate import simulate
from filmrecovery.trials.simulation.simulated_elements import FADED_PRINT, INTERNEGATIVE, faded_print, internegative
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings
from filmrecovery.trials.simulation.uneven_fading import aging
from filmrecovery.trials.simulation.wear import dirt, scratch_losses

DEFAULT = SimulationSettings()
CLEAN = SimulationSettings(fade=0.0, grain=0.0, wear=0.0)
FADED_ONLY = dataclasses.replace(CLEAN, fade=0.7)
ELEMENTS = (faded_print, internegative, aged_video)


@pytest.fixture(scope="module")
def shot():
    return demo_frame(40, 480, 270)


def grey(value):
    return np.full((32, 960, 3), value, dtype=np.float32)


@pytest.mark.parametrize("element", ELEMENTS)
def test_a_frame_hangs_on_seed_and_number_alone(shot, element):
    first = element(shot, 7, DEFAULT)
    other_number = element(shot, 8, DEFAULT)
    assert np.array_equal(element(shot, 7, DEFAULT), first)
    assert not np.array_equal(other_number, first)
    assert not np.array_equal(element(shot, 7, dataclasses.replace(DEFAULT, seed=2)), first)


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("size", [(270, 480), (61, 97)])
def test_elements_are_pictures_of_the_same_size(element, size):
    height, width = size
    extremes = np.zeros((height, width, 3), dtype=np.float32)
    extremes[::2, :, 0] = 1
    extremes[: height // 2] = 1 - extremes[: height // 2]
    result = element(extremes, 1, SimulationSettings(fade=1.0, wear=1.0, weave=1.0))
    assert result.shape == extremes.shape
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    assert result.min() >= 0
    assert result.max() <= 1


def test_fading_turns_mid_grey_magenta_and_keeps_the_order_of_densities():
    greys = [faded_print(grey(value), 1, FADED_ONLY).mean(axis=(0, 1)) for value in np.linspace(0, 1, 9)]
    red, green, blue = greys[4]
    assert red > blue + 0.02
    assert blue > green + 0.02
    assert (np.diff(greys, axis=0) > 0).all()


def test_more_fading_takes_more_cyan_than_yellow_than_magenta():
    fresh, half, whole = (
        faded_print(grey(0.3), 1, dataclasses.replace(CLEAN, fade=fade)).mean(axis=(0, 1)) for fade in (0.0, 0.5, 1.0)
    )
    assert whole[0] > half[0] > fresh[0]
    lost = np.log10(whole / fresh)
    assert lost[0] > lost[2] > lost[1]


def test_uneven_fading_takes_most_cyan_at_both_edges():
    uneven = faded_print(grey(0.5), 900, dataclasses.replace(FADED_ONLY, uneven=1.0)).mean(axis=0)
    left, middle, right = (uneven[columns].mean(axis=0) for columns in (slice(48), slice(456, 504), slice(-48, None)))
    for edge in (left, right):
        assert edge[0] - edge[1] > 1.3 * (middle[0] - middle[1])
    even = faded_print(grey(0.5), 900, FADED_ONLY)
    np.testing.assert_allclose(even, even[:, :1].repeat(960, axis=1), atol=1e-5)


def test_uneven_fading_comes_and_goes_with_the_turns_of_the_roll():
    # Two turns of 62 frames, far from the outer turns.
    ages = np.array([aging(dataclasses.replace(DEFAULT, uneven=1.0), n, 2, 101)[..., 0] for n in range(5000, 5124)])
    edge, middle = ages[:, 0, 0], ages[:, 0, 50]
    assert np.ptp(edge) > 4 * np.ptp(middle) > 0
    np.testing.assert_allclose(edge[:62], edge[62:], atol=0.01)
    assert ages.mean() == pytest.approx(1, abs=0.3)
    outer = aging(dataclasses.replace(DEFAULT, uneven=1.0), 1, 2, 101)
    assert outer.mean() > ages.mean()


def test_shots_fade_and_were_printed_differently():
    settings = dataclasses.replace(FADED_ONLY, uneven=1.0, shot_starts=(10, 20))
    first, same_shot, second, third = (
        faded_print(grey(0.5), number, settings).mean(axis=(0, 1)) for number in (1, 9, 10, 20)
    )
    within = np.abs(same_shot - first).max()
    assert np.abs(second - same_shot).max() > 2 * within
    assert np.abs(third - second).max() > 2 * within
    # Where nothing fades, the printer lights still differ.
    unfaded = dataclasses.replace(settings, fade=0.0)
    before, after = (faded_print(grey(0.5), number, unfaded) for number in (9, 10))
    assert np.abs(after - before).max() > 0.01


def test_bad_starts_of_shots_are_told_before_anything_is_written(tmp_path, shot, capsys):
    write_frame(tmp_path / "footage.0001.exr", frame_from_rgb(shot))
    call = ["simulate", str(tmp_path / "footage.####.exr"), str(tmp_path / "film"), "--shot-starts", "20-10"]
    with contextlib.suppress(SystemExit):
        assert main(call) != 0
    assert "20-10" in capsys.readouterr().err
    assert not (tmp_path / "film").exists()


def test_a_fresh_internegative_of_grey_is_nearly_the_picture():
    wedge = np.repeat(np.linspace(0.05, 0.95, 96, dtype=np.float32)[None, :, None], 64, axis=0).repeat(3, axis=2)
    assert np.abs(luma(internegative(wedge, 1, CLEAN)) - luma(wedge)).max() < 0.03


def test_the_print_has_more_contrast_than_the_picture_before_it_fades():
    dark, light = (faded_print(grey(value), 1, CLEAN).mean() for value in (0.35, 0.6))
    assert np.log(light / dark) > 1.1 * np.log(0.6 / 0.35)


def test_no_gain_and_gamma_undo_the_fading_but_a_colour_map_does(shot):
    fresh, faded = faded_print(shot, 1, CLEAN), faded_print(shot, 1, FADED_ONLY)
    graded = np.clip(gain_gamma_fit([faded], [fresh])(faded), 0, 1)
    r, g, b = faded.reshape(-1, 3).T.astype(np.float64)
    powers = [r**i * g**j * b**k for i in range(5) for j in range(5 - i) for k in range(5 - i - j)]
    terms = np.stack(powers, axis=1)
    weights = np.linalg.lstsq(terms, fresh.reshape(-1, 3), rcond=None)[0]
    mapped = np.clip(terms @ weights, 0, 1).reshape(fresh.shape)
    assert psnr(graded, fresh) < 33
    assert psnr(mapped, fresh) > psnr(graded, fresh) + 6


def test_the_print_is_softer_than_the_internegative_where_its_figures_say_so():
    # Six pixels a period of a 960 pixel frame are 15.6 cycles/mm on 16 mm film and 7.3 on 35 mm.
    wave = 0.5 + 0.1 * np.sin(2 * np.pi * np.arange(960, dtype=np.float32) / 6)
    bars = np.broadcast_to(wave[None, :, None], (16, 960, 3)).copy()
    soft, sharp = (np.std(luma(element(bars, 1, CLEAN))) for element in (faded_print, internegative))
    assert soft < 0.6 * np.std(wave)
    assert sharp > 0.85 * np.std(wave)


@pytest.mark.parametrize("stock", [FADED_PRINT, INTERNEGATIVE])
def test_half_of_the_modulation_is_left_at_the_resolution_of_the_stock(stock):
    width = 4096
    mtf = film_mtf(8, width, stock.frame_width, stock.resolution)[0, :, 0]
    cycles_per_mm = np.arange(width) / (2 * stock.frame_width)
    assert np.interp(stock.resolution, cycles_per_mm, mtf) == pytest.approx(0.5, abs=0.01)
    assert mtf[0] == 1


def test_granularity_holds_through_the_aperture_that_defines_it():
    # Pixels of 2 micrometres, so that 24 of them span the aperture of 48.
    size = 600
    noise = grain(size, size, size * 0.002, 10.0, np.ones((1, 1, 1), np.float32), generator(1, "test"))[..., 0]
    radius = 12
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    aperture = (np.hypot(x, y) <= radius).astype(np.float32)
    seen = ndimage.convolve(noise, aperture / aperture.sum(), mode="wrap")
    assert np.std(seen) == pytest.approx(0.010, rel=0.1)


def test_grain_grows_with_the_setting_and_shows_most_in_mid_densities():
    def rms(value, amount):
        result = faded_print(grey(value), 1, dataclasses.replace(CLEAN, grain=amount))
        return np.std(luma(result))

    assert rms(0.5, 0.0) < 1e-5
    assert rms(0.5, 2.0) > 1.8 * rms(0.5, 1.0) > 0.01
    assert rms(0.7, 1.0) > 1.15 * rms(1.0, 1.0)
    assert rms(0.7, 1.0) > 1.15 * rms(0.2, 1.0)


def test_grain_is_coarser_in_the_print_and_new_in_every_frame():
    grainy = dataclasses.replace(CLEAN, grain=1.0)
    one, two, fine = (
        faded_print(grey(0.5), 1, grainy),
        faded_print(grey(0.5), 2, grainy),
        internegative(grey(0.5), 1, grainy),
    )
    assert np.std(luma(one)) > 2 * np.std(luma(fine))
    assert abs(np.corrcoef(luma(one).ravel(), luma(two).ravel())[0, 1]) < 0.1


def test_elements_register_unless_there_is_weave(shot):
    def shift(element, settings):
        return phase_cross_correlation(luma(shot), luma(element(shot, 3, settings)), upsample_factor=50)[0]

    for element in ELEMENTS:
        assert np.abs(shift(element, DEFAULT)).max() <= 0.1
    assert np.hypot(*shift(faded_print, dataclasses.replace(DEFAULT, weave=2.0))) > 0.5


def test_scratches_run_on_from_frame_to_frame():
    this, following = (scratch_losses(270, 480, 10.26, 1.0, number, generator(1, "test")) for number in (10, 11))
    assert this[-1].max() > 0.1
    np.testing.assert_allclose(this[-1], following[0], atol=0.02)


def test_dust_is_new_in_every_frame():
    one, two = (dirt(270, 480, 10.26, 1.0, generator(1, "test", number)) > 0.3 for number in (10, 11))
    assert one.any()
    assert two.any()
    assert not (one & two).any()


def test_video_keeps_colour_and_loses_detail(shot):
    video = aged_video(shot, 1, DEFAULT)
    pale, true = chroma(internegative(shot, 1, DEFAULT)), chroma(shot)
    assert np.std(chroma(video) - true) < 0.75 * np.std(pale - true)
    assert np.corrcoef(chroma(video).ravel(), true.ravel())[0, 1] > 0.97
    # 320 cycles a picture width are more than the video's chain lets through.
    wave = 0.5 + 0.1 * np.sin(2 * np.pi * np.arange(960, dtype=np.float32) / 3)
    bars = np.broadcast_to(wave[None, :, None], (540, 960, 3)).copy()
    assert np.std(luma(aged_video(bars, 1, DEFAULT))) < 0.5 * np.std(wave)


def test_default_damage_is_worth_recovering(shot):
    assert 14 < psnr(faded_print(shot, 1, DEFAULT), shot) < 22
    assert psnr(internegative(shot, 1, DEFAULT), shot) > 23
    assert psnr(aged_video(shot, 1, DEFAULT), shot) > 25


def test_the_demo_film_has_two_shots_of_frames_that_differ_and_needs_no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("the demo film opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    frames = [film_frame(number, 240, 135) for number in range(1, 49)]
    assert all(frame.shape == (135, 240, 3) and frame.dtype == np.float32 for frame in frames)
    assert all(frame.min() >= 0 and frame.max() <= 1 for frame in frames)
    changes = [np.abs(a - b).mean() for a, b in itertools.pairwise(frames)]
    assert all(change > 1e-3 for change in changes)
    assert [number for number, change in enumerate(changes, start=2) if change > 0.1] == [CUT]


def test_simulate_writes_four_sequences_and_goes_on_where_it_was_stopped(tmp_path, shot):
    footage = Element(str(tmp_path / "shot.####.exr"), (3, 4), "srgb_tx")
    for number in footage.frames:
        write_frame(footage.path(number), frame_from_rgb(4 * shot[:60, :90]))
    elements = simulate(DEFAULT, footage, tmp_path / "film")
    assert set(elements) == {"truth", "faded", "internegative", "video"}
    written = {name: read_frame(element.path(4)).rgb for name, element in elements.items()}
    assert written["truth"].max() == 1
    np.testing.assert_allclose(written["faded"], faded_print(np.clip(4 * shot[:60, :90], 0, 1), 4, DEFAULT), atol=2e-3)
    noted = json.loads((tmp_path / "film" / "simulation.json").read_text())
    assert from_mapping(SimulationSettings, noted["settings"], "settings") == DEFAULT

    before = elements["faded"].path(3).stat().st_mtime_ns
    elements["faded"].path(4).unlink()
    simulate(DEFAULT, footage, tmp_path / "film")
    assert elements["faded"].path(3).stat().st_mtime_ns == before
    assert np.array_equal(read_frame(elements["faded"].path(4)).rgb, written["faded"])


def test_a_folder_holds_one_simulation(tmp_path, shot):
    footage = Element(str(tmp_path / "shot.####.exr"), (1,), "srgb_tx")
    write_frame(footage.path(1), frame_from_rgb(shot[:60, :90]))
    simulate(DEFAULT, footage, tmp_path)
    with pytest.raises(RunError, match="other settings"):
        simulate(dataclasses.replace(DEFAULT, seed=2), footage, tmp_path)
    (tmp_path / "simulation.json").write_text("{")
    with pytest.raises(FileError, match=r"simulation\.json"):
        simulate(DEFAULT, footage, tmp_path)


def test_footage_is_never_overwritten(tmp_path, shot):
    footage = Element(str(tmp_path / "truth" / "truth.####.exr"), (1,), "srgb_tx")
    write_frame(footage.path(1), frame_from_rgb(shot))
    with pytest.raises(OutputError):
        simulate(DEFAULT, footage, tmp_path)
    assert not (tmp_path / "simulation.json").exists()

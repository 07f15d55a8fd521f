"""What a recovery is compared with: gains and gammas, a LUT, and a filter, of the same pairs."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from filmrecovery.cli import main
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.picture.measures import psnr
from filmrecovery.training.pairs.load_pairs import Pair
from filmrecovery.trials.baselines import fitted_filter, gain_gamma_fit


def soft_pair(frame):
    """A picture of squares, dark and soft, and what it was."""
    random = np.random.default_rng(frame)
    truth = np.kron(random.random((24, 32, 3)), np.ones((6, 6, 1))).astype(np.float32) * 0.6 + 0.2
    return Pair(frame, "train", "", 0.8 * gaussian_filter(truth, (1.2, 1.2, 0)), truth)


def brighter(picture):
    return picture / 0.8


def test_the_filter_gives_back_the_sharpness_that_a_lut_cannot():
    filtered = fitted_filter(brighter, [soft_pair(frame) for frame in (1, 2, 3)])
    unseen = soft_pair(4)
    sharp, graded = filtered(unseen.input), brighter(unseen.input)
    assert psnr(luma(sharp), luma(unseen.target)) > psnr(luma(graded), luma(unseen.target)) + 3
    np.testing.assert_allclose(chroma(sharp), chroma(graded), atol=1e-5)


@pytest.mark.parametrize(
    ("mode", "names"), [("chroma", ["input", "LUT", "result"]), ("spatial", ["input", "LUT", "filter", "result"])]
)
def test_a_benchmark_of_one_film_compares_the_model_with_what_its_mode_calls_for(mode, names, tmp_path, capsys):
    for frame in (1, 2):
        one = soft_pair(frame)
        for kind, picture in (("input", one.input), ("target", one.target)):
            write_frame(tmp_path / "film" / f"{kind}.{frame:04d}.exr", frame_from_rgb(picture), "float")
    options = ["--mode", mode, "--steps", "4", "--members", "1", "--patch-size", "64", "--device", "cpu"]
    assert main(["benchmark", str(tmp_path / "film"), str(tmp_path / "out"), *options]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("film, trained pictures")]
    assert [line.split(":")[1].split()[0] for line in lines] == names


def test_a_known_gain_and_gamma_are_found_over_several_frames():
    random = np.random.default_rng(0)
    sources = [random.random((20, 30, 3)).astype(np.float32) for _ in range(2)]
    sources[0][:5] = 0.0
    gain, gamma = np.array([0.7, 1.0, 1.2]), np.array([0.5, 1.0, 2.2])
    truths = [gain * source**gamma for source in sources]
    grade = gain_gamma_fit(sources, truths)
    np.testing.assert_allclose(grade.gain, gain, atol=1e-3)
    np.testing.assert_allclose(grade.gamma, gamma, atol=1e-3)
    np.testing.assert_allclose(grade(sources[1]), truths[1], atol=1e-3)


def test_the_fit_is_the_least_of_squares_under_noise():
    random = np.random.default_rng(1)
    source = random.random((40, 40, 3))
    truth = 0.8 * source**1.5 + random.normal(0.0, 0.05, source.shape)
    grade = gain_gamma_fit([source], [truth])

    def error(gain, gamma):
        return np.sum((gain * source[..., 0] ** gamma - truth[..., 0]) ** 2)

    best = error(grade.gain[0], grade.gamma[0])
    for gain_step, gamma_step in [(0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)]:
        assert error(grade.gain[0] + gain_step, grade.gamma[0] + gamma_step) > best


def test_a_black_channel_and_values_below_zero_give_finite_grades():
    source = np.random.default_rng(2).uniform(-0.1, 1.0, (10, 10, 3)).astype(np.float32)
    source[..., 2] = 0.0
    grade = gain_gamma_fit([source], [np.clip(source, 0.0, 1.0)])
    assert np.isfinite(grade.gain + grade.gamma).all()
    graded = grade(source)
    assert graded.dtype == np.float32
    np.testing.assert_allclose(graded, np.clip(source, 0.0, 1.0), atol=1e-3)

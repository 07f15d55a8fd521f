"""What a recovery is compared with: the best LUT and the best filter of the same pairs."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from filmrecovery.cli import main
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.picture.measures import psnr
from filmrecovery.training.pairs.load_pairs import Pair
from filmrecovery.trials.baselines import fitted_filter


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

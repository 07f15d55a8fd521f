import numpy as np
import pytest

from filmrecovery.picture.warp import warp

HEIGHT, WIDTH = 90, 120


def shift(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def waves(height, width, matrix=None, period=8.0):
    """A picture of smooth waves, where `matrix` takes its points into the plane that the waves are drawn on."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    across, down, depth = np.einsum("ij,jhw->ihw", np.eye(3) if matrix is None else matrix, [x, y, np.ones_like(x)])
    across, down = across / depth, down / depth
    angles = [(1, 0.3), (-0.4, 0.9), (0.6, -0.6)]
    channels = [0.5 + 0.4 * np.sin(2 * np.pi / period * (a * across + b * down)) for a, b in angles]
    return np.stack(channels, axis=-1).astype(np.float32)


def noise(height=HEIGHT, width=WIDTH):
    return np.random.default_rng(1).random((height, width, 3), dtype=np.float32)


def rms(difference):
    return float(np.sqrt(np.mean(np.square(difference))))


def test_the_identity_changes_no_bit():
    picture = noise()
    assert np.array_equal(warp(picture, np.eye(3), HEIGHT, WIDTH), picture)


def test_a_whole_number_shift_moves_the_values_and_marks_what_is_outside():
    picture = noise()
    moved = warp(picture, shift(7, -3), HEIGHT, WIDTH)
    assert np.array_equal(moved[3:, :-7], picture[:-3, 7:])
    assert np.isnan(moved[:3]).all()
    assert np.isnan(moved[:, -7:]).all()


@pytest.mark.parametrize(
    "matrix",
    [
        shift(0.37, -0.61),
        np.array([[1.02, 0.01, 3.0], [-0.02, 0.99, 2.0], [2e-5, -3e-5, 1.0]]),
        np.array([[0.5, 0.0, 10.0], [0.0, 0.45, 12.0], [0.0, 0.0, 1.0]]),
        np.array([[0.0, -1.0, 100.0], [1.0, 0.0, -10.0], [0.0, 0.0, 1.0]]),
    ],
)
def test_the_result_shows_what_the_matrix_says(matrix):
    warped = warp(waves(HEIGHT, WIDTH), matrix, HEIGHT, WIDTH)
    truth = waves(HEIGHT, WIDTH, matrix)
    inner = ~np.isnan(warp(waves(HEIGHT, WIDTH)[3:-3, 3:-3], shift(-3, -3) @ matrix, HEIGHT, WIDTH)).any(axis=-1)
    assert inner.mean() > 0.3
    assert rms(warped[inner] - truth[inner]) < 0.004


def test_there_and_back_by_a_part_of_a_pixel_loses_little():
    picture = waves(HEIGHT, WIDTH, period=5.0)
    back = warp(warp(picture, shift(0.4, 0.3), HEIGHT, WIDTH)[:-1, :-1], shift(-0.4, -0.3), HEIGHT, WIDTH)
    assert rms(back[8:-8, 8:-8] - picture[8:-8, 8:-8]) < 0.01


@pytest.mark.parametrize("factor", [2, 3.5])
def test_making_it_smaller_does_not_alias(factor):
    fine = waves(360, 480, period=factor)
    coarse = waves(360, 480, period=8.0 * factor)
    height, width = int(360 / factor), int(480 / factor)
    smaller = warp(fine, np.diag([factor, factor, 1.0]), height, width)
    # Waves too fine for the smaller picture turn grey, and do not come back as coarse ones.
    assert rms(smaller[8:-8, 8:-8] - 0.5) < 0.02
    # Coarse ones stay.
    kept = warp(coarse, np.diag([factor, factor, 1.0]), height, width)
    truth = waves(height, width, np.diag([factor, factor, 1.0]), period=8.0 * factor)
    assert rms(kept[8:-8, 8:-8] - truth[8:-8, 8:-8]) < 0.01


def test_nothing_is_seen_behind_the_horizon():
    matrix = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, -0.02, 1.0]])
    warped = warp(noise(), matrix, HEIGHT, WIDTH)
    assert np.isnan(warped[51:]).all()
    assert not np.isnan(warped[:10, :40]).any()


def test_any_number_of_channels_and_values_outside_of_the_range_survive():
    picture = np.full((20, 30, 5), 2.5, np.float32)
    picture[..., 4] = -1
    warped = warp(picture, shift(0.5, 0.5), 19, 29)
    assert warped.shape == (19, 29, 5)
    assert warped[..., :4] == pytest.approx(2.5, abs=1e-5)
    assert warped[..., 4] == pytest.approx(-1, abs=1e-5)


def test_values_are_those_of_the_windowed_sinc():
    picture = noise(1300, WIDTH)  # more than is done at once
    matrix = np.array([[0.98, 0.01, -3.3], [0.002, 0.99, 5.7], [1e-5, 0, 1]])
    warped = warp(picture, matrix, 1300, WIDTH)
    for row, column in np.random.default_rng(2).integers((8, 16), (1280, WIDTH - 8), (200, 2)):
        x, y, depth = matrix @ (column + 0.5, row + 0.5, 1)
        right, down = (
            np.sinc(distance := at - 0.5 - np.arange(size)) * np.sinc(distance / 3) * (abs(distance) < 3)
            for at, size in ((x / depth, WIDTH), (y / depth, 1300))
        )
        expected = np.einsum("y,x,yxc->c", down / down.sum(), right / right.sum(), picture)
        assert warped[row, column] == pytest.approx(expected, abs=2e-5)

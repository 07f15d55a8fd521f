import numpy as np
import pytest

from filmrecovery.picture.median import median_filter


@pytest.mark.parametrize("size", [(9, 11), (1, 1), (2, 40), (33, 3), (50, 7)])
@pytest.mark.parametrize("width", [3, 5, 9])
def test_median_is_that_of_the_square_window_with_repeated_borders(size, width):
    picture = np.random.default_rng(3).random((*size, 3), np.float32)
    border = width // 2
    padded = np.pad(picture, ((border, border), (border, border), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (width, width), axis=(0, 1))
    np.testing.assert_array_equal(median_filter(picture, width), np.median(windows, axis=(-2, -1)))


@pytest.mark.parametrize("width", [2, 4])
def test_an_even_median_is_widened_to_have_a_centre(width):
    picture = np.random.default_rng(3).random((9, 11, 3), np.float32)
    np.testing.assert_array_equal(median_filter(picture, width), median_filter(picture, width + 1))


@pytest.mark.parametrize("width", [0, 1])
def test_without_a_width_the_picture_stays(width):
    picture = np.random.default_rng(3).random((9, 11, 3), np.float32)
    assert median_filter(picture, width) is picture

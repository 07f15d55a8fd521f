import numpy as np
import pytest

from filmrecovery.picture.measures import (
    chroma_rms,
    ciede2000,
    ciede2000_map,
    delta_itp_map,
    luma_rms,
    psnr,
    ssim,
)


def flat(*rgb):
    return np.broadcast_to(np.array(rgb, np.float32), (8, 6, 3))


def test_psnr_of_an_error_of_a_tenth_is_20_db():
    assert psnr(flat(0.5, 0.5, 0.5), flat(0.6, 0.4, 0.5 + 0.1)) == pytest.approx(20.0, abs=1e-4)
    assert psnr(flat(0.5, 0.5, 0.5), flat(0.5, 0.5, 0.5)) == pytest.approx(120.0)


def test_a_grey_error_is_luma_alone():
    picture, truth = flat(0.3, 0.4, 0.5), flat(0.5, 0.6, 0.7)
    assert luma_rms(picture, truth) == pytest.approx(0.2, abs=1e-6)
    assert chroma_rms(picture, truth) == pytest.approx(0.0, abs=1e-6)


def test_an_error_of_red_has_the_luma_and_chroma_of_bt709():
    picture, truth = flat(0.6, 0.5, 0.5), flat(0.5, 0.5, 0.5)
    assert luma_rms(picture, truth) == pytest.approx(0.02126, abs=1e-6)
    blue_difference, red_difference = -0.02126 / 1.8556, (0.1 - 0.02126) / 1.5748
    expected = np.sqrt((blue_difference**2 + red_difference**2) / 2)
    assert chroma_rms(picture, truth) == pytest.approx(expected, abs=1e-6)


def test_ciede2000_of_white_and_black_is_100_and_clamps():
    assert ciede2000(flat(1, 1, 1), flat(0, 0, 0)) == pytest.approx(100.0, abs=0.01)
    assert ciede2000(flat(1.5, 1.5, 1.5), flat(1, 1, 1)) == 0.0


def test_ciede2000_of_primaries_is_the_known_difference():
    # The figure that colour tools agree on for sRGB's red against its green.
    assert ciede2000(flat(1, 0, 0), flat(0, 1, 0)) == pytest.approx(86.61, abs=0.05)


def test_the_map_of_ciede2000_is_of_each_pixel():
    picture = np.array(flat(1, 1, 1))
    picture[2, 3] = 0
    differences = ciede2000_map(picture, flat(1, 1, 1))
    assert differences.shape == (8, 6)
    assert differences[2, 3] == pytest.approx(100.0, abs=0.01)
    assert np.count_nonzero(differences) == 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((1, 1, 1), (0, 0, 0), 365.816),
        ((0.5, 0.5, 0.5), (0.6, 0.5, 0.4), 31.9127),
        ((1, 0, 0), (0, 1, 0), 239.961),
        ((0.2, 0.3, 0.4), (0.2, 0.31, 0.4), 3.70933),
    ],
)
def test_delta_itp_is_that_of_colour_science(one, other, expected):
    # colour-science 0.4.7: delta_E_ITP of RGB_to_ICtCp ("ITU-R BT.2100-2 PQ"), after BT.1886 and BT.2087.
    assert delta_itp_map(flat(*one), flat(*other)) == pytest.approx(np.full((8, 6), expected), rel=1e-4)


def test_delta_itp_of_one_picture_is_0_and_clamps():
    assert delta_itp_map(flat(1.5, -1, 0.3), flat(1, 0, 0.3)).max() == 0.0


def test_ssim_of_flat_pictures_is_that_of_their_luminance():
    one, other = (np.full((16, 16, 3), value, np.float32) for value in (0.4, 0.6))
    constant = 0.01**2
    expected = (2 * 0.4 * 0.6 + constant) / (0.4**2 + 0.6**2 + constant)
    assert ssim(one, other) == pytest.approx(expected, abs=1e-5)
    assert ssim(one, one) == pytest.approx(1.0)


def test_ssim_of_a_negative_is_below_0():
    picture = np.random.default_rng(3).random((32, 32, 3)).astype(np.float32)
    assert ssim(picture, 1 - picture) < -0.9

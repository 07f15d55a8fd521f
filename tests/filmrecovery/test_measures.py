import numpy as np
import pytest

from filmrecovery.picture.measures import (
    chroma_rms,
    ciede2000,
    ciede2000_map,
    delta_itp_map,
    gain_gamma_fit,
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

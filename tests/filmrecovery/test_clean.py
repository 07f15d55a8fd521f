import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from filmrecovery.base.errors import SettingsError
from filmrecovery.model.clean import clean
from filmrecovery.model.clean_settings import CleanSettings, check_clean


@pytest.fixture
def edge():
    """Dark at the left, light at the right."""
    return np.where(np.arange(64)[None, :, None] < 32, 0.2, 0.8).repeat(48, axis=0).repeat(3, axis=2).astype(np.float32)


def test_without_settings_the_picture_stays(edge):
    np.testing.assert_array_equal(clean(CleanSettings(), edge), edge)


def test_the_median_takes_dust_out(edge):
    dusty = edge.copy()
    dusty[20:22, 10:12] = 1.0
    np.testing.assert_array_equal(clean(CleanSettings(median=5), dusty), edge)


def test_degraining_takes_grain_out_and_keeps_edges(edge):
    grainy = edge + np.random.default_rng(0).normal(0, 0.03, edge.shape).astype(np.float32)
    cleaned = clean(CleanSettings(degrain=0.03), grainy)
    assert cleaned.dtype == np.float32
    flat = np.s_[8:40, 4:24]
    assert np.std(cleaned[flat] - edge[flat]) < 0.4 * 0.03
    step = cleaned[8:40, 32].mean() - cleaned[8:40, 31].mean()
    assert step == pytest.approx(0.6, abs=0.02)


def test_degraining_is_that_of_the_whole_picture_whatever_it_is_cut_into():
    """Against the same arithmetic by scipy's filter, on a picture of several strips."""
    picture = np.random.default_rng(0).uniform(-0.2, 1.3, (53, 21, 3)).astype(np.float32)
    values = picture.astype(np.float64)

    def mean(plane):
        return uniform_filter(plane, (7, 7, 1), mode="nearest")

    variance = mean(values**2) - mean(values) ** 2
    kept = np.maximum(variance - 0.3**2, 0) / variance
    expected = mean(kept) * values + mean((1 - kept) * mean(values))
    np.testing.assert_allclose(clean(CleanSettings(degrain=0.3), picture), expected, atol=1e-7)


@pytest.mark.parametrize("mode", ["spatial", "plain"])
@pytest.mark.parametrize("settings", [CleanSettings(median=3), CleanSettings(degrain=0.02)])
def test_only_chroma_may_be_learnt_from_a_cleaned_source(settings, mode):
    with pytest.raises(SettingsError, match=f"{mode} mode"):
        check_clean(settings, mode)
    check_clean(settings, "chroma")
    check_clean(CleanSettings(), mode)

import numpy as np
import pytest

from filmrecovery.errors import SettingsError
from filmrecovery.preparation.clean import CleanSettings, clean


@pytest.fixture
def edge():
    """Dark at the left, light at the right."""
    return np.where(np.arange(64)[None, :, None] < 32, 0.2, 0.8).repeat(48, axis=0).repeat(3, axis=2).astype(np.float32)


def test_without_settings_the_picture_stays(edge):
    np.testing.assert_array_equal(clean(CleanSettings(), edge, "spatial"), edge)


def test_the_median_takes_dust_out(edge):
    dusty = edge.copy()
    dusty[20:22, 10:12] = 1.0
    np.testing.assert_array_equal(clean(CleanSettings(median=5), dusty, "chroma"), edge)


def test_degraining_takes_grain_out_and_keeps_edges(edge):
    grainy = edge + np.random.default_rng(0).normal(0, 0.03, edge.shape).astype(np.float32)
    cleaned = clean(CleanSettings(degrain=0.03), grainy, "chroma")
    assert cleaned.dtype == np.float32
    flat = np.s_[8:40, 4:24]
    assert np.std(cleaned[flat] - edge[flat]) < 0.4 * 0.03
    step = cleaned[8:40, 32].mean() - cleaned[8:40, 31].mean()
    assert step == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize("mode", ["spatial", "plain"])
@pytest.mark.parametrize("settings", [CleanSettings(median=3), CleanSettings(degrain=0.02)])
def test_only_chroma_may_be_learnt_from_a_cleaned_source(edge, settings, mode):
    with pytest.raises(SettingsError, match=f"{mode} mode"):
        clean(settings, edge, mode)

import numpy as np
import pytest

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.picture.ground_truth import ground_truth
from filmrecovery.picture.luma import chroma, luma, rgb_of


def displayable(seed, width=32):
    """A picture whose exchange of luma or chroma with another such picture needs no clamp."""
    return np.random.default_rng(seed).uniform(0.4, 0.6, (24, width, 3)).astype(np.float32)


def test_chroma_mode_has_the_luma_of_the_source_and_the_chroma_of_the_reference():
    source, reference = displayable(1), displayable(2)
    target = ground_truth(source, reference, "chroma")
    assert target.dtype == np.float32
    np.testing.assert_allclose(luma(target), luma(source), atol=1e-6)
    np.testing.assert_allclose(chroma(target), chroma(reference), atol=1e-6)


def test_spatial_mode_has_the_luma_of_the_reference_and_the_chroma_of_the_source():
    source, reference = displayable(1), displayable(2)
    target = ground_truth(source, reference, "spatial")
    np.testing.assert_allclose(luma(target), luma(reference), atol=1e-6)
    np.testing.assert_allclose(chroma(target), chroma(source), atol=1e-6)


def test_plain_mode_is_the_clamped_reference():
    reference = displayable(2)
    reference[0, 0] = (-0.25, 0.5, 1.25)
    target = ground_truth(displayable(1), reference, "plain")
    np.testing.assert_array_equal(target[0, 0], (0.0, 0.5, 1.0))
    np.testing.assert_array_equal(target[1:], reference[1:])


@pytest.mark.parametrize("mode", ["chroma", "spatial"])
def test_pictures_are_clamped_before_the_exchange_and_after(mode):
    source = np.full((4, 4, 3), 1.5, np.float32)
    reference = np.broadcast_to(np.array([-0.5, 0.0, 2.0], np.float32), (4, 4, 3))
    target = ground_truth(source, reference, mode)
    assert target.min() >= 0.0
    assert target.max() <= 1.0
    clamped = ground_truth(np.clip(source, 0, 1), np.clip(reference, 0, 1), mode)
    np.testing.assert_array_equal(target, clamped)


def test_the_median_takes_specks_out_of_the_chroma_and_leaves_the_luma_of_the_source():
    source = displayable(1)
    reference = np.full_like(source, 0.5)
    reference[12, 16] = (0.6, 0.4, 0.5)
    target = ground_truth(source, reference, "chroma", median=3)
    np.testing.assert_allclose(luma(target), luma(source), atol=1e-6)
    np.testing.assert_allclose(chroma(target), 0.0, atol=1e-6)


@pytest.mark.parametrize("mode", ["spatial", "plain"])
def test_a_median_outside_chroma_mode_is_refused(mode):
    with pytest.raises(SettingsError, match=f"median 10 in {mode} mode"):
        ground_truth(displayable(1), displayable(2), mode, median=10)


def test_sizes_that_differ_are_refused():
    with pytest.raises(ElementError, match="source is 32x24 and the reference 16x24"):
        ground_truth(displayable(1), displayable(2, width=16), "chroma")


def test_luma_and_chroma_make_up_the_picture():
    rgb = np.random.default_rng(1).uniform(-0.2, 1.2, (5, 7, 3)).astype(np.float32)
    again = rgb_of(luma(rgb), chroma(rgb))
    assert again.dtype == np.float32
    np.testing.assert_allclose(again, rgb, atol=1e-6)

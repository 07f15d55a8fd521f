"""Every measure of the validation on pictures whose right answer is known."""

import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from filmrecovery.picture.luma import BLUE_RANGE, luma
from filmrecovery.validation.blotches import blotches
from filmrecovery.validation.coverage import Coverage
from filmrecovery.validation.displacement import chroma_contours, displacement, luma_contours
from filmrecovery.validation.extremes import clipped_share, out_of_range_share
from filmrecovery.validation.flicker import added_flicker, comparable_frames, flicker, mean_fields
from filmrecovery.validation.places import find_places
from filmrecovery.validation.steadiness import steadiness
from filmrecovery.validation.texture import grain, halos, sharpness
from filmrecovery.validation.validation_figures import summary

HEIGHT, WIDTH = 256, 384
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
# 0 on the left half, 1 on the right quarter.
RIGHT = np.clip((X - WIDTH / 2) / (WIDTH / 4), 0, 1)
# Of luma 0, and Cb of 1.
BLUE = np.array([0.0, -0.0722 / 0.7152 * BLUE_RANGE, BLUE_RANGE], np.float32)


def flat(value=0.5):
    return np.full((HEIGHT, WIDTH), value, np.float32)


def noise(sigma, seed=0):
    return sigma * np.random.default_rng(seed).standard_normal((HEIGHT, WIDTH)).astype(np.float32)


def blobs(seed=0, size=8):
    """Soft shapes in 0.2..0.8 that grey goes over into from left to right."""
    random = gaussian_filter(np.random.default_rng(seed).random((HEIGHT, WIDTH)), size)
    random = 0.6 * (random - random.min()) / np.ptp(random) - 0.3
    return (0.5 + RIGHT * random).astype(np.float32)


def grey(luma):
    return np.repeat(luma[..., np.newaxis], 3, axis=-1)


def test_grain_is_the_part_of_white_noise_that_lies_in_the_band():
    places = find_places(flat() + noise(0.02))
    # White noise spreads over the square of frequencies, of which the band is a ring.
    expected = 0.02 * math.sqrt(math.pi * (0.5**2 - 0.15**2))
    assert grain(flat() + noise(0.02), places) == pytest.approx(expected, rel=0.05)
    assert grain(flat() + noise(0.01), places) == pytest.approx(expected / 2, rel=0.05)


def test_grain_is_measured_beside_the_picture_and_not_in_it():
    picture = blobs() + np.where(X < WIDTH // 2, 0, 0.1 * np.sin(X))
    places = find_places(picture + noise(0.01))
    assert (places.fields[:, 1] < WIDTH // 2).all()
    on_grey = grain(flat() + noise(0.01), places)
    assert grain(picture + noise(0.01), places) == pytest.approx(on_grey, rel=0.02)


def test_black_and_white_have_no_grain_to_measure():
    assert grain(flat(0.0), find_places(flat(0.0))) is None


def test_twice_the_fine_detail_is_twice_as_sharp_whatever_the_grain():
    coarse, fine = blobs(), RIGHT * 0.08 * np.sin(X) * np.sin(Y)
    places = find_places(coarse + fine)
    once, twice = (sharpness(coarse + factor * fine, places) for factor in (1, 2))
    assert once is not None
    assert twice == pytest.approx(2 * once, rel=0.05)
    assert sharpness(coarse + fine + noise(0.08), places) == pytest.approx(once, rel=0.1)
    assert sharpness(gaussian_filter(coarse + fine, 2), places) < 0.3 * once


def stripes(overshoot=0.0, undershoot=0.0):
    """Dark and light stripes, 48 pixels wide, with swings 3 to 6 pixels from their edges, as parts of their height."""
    phase = (X + 24) % 96
    # Signed distance from the nearest edge, positive on the light side.
    distance = np.where(phase < 48, phase - 24, 72 - phase)
    step = np.clip(distance / 2 + 0.5, 0, 1)
    step += overshoot * ((distance >= 3) & (distance <= 6)) - undershoot * ((distance <= -3) & (distance >= -6))
    return (0.3 + 0.4 * step).astype(np.float32)


def test_halos_are_what_swings_beyond_an_edge():
    places = find_places(stripes())
    assert len(places.edges) > 40
    assert halos(stripes(), places) == pytest.approx(0.0, abs=1e-3)
    assert halos(gaussian_filter(stripes(), 2), places) == pytest.approx(0.0, abs=0.01)
    assert halos(stripes(0.10, 0.05), places) == pytest.approx(0.15, abs=0.01)
    # Another contrast, as of a recovery, is no halo.
    assert halos(0.1 + 1.2 * stripes(0.10), places) == pytest.approx(0.10, abs=0.01)


def test_a_frame_without_edges_has_no_halos_to_measure():
    assert halos(flat(), find_places(flat() + noise(0.01))) is None


def coloured(cb):
    return np.float32(0.5) + cb[..., np.newaxis] * BLUE


def test_blotches_are_colour_of_middling_size():
    def transfer(sigma, wavelength):
        return math.exp(-2 * (math.pi * sigma / wavelength) ** 2)

    even = coloured(flat(0.1))
    found = blotches(even + coloured(0.02 * np.sin(2 * np.pi * X / 20)) - 0.5, even)
    # Cb alone, so that over Cb and Cr the mean square is halved.
    expected = 0.02 / 2 * (transfer(1.5, 20) - transfer(6, 20))
    assert found == pytest.approx(expected, rel=0.05)
    assert blotches(coloured(0.02 * np.sin(2 * np.pi * X / 3)), even) < 0.1 * expected
    assert blotches(coloured(0.02 * np.sin(2 * np.pi * X / WIDTH)), even) < 0.1 * expected


def test_colour_where_the_source_is_not_even_is_no_blotch():
    where_busy = np.where(X < WIDTH // 2, 0, 0.02 * np.sin(X / 3))
    busy = grey(np.where(X < WIDTH // 2, 0.5, 0.5 + 0.1 * np.sin(X / 3) * np.sin(Y / 4)).astype(np.float32))
    assert blotches(busy + where_busy[..., np.newaxis] * BLUE, busy) < 1e-3


@pytest.mark.parametrize(("right", "down"), [(0, 0), (6, 0), (-3, 4)])
def test_displacement_is_how_far_colour_lies_beside_luma(right, down):
    picture = blobs(size=4)
    moved = np.stack([np.roll(picture, (down, right), axis=(0, 1)), np.zeros_like(picture)], axis=-1) * 0.1
    colour, brightness = chroma_contours(moved), luma_contours(picture)
    assert colour is not None
    assert brightness is not None
    assert displacement(colour, brightness) == pytest.approx(np.hypot(right, down))


def test_what_has_no_colour_has_none_beside_it():
    assert chroma_contours(np.zeros((HEIGHT, WIDTH, 2), np.float32)) is None


def film(count, cb=lambda frame: 0.0, move=0):
    """Mean colours of frames of a scene that moves by so many pixels, with a change of Cb each."""
    scene = grey(0.3 + 0.4 * blobs()) * np.array([1.0, 0.9, 0.8], np.float32)
    return {
        frame: mean_fields(np.roll(scene, move * frame, axis=1) + np.float32(cb(frame)) * BLUE)
        for frame in range(1, count + 1)
    }


def test_flicker_is_how_far_a_frame_is_off_its_neighbours():
    still, jumping = film(6), film(6, cb=lambda frame: 0.01 * (frame == 4))
    frames = comparable_frames(still)
    assert frames == [2, 3, 4, 5]
    assert flicker(still, frames)[4] == 0.0
    assert flicker(jumping, frames) == pytest.approx({2: 0.0, 3: 0.005, 4: 0.01, 5: 0.005}, abs=1e-6)
    assert added_flicker(jumping, still, frames) == pytest.approx(flicker(jumping, frames))


def test_an_even_change_is_no_flicker():
    fading = film(6, cb=lambda frame: 0.01 * frame)
    assert max(flicker(fading, comparable_frames(fading)).values()) == pytest.approx(0.0, abs=1e-6)


def test_the_flicker_of_the_source_is_not_counted_as_the_models():
    random = np.random.default_rng(0).normal(0, 0.01, 20)
    source = film(12, cb=lambda frame: random[frame])
    # A recovery that lifts colours threefold lifts the flicker with them.
    recovery = {frame: fields * [1, 3, 3] for frame, fields in source.items()}
    frames = comparable_frames(source)
    assert max(flicker(recovery, frames).values()) > 0.02
    assert max(added_flicker(recovery, source, frames).values()) == pytest.approx(0.0, abs=1e-9)


def test_motion_is_no_flicker():
    source = film(12, move=3)
    # Colours that no matrix makes of the source's.
    recovery = {frame: fields + 0.3 * np.square(fields) for frame, fields in source.items()}
    frames = comparable_frames(source)
    assert len(frames) == 10
    assert max(added_flicker(recovery, source, frames).values()) < 5e-4


def test_frames_at_cuts_flashes_and_gaps_are_not_compared():
    source = film(12, move=1)
    for frame in range(7, 13):
        source[frame] = source[frame] + [0.05, 0.02, -0.01]
    assert comparable_frames(source) == [2, 3, 4, 5, 8, 9, 10, 11]
    del source[10]
    assert comparable_frames(source) == [2, 3, 4, 5, 8]
    assert comparable_frames({1: source[1]}) == []
    assert added_flicker(source, source, []) == {}


def off_truth(cb, frames=None):
    """The steadiness of a shot whose Cb is off the truth of moving pictures, in frames 1, 2, ... or those named."""
    truth = film(len(cb), move=3)
    recovered = film(len(cb), cb=lambda frame: cb[frame - 1], move=3)
    numbers = dict(zip(truth, frames or truth, strict=True))
    return steadiness(*({numbers[frame]: one[frame] for frame in one} for one in (recovered, truth)))


def test_an_error_that_stays_is_steady():
    found = off_truth([0.02] * 6)
    assert (found.flicker, found.drift) == (pytest.approx(0.0, abs=1e-6), pytest.approx(0.0, abs=1e-6))


def test_an_error_that_goes_up_and_down_flickers_and_does_not_drift():
    found = off_truth([0.01, -0.01] * 3)
    assert found.flicker == pytest.approx(0.02, rel=1e-3)
    assert found.drift == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("frames", [(1, 2, 3, 4, 5), (6, 12, 48, 54, 100)])
def test_an_error_that_changes_evenly_drifts_and_does_not_flicker(frames):
    found = off_truth([0.001 * frame for frame in frames], frames)
    assert found.flicker == pytest.approx(0.0, abs=1e-6)
    assert found.drift == pytest.approx(0.001 * np.std(frames), rel=1e-3)
    assert found.drifting == frames[-1 if abs(frames[-1] - np.mean(frames)) > abs(frames[0] - np.mean(frames)) else 0]


def test_one_frame_that_is_off_flickers_and_is_named():
    found = off_truth([0.0, 0.0, 0.0, 0.01, 0.0, 0.0, 0.0])
    assert (found.flickering, found.drifting) == (4, 4)
    assert found.flicker == pytest.approx(0.01 * math.sqrt((1 + 0.25 + 0.25) / 5), rel=1e-3)
    # The slow part is a quarter, a half and a quarter of it.
    assert found.drift == pytest.approx(0.01 * np.std([0, 0, 0.25, 0.5, 0.25, 0, 0]), rel=1e-3)


def test_what_the_truth_does_itself_is_no_error():
    random = np.random.default_rng(0).normal(0, 0.02, 9)
    flashing = film(8, cb=lambda frame: random[frame])
    found = steadiness(flashing, flashing)
    assert (found.flicker, found.drift) == (0.0, 0.0)


def test_three_frames_tell_a_flicker_from_a_drift():
    assert off_truth([0.01, -0.01, 0.01]).drift == pytest.approx(0.0, abs=1e-6)
    assert off_truth([0.01, 0.0, -0.01]).flicker == pytest.approx(0.0, abs=1e-6)


def test_extremes_are_shares_of_pixels():
    picture = np.full((10, 10, 3), 0.5, np.float32)
    picture[0, :5, 0] = 1.0
    picture[1, :3, 2] = -0.1
    picture[2, 0] = 1.2
    assert clipped_share(picture) == pytest.approx(0.09)
    assert out_of_range_share(picture) == pytest.approx(0.04)


def test_uncovered_is_the_share_of_new_colours():
    picture = grey(blobs()) * np.array([1.0, 0.8, 0.6], np.float32)
    coverage = Coverage([picture, 0.9 * picture])
    assert coverage.uncovered(picture) == 0.0
    assert coverage.uncovered(0.95 * picture + noise(0.01)[..., np.newaxis]) < 0.01
    new = picture.copy()
    new[64:128, 192:288] = (0.3, 0.3, 0.7)
    assert coverage.uncovered(new) == pytest.approx(64 * 96 / (HEIGHT * WIDTH), rel=0.1)


def test_a_known_colour_in_unknown_surroundings_is_new():
    dark, light = np.full((2, 96, 96, 3), 0.1, np.float32)
    light[:] = 0.9
    picture = dark.copy()
    picture[40:56, 40:56] = 0.9
    assert Coverage([dark, light]).uncovered(picture) == pytest.approx((16 / 96) ** 2, rel=0.3)


def test_a_summary_knows_which_way_is_worse():
    values = [(frame, frame / 100) for frame in range(1, 101)]
    assert summary(values, "lower") == (found := summary(values, "zero"))
    assert (found.mean, found.p95, found.worst, found.worst_frame) == (pytest.approx(0.505), 0.95, 1.0, 100)
    assert (summary(values, "higher").p95, summary(values, "higher").worst_frame) == (0.06, 1)
    ratios = summary([(1, 0.25), (2, 1.0), (3, 2.0), (4, 0.25)], "one")
    assert (ratios.worst, ratios.worst_frame) == (0.25, 1)


def test_the_colour_of_measured_pictures_has_no_luma():
    assert luma(BLUE[np.newaxis]) == pytest.approx(0.0, abs=1e-6)

"""What makes two elements look alike: the one picture of each, a mix of its colours, in which they agree the most.

Dyes that have faded, another print's grading and a video's colour show one scene in other tones. Displacements measured
between them are off: where tones differ, soft edges seem to lie elsewhere; colours are seldom registered to each other;
and a lens, or a printer, that softens light before the film turns it into density moves edges towards the dark, the
more the softer it is. So the source is taken as a mix of R', G', B', and the reference as a mix of these, their
products, which stand for another grading, and the squares of its gradients, which stand for the loss of sharpness in
light (the first terms of a Taylor expansion). The mixes with the highest correlation are taken (Hotelling, Biometrika
28, 1936, 321), over some frames of a shot.
"""

from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np

from filmrecovery.base.overlap import at_once
from filmrecovery.picture.arrays import Channel, Matrix, Picture, Values
from filmrecovery.picture.blur import blurred
from filmrecovery.picture.luma import LUMA_WEIGHTS
from filmrecovery.reference.registration.registration import band, contrast, resampled

_SOFTNESS = (1.0, 2.0)
_TERMS = 9 + len(_SOFTNESS)
# Colours of a black-and-white element are one and the same: this keeps their mix from being arbitrary.
_RIDGE = 1e-3
# Every second pixel of a row and of a column tells as much as all.
_STEP = 2


@dataclass(frozen=True)
class Likeness:
    """The mixes: `source` (3,) of R', G', B', `reference` (11,) of the terms."""

    source: Values
    reference: Values

    def of_source(self, rgb: Picture) -> Channel:
        """The source's picture, (height, width) float32, of (height, width, 3) float32."""
        return rgb @ self.source.astype(np.float32)

    def of_reference(self, rgb: Picture) -> Channel:
        """The reference's picture, (height, width) float32, of (height, width, 3) float32."""
        mixed = np.zeros(rgb.shape[:2], np.float32)
        for term, weight in zip(_terms(rgb), self.reference, strict=True):
            mixed += np.float32(weight) * term
        return mixed


PLAIN = Likeness(np.array(LUMA_WEIGHTS), np.array([*LUMA_WEIGHTS, *[0.0] * (_TERMS - 3)]))
"""Luma of both: where to begin, before anything is aligned."""


@dataclass(frozen=True)
class Sample:
    """A frame of the shot: both pictures, (h, w, 3) float32, and what takes the source's points to the reference's.

    The mask, of the source's size, is 1 where both show the picture.
    """

    source: Values
    reference: Values
    matrix: Matrix
    mask: Channel


def fit_likeness(samples: Collection[Sample], fine: float, coarse: float) -> Likeness:
    """The mixes whose details between two sizes agree the most, in frames that are aligned to about a pixel."""
    covariances = at_once(lambda sample: _covariance(sample, fine, coarse), samples)
    return Likeness(*_highest_correlation(np.sum(covariances, axis=0), 3))


def _covariance(sample: Sample, fine: float, coarse: float) -> Matrix:
    """The covariance of the source's colours and the reference's terms, in their details between two sizes."""
    height, width = sample.mask.shape
    seen = sample.mask[::_STEP, ::_STEP] > 0
    terms = [resampled(term, sample.matrix, width, height) for term in _terms(sample.reference)]
    values = []
    for pictures in ([sample.source[..., channel] for channel in range(3)], terms):
        bands = [band(picture, fine, coarse) for picture in pictures]
        scale = 1 / contrast(bands[:3], coarse)[::_STEP, ::_STEP][seen]
        values += [image[::_STEP, ::_STEP][seen] * scale for image in bands]
    values = np.stack(values)
    return values @ values.T / max(values.shape[1], 1)


def _terms(rgb: Picture) -> list[Channel]:
    red, green, blue = (np.ascontiguousarray(rgb[..., channel]) for channel in range(3))
    terms = [red, green, blue, red * red, green * green, blue * blue, red * green, green * blue, blue * red]
    weights = np.asarray(LUMA_WEIGHTS, np.float32)
    grey = weights[0] * red + weights[1] * green + weights[2] * blue
    for softness in _SOFTNESS:
        soft = blurred(grey, softness)
        across, down = (np.asarray(cv2.Sobel(soft, cv2.CV_32F, *axis, scale=1 / 8)) for axis in ((1, 0), (0, 1)))
        # Brought to about the size of the others.
        terms.append((across * across + down * down) * np.float32(20 * softness**2))
    return terms


def _highest_correlation(covariance: Matrix, first: int) -> tuple[Values, Values]:
    """The mix of the first variables and the mix of the others that correlate best: canonical variates."""
    covariance = covariance + _RIDGE * np.diag(np.diag(covariance) + 1e-9)
    own, others, between = covariance[:first, :first], covariance[first:, first:], covariance[:first, first:]
    lower, lower_others = np.linalg.cholesky(own), np.linalg.cholesky(others)
    left, _, right = np.linalg.svd(np.linalg.solve(lower, between) @ np.linalg.inv(lower_others).T)
    mix, mix_others = np.linalg.solve(lower.T, left[:, 0]), np.linalg.solve(lower_others.T, right[0])
    # Brighter stays brighter, in the source.
    sign = np.sign(mix.sum()) or 1.0
    return sign * mix, sign * mix_others

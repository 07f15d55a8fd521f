"""Registration of a shot: one homography for all of its frames, and the weave of each about it.

Frames are compared in the mixes of colours in which the elements agree the most (`likeness`), so that fading, grading,
grain, dirt, borders, subtitles and a lower resolution do little. The homography is found roughly by `features` of some
frames, then sharpened by all of them together (`registration`, `weave`).

Points are (x, y) in working pixels: each element is reduced by a factor of its own (`WorkingElement.scale`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from filmrecovery.base.errors import UnlikeElementsError
from filmrecovery.base.overlap import at_once
from filmrecovery.film.elements.spread_frames import evenly_spread
from filmrecovery.picture.arrays import Channel, Codes, Matrix, Picture, Points, Values
from filmrecovery.picture.blur import blurred
from filmrecovery.picture.luma import luma
from filmrecovery.picture.resize import area_averaged
from filmrecovery.reference.registration.align_settings import MODELS
from filmrecovery.reference.registration.features import find_common_places
from filmrecovery.reference.registration.likeness import PLAIN, Sample, fit_likeness
from filmrecovery.reference.registration.registration import (
    PARAMETERS,
    Evidence,
    Plane,
    detail,
    find_shift,
    measure,
    normalised,
    resampled,
    translation,
)
from filmrecovery.reference.registration.weave import solve_shot

SAMPLES = 8
"""Frames, spread over the shot, from which all is found that its frames share."""

_FEATURE_SAMPLES = 5
_LIKENESS_SAMPLES = 4
_REFINEMENTS = 3
# By how much frames are reduced, and how many steps follow: from what is half as large, a step finds its way from
# farther off.
_ROUNDS = ((2, 2), (1, 2))

# Sizes of detail in widths of the picture: what film and video of any gauge still resolve, and five times that.
_FINE, _COARSE = 1 / 640, 1 / 128
# In widths, how far frames may lie off the shot's place.
_FARTHEST_SHIFT = 0.03
# In working pixels, how far the edge of a picture or of a border spreads.
_MARGIN = 4
# In luma above the darkest, what is still a black border.
_BLACK = 0.05

# What no scan and no telecine does: in sides of the picture, in sides of a pixel (anamorphic prints are squeezed to a
# half), in degrees, and in depth from one corner to another.
_LARGEST_SIZE = 2.5
_LARGEST_STRETCH = 2.2
_LARGEST_TURN = 12.0
_LARGEST_TILT = 1.4
# Parts of the source's picture and of the reference's width.
_SMALLEST_OVERLAP = 0.1
_LARGEST_MISFIT = 0.01

LOWEST_CORRELATION = 0.4
"""Details of different pictures agree by chance to some 0.25, where they agree at all."""


@dataclass(frozen=True)
class WorkingElement:
    """One of the two elements: its name for messages, the factor it was reduced by, and where its picture lies.

    `window` is left, top, right, bottom, between black borders, in working pixels.
    """

    name: str
    scale: float
    window: tuple[int, int, int, int]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""
        left, top, right, bottom = self.window
        return right - left, bottom - top

    def cropped(self, picture: Picture) -> Picture:
        """A frame without its borders."""
        left, top, right, bottom = self.window
        return np.ascontiguousarray(picture[top:bottom, left:right])


def picture_window(name: str, frames: Iterable[Picture]) -> tuple[int, int, int, int]:
    """What black borders leave of frames (height, width, 3): left, top, right, bottom in pixels.

    Raises UnlikeElementsError, with the element's name, where that is nothing.
    """
    brightest = np.max([luma(frame) for frame in frames], axis=0)
    black = float(np.percentile(brightest, 0.1)) + _BLACK
    ends = []
    for axis in (0, 1):
        lit = np.flatnonzero(np.percentile(brightest, 90, axis=axis) > black)
        if not lit.size:
            raise UnlikeElementsError(f"{name}: the frames are black or one grey and cannot be aligned; choose others")
        ends.append((int(lit[0]), int(lit[-1]) + 1))
    (left, right), (top, bottom) = ends
    return left, top, right, bottom


@dataclass(frozen=True)
class SeenSource:
    """What is compared of a frame of the source: detail to find its shift by, and finer detail by its reduction."""

    rough: Channel
    details: dict[int, Channel]


class ShotRegistration:
    """What is known of a shot: `matrix`, from the source's points to the reference's, `likeness`, `plane` and `free`.

    It is found from samples, some frames of the shot: their numbers, and both pictures (height, width, 3) float32. Then
    `measure` tells of any frame how it lies against the matrix.
    """

    def __init__(
        self,
        model: str,
        source: WorkingElement,
        reference: WorkingElement,
        region: tuple[int, int, int, int],
        samples: Sequence[tuple[int, Picture, Picture]],
    ) -> None:
        """Raises UnlikeElementsError for elements that have nothing in common, or lie too strangely over each other."""
        self.model, self.free = model, MODELS[model]
        self.source, self.reference = source, reference
        height, width = samples[0][1].shape[:2]
        self.plane = Plane(width, height)
        self.likeness = PLAIN
        self._detail = _FINE * width, _COARSE * width
        self._seen = self._seen_masks(region, samples[0][2].shape[:2])
        self.matrix = self._rough_matrix(evenly_spread(samples, _FEATURE_SAMPLES))
        self._refine(samples)

    def _seen_masks(self, region: tuple[int, int, int, int], reference_shape: tuple[int, int]) -> tuple[Codes, Codes]:
        """Where each element shows its picture: 1 within its borders, and within the region, uint8."""
        masks = []
        for element, shape in ((self.source, (self.plane.height, self.plane.width)), (self.reference, reference_shape)):
            mask = np.zeros(shape, np.uint8)
            left, top, right, bottom = element.window
            mask[top + _MARGIN : bottom - _MARGIN, left + _MARGIN : right - _MARGIN] = 1
            masks.append(mask)
        left, top, right, bottom = region
        within = np.zeros_like(masks[0])
        within[top:bottom, left:right] = 1
        return masks[0] * within, masks[1]

    def _rough_matrix(self, samples: Sequence[tuple[int, Picture, Picture]]) -> Matrix:
        elements = self.source, self.reference
        pairs = [
            (self.source.cropped(luma(source)), self.reference.cropped(luma(reference)))
            for _, source, reference in samples
        ]
        places = find_common_places(pairs)
        if places is None:
            raise UnlikeElementsError(
                f"{self.reference.name}: nothing in its frames was found again in {self.source.name}; check that both "
                "show the same and that the matches are right"
            )
        places = places + np.array([element.window[:2] for element in elements])
        matrix, misfit = _fitted(self.model, *places.transpose(1, 0, 2))
        if misfit > _LARGEST_MISFIT * self.reference.size[0]:
            larger = [name for name in MODELS if MODELS[name] > self.free]
            remedy = f"choose the model {' or '.join(larger)}" if larger else "check the matches"
            raise UnlikeElementsError(
                f"{self.reference.name} does not lie over {self.source.name} by the model '{self.model}': points are "
                f"{misfit / self.reference.scale:.1f} pixels off; {remedy}"
            )
        return matrix

    def _refine(self, samples: Sequence[tuple[int, Picture, Picture]]) -> None:
        """Sharpens the matrix, and finds the likeness, in turns."""
        numbers = [sample[0] for sample in samples]
        for turn in range(_REFINEMENTS):
            self._check()
            evidence = at_once(lambda sample: self.measure(*sample[1:]), samples)
            correlations = [0.0 if item is None else item.correlation for item in evidence]
            if np.median(correlations) < (LOWEST_CORRELATION if turn else 1e-6):
                raise UnlikeElementsError(
                    f"{self.reference.name} shows too little of what {self.source.name} shows; check that both are of "
                    "the same film and that the matches are right"
                )
            motion = solve_shot(evidence, numbers, self.free, self.plane.width / 2)
            self.matrix = normalised(self.matrix @ self.plane.matrix(motion.shared))
            if turn < _REFINEMENTS - 1:
                weave = motion.motions - motion.shared
                chosen = evenly_spread(list(zip(samples, weave, strict=True)), _LIKENESS_SAMPLES)
                self.likeness = fit_likeness([self._sample(*item) for item in chosen], *self._detail)
        self._check()

    def _sample(self, sample: tuple[int, Picture, Picture], weave: Values) -> Sample:
        _, source, reference = sample
        matrix = self.matrix @ self.plane.matrix(weave)
        return Sample(source, self.reference.cropped(reference), self._inner(matrix), self.mask(matrix))

    def _check(self) -> None:
        """Raises UnlikeElementsError for a matrix that no scan and no telecine makes."""
        # With both pictures stretched to a square from -1 to 1, the matrix is the identity where they fit each other.
        between = np.linalg.inv(_placed_square(self.reference)) @ self.matrix @ _placed_square(self.source)
        corners = np.array([[-1, -1, 1], [1, -1, 1], [-1, 1, 1], [1, 1, 1]]) @ between[2]
        problem = ""
        if corners.min() <= 0 or corners.max() > _LARGEST_TILT * corners.min():
            problem = "tilted too far"
        elif (turn := abs(_turn(self._slopes_of_middle()))) > _LARGEST_TURN:
            problem = f"turned by {turn:.0f} degrees"
        else:
            slopes = self._slopes_of_middle()
            sides = np.linalg.norm(slopes, axis=0)
            size = np.sqrt(abs(np.linalg.det(between[:2, :2] / between[2, 2])))
            if np.linalg.det(slopes) <= 0 or max(sides[0] / sides[1], sides[1] / sides[0]) > _LARGEST_STRETCH:
                problem = "mirrored or stretched"
            elif not 1 / _LARGEST_SIZE < size < _LARGEST_SIZE:
                problem = f"{size:.1f} times the size"
            elif self.mask(self.matrix).mean() < _SMALLEST_OVERLAP:
                problem = "nearly all outside of it"
        if problem:
            raise UnlikeElementsError(
                f"{self.reference.name} would lie over {self.source.name} {problem}, which no scan or telecine does; "
                "check that both show the same and that the matches are right, or name a region that shows the same"
            )

    def _slopes_of_middle(self) -> Matrix:
        """How the matrix maps small steps about the middle of the source, (2, 2)."""
        point = np.array([self.plane.width / 2, self.plane.height / 2, 1])
        across, down, depth = self.matrix @ point
        return (self.matrix[:2, :2] - np.outer([across / depth, down / depth], self.matrix[2, :2])) / depth

    def measure(self, source: Picture, reference: Picture) -> Evidence | None:
        """What the pictures of a frame say of its motion against the matrix; None where they say too little.

        Both are (height, width, 3) float32 with their borders.
        """
        return self.compare(self.seen_source(source), self.seen_reference(reference))

    def seen_source(self, source: Picture) -> SeenSource:
        """What is compared of a frame of the source, (height, width, 3) float32 with its borders."""
        picture = self.likeness.of_source(source)
        rough = self._roughly(_reduced(picture, self._rough_reduction))
        details = {reduction: detail(_reduced(picture, reduction), *self._detail) for reduction, _ in _ROUNDS}
        return SeenSource(rough, details)

    def seen_reference(self, reference: Picture) -> Channel:
        """What is compared of a frame of the reference, (height, width, 3) float32 with its borders."""
        return self.likeness.of_reference(self.reference.cropped(reference))

    def compare(self, source: SeenSource, other: Channel) -> Evidence | None:
        """`measure` of what is seen of both frames, for those that are compared more than once."""
        motion = self._rough_motion(source.rough, other)
        evidence, start = None, motion
        for reduction, rounds in _ROUNDS:
            for _ in range(rounds):
                matrix = self.matrix @ self.plane.matrix(motion)
                found = detail(self._brought(other, matrix, reduction), *self._detail)
                mask = _reduced(self.mask(matrix), reduction)
                evidence = measure(source.details[reduction], found, mask, self.free)
                if evidence is None:
                    return None
                evidence = evidence.scaled(reduction)
                start, motion = motion, motion + evidence.motion(self.free)
                moved = self.plane.grid() @ motion
                if np.hypot(moved[:, 0], moved[:, 1]).max() > 2 * _FARTHEST_SHIFT * self.plane.width:
                    return None
        assert evidence is not None  # of the last round
        return Evidence(evidence.information, evidence.vector + evidence.information @ start, evidence.correlation)

    @property
    def _rough_reduction(self) -> int:
        return max(round(self._detail[1]), 1)

    def _roughly(self, picture: Channel) -> Channel:
        """The detail of a picture that was reduced to find the shift of some pixels."""
        return detail(picture, 1.0, 4.0)

    def _rough_motion(self, wanted: Channel, other: Channel) -> Values:
        """The shift of some pixels, as a motion (8,), that a frame lies off the matrix."""
        reduction = self._rough_reduction
        found = self._roughly(self._brought(other, self.matrix, reduction))
        mask = _reduced(self.mask(self.matrix), reduction)
        farthest = max(round(_FARTHEST_SHIFT * wanted.shape[1]), 1)
        motion = np.zeros(PARAMETERS)
        motion[:2] = find_shift(wanted, found, mask, farthest)
        return motion * reduction

    def _brought(self, other: Picture, matrix: Matrix, reduction: int) -> Picture:
        """The reference's picture, without its borders, as the source frames it, at 1 / `reduction` of its size."""
        matrix = self._inner(matrix) @ np.diag([reduction, reduction, 1.0])
        shrinkage = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
        if shrinkage > 1.1:
            # By what a pixel of the smaller picture is wider than one of the larger.
            other = blurred(other, 0.5 * np.sqrt(shrinkage**2 - 1))
        return resampled(other, matrix, self.plane.width // reduction, self.plane.height // reduction)

    def _inner(self, matrix: Matrix) -> Matrix:
        """The matrix to points of the reference without its borders."""
        return translation(-self.reference.window[0], -self.reference.window[1]) @ matrix

    def mask(self, matrix: Matrix) -> Channel:
        """1 where both elements show the picture, (height, width) float32 in the plane of the source; elsewhere 0."""
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        seen = cv2.warpPerspective(self._seen[1], matrix, (self.plane.width, self.plane.height), flags=flags)
        return (seen * self._seen[0]).astype(np.float32)


def _reduced(picture: Picture, factor: int) -> Picture:
    if factor == 1:
        return picture
    height, width = (size // factor for size in picture.shape)
    return area_averaged(picture[: height * factor, : width * factor], width, height)


def _placed_square(element: WorkingElement) -> Matrix:
    """The matrix (3, 3) from a square, -1 to 1 both ways, to the picture of an element."""
    left, top, right, bottom = element.window
    return np.array(
        [[(right - left) / 2, 0, (left + right) / 2], [0, (bottom - top) / 2, (top + bottom) / 2], [0, 0, 1]]
    )


def _turn(slopes: Matrix) -> float:
    """The turn in degrees of a linear map (2, 2), less what it stretches."""
    return float(np.degrees(np.arctan2(slopes[1, 0] - slopes[0, 1], slopes[0, 0] + slopes[1, 1])))


def _fitted(model: str, source: Points, reference: Points) -> tuple[Matrix, float]:
    """The matrix (3, 3) of a model that fits points (n, 2) best to others, and how far it is off (root mean square)."""
    if model == "perspective":
        matrix = normalised(np.asarray(cv2.findHomography(source, reference, 0)[0], np.float64))
    elif model == "affine":
        known = np.column_stack([source, np.ones(len(source))])
        matrix = np.vstack([np.linalg.lstsq(known, reference, rcond=None)[0].T, [0, 0, 1]])
    elif model == "similarity":
        x, y = source.T
        one, none = np.ones_like(x), np.zeros_like(x)
        known = np.concatenate([np.stack([x, -y, one, none], axis=-1), np.stack([y, x, none, one], axis=-1)])
        a, b, right, down = np.linalg.lstsq(known, np.concatenate(reference.T), rcond=None)[0]
        matrix = np.array([[a, -b, right], [b, a, down], [0, 0, 1]])
    else:
        matrix = translation(*(reference - source).mean(axis=0))
    fitted = cv2.perspectiveTransform(source[None], matrix)[0]
    return matrix, float(np.sqrt(np.square(fitted - reference).sum(axis=1).mean()))

"""Places that two elements have in common, however their framing differs: features of some of their frames."""

from collections.abc import Collection

import cv2
import numpy as np

from filmrecovery.base.overlap import at_once
from filmrecovery.picture.arrays import Channel, Values
from filmrecovery.reference.registration.registration import detail

_MOST_FEATURES = 2000
# Lowe, Int. J. Comput. Vis. 60, 2004, 91: how much nearer the best counterpart must be than the second best.
_NEARER = 0.8
# Film stands upright in every scan.
_LARGEST_TURN = 20.0
_FEWEST_INLIERS = 20
_INLIER_DISTANCE = 2.0


def find_common_places(pairs: Collection[tuple[Channel, Channel]]) -> Values | None:
    """Points of the source with their counterparts in the reference, (n, 2, 2), all by one homography within 2 pixels.

    `pairs` are pictures (height, width) float32 that show the same, from frames that share their framing to a pixel or
    two. The features of all of them are matched frame by frame (SIFT; Lowe, 2004) and fitted together (MAGSAC++; Barath
    et al., Proc. CVPR, 2020, 1301). None where too few agree.
    """
    found = at_once(lambda pair: _matches(*(_keypoints(picture) for picture in pair)), pairs)
    places = np.concatenate([np.empty((0, 2, 2)), *found])
    if len(places) < _FEWEST_INLIERS:
        return None
    matrix, inliers = cv2.findHomography(places[:, 0], places[:, 1], cv2.USAC_MAGSAC, _INLIER_DISTANCE, maxIters=5000)
    # OpenCV does not declare that it may find none.
    if matrix is None or np.count_nonzero(inliers) < _FEWEST_INLIERS:  # pyright: ignore[reportUnnecessaryComparison]
        return None
    return places[inliers.ravel() > 0]


def _keypoints(picture: Channel) -> tuple[Values, Values, Values]:
    """Places (n, 2), directions in degrees (n,) and descriptors (n, 128) of a picture's features."""
    contrasted = np.clip(detail(picture, 0.8, 8.0) * 50 + 128, 0, 255).astype(np.uint8)
    points, descriptors = cv2.SIFT.create(_MOST_FEATURES).detectAndCompute(contrasted, None)
    if not points:
        return np.empty((0, 2)), np.empty(0), np.empty((0, 128), np.float32)
    # OpenCV has the centres of pixels at whole numbers. Descriptors are compared by the roots of their shares
    # (Arandjelovic and Zisserman, Proc. CVPR, 2012, 2911).
    shares = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6))
    return np.array([point.pt for point in points]) + 0.5, np.array([point.angle for point in points]), shares


def _matches(source: tuple[Values, ...], reference: tuple[Values, ...]) -> Values:
    """Places of features that have each other as their best counterpart, (n, 2, 2)."""
    if min(len(source[0]), len(reference[0])) < 2:
        return np.empty((0, 2, 2))
    likeness = source[2] @ reference[2].T
    turned = (reference[1][None, :] - source[1][:, None] + 180) % 360 - 180
    likeness[np.abs(turned) > _LARGEST_TURN] = -1
    best = likeness.argmax(axis=1)
    rows = np.arange(len(best))
    highest = likeness[rows, best]
    mutual = (likeness.argmax(axis=0)[best] == rows) & (highest > 0)
    likeness[rows, best] = -1
    # The squared distance of vectors of length one is 2 - 2 cosine.
    distance, second = 2 - 2 * highest, 2 - 2 * likeness.max(axis=1)
    kept = mutual & (distance < _NEARER**2 * second)
    return np.stack([source[0][kept], reference[0][best[kept]]], axis=1)

"""How far a painted frame lies off what was given out: a shift, a turn or a change of size by the paint program."""

from dataclasses import dataclass

import numpy as np

from filmrecovery.picture.arrays import Channel, Matrix
from filmrecovery.reference.registration.registration import (
    Plane,
    detail,
    find_shift,
    measure,
    normalised,
    resampled,
    translation,
)
from filmrecovery.reference.registration.shot_registration import LOWEST_CORRELATION

# Standard deviations, in pixels, between which detail is compared.
_FINE, _COARSE = 1.0, 4.0
# A shift, a turn and a change of size.
_FREE = 4
_FARTHEST = 64
_ROUNDS = 4
_SMALL_STEP = 0.02


@dataclass(frozen=True)
class Misalignment:
    """Displacement in pixels: of the picture's middle, to the right and down, and of the corner that moved most."""

    right: float
    down: float
    largest: float


def find_misalignment(given: Channel, painted: Channel) -> Misalignment | None:
    """How far a painted frame is displaced from the frame given out, by the luma of both, (height, width) float32.

    Found from the detail that both show, whatever was painted over it (see `reference.registration`): a tenth of a
    pixel tells, and a shift is found up to 64 pixels or a quarter of the picture. None where the two have too little
    detail in common.
    """
    height, width = given.shape
    plane = Plane(width, height)
    everywhere = np.ones_like(given)
    wanted, found = (detail(picture, _FINE, _COARSE) for picture in (given, painted))
    matrix = translation(*find_shift(wanted, found, everywhere, min(_FARTHEST, height // 4, width // 4)))
    evidence = None
    for _ in range(_ROUNDS):
        moved = detail(resampled(painted, matrix, width, height), _FINE, _COARSE)
        try:
            evidence = measure(wanted, moved, _inside(plane, matrix), _FREE)
            motion = evidence.motion(_FREE) if evidence else None
        except np.linalg.LinAlgError:
            # Lines that all run one way, and no film.
            return None
        if motion is None:
            return None
        matrix = normalised(matrix @ plane.matrix(motion))
        if np.abs(plane.grid() @ motion).max() < _SMALL_STEP:
            break
    if evidence is None or evidence.correlation < LOWEST_CORRELATION:
        return None
    points = np.array([[width / 2, 0, width, 0, width], [height / 2, 0, 0, height, height], [1, 1, 1, 1, 1]])
    right, down = (matrix @ points - points)[:2]
    return Misalignment(float(right[0]), float(down[0]), float(np.hypot(right, down).max()))


def _inside(plane: Plane, matrix: Matrix) -> Channel:
    """1 for pixels that the matrix, a similarity, takes to within the plane, else 0, (height, width) float32."""
    x = np.arange(plane.width, dtype=np.float32)[np.newaxis] + 0.5
    y = np.arange(plane.height, dtype=np.float32)[:, np.newaxis] + 0.5
    across, down = (row[0] * x + (row[1] * y + row[2]) for row in matrix[:2].astype(np.float32))
    return ((across >= 0) & (across <= plane.width) & (down >= 0) & (down <= plane.height)).astype(np.float32)

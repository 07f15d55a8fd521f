"""The place of a reference over a source, set by hand, as a homography for the engine's `warp`."""

from typing import TYPE_CHECKING

import Gaffer
import IECore
import imath

from GafferRecovery.engine import enginePackages

if TYPE_CHECKING:
    from filmrecovery.picture.arrays import Matrix, Points

CORNERS = ("lowerLeft", "lowerRight", "upperRight", "upperLeft")


def cornersPlug() -> Gaffer.ValuePlug:
    """A plug with a displacement, in pixels of the source, for each corner of the picture."""
    corners = Gaffer.ValuePlug()
    for name in CORNERS:
        corners[name] = Gaffer.V2fPlug()
    return corners


def fitted(width: int, height: int, referenceWidth: int, referenceHeight: int) -> "Matrix":
    """The homography from a source to a reference that is as wide as the source and centred on it."""
    np = enginePackages.module("numpy")
    scale = referenceWidth / width
    return np.array(
        [[scale, 0.0, 0.0], [0.0, scale, (referenceHeight - scale * height) / 2], [0.0, 0.0, 1.0]], np.float64
    )


def moved(matrix: "Matrix", transform: imath.M33f, corners: list[imath.V2f], dataWindow: imath.Box2i) -> "Matrix":
    """The homography from the source to the reference, after the reference was moved over the source by hand.

    `transform` is the matrix of a Transform2DPlug and is applied first. Then each corner of the source's data window is
    moved by its displacement. Both are in Gaffer's pixels, which count from the bottom.

    Raises IECore.Exception if nothing is left of the picture.
    """
    np = enginePackages.module("numpy")
    left, bottom, right, top = *dataWindow.min(), *dataWindow.max()
    square = np.array([(left, bottom), (right, bottom), (right, top), (left, top)], np.float64)
    pulled = _homography(square, square + np.array([tuple(corner) for corner in corners]))
    # Gaffer's matrices are for row vectors.
    picture = pulled @ np.array([[transform[row][column] for row in range(3)] for column in range(3)], np.float64)
    flip = np.array([[1.0, 0.0, -left], [0.0, -1.0, top], [0.0, 0.0, 1.0]])
    if not np.isfinite(picture).all() or abs(np.linalg.det(picture)) < 1e-9:
        raise IECore.Exception(
            "transform and corners leave nothing of the picture; set a scale above 0 and move the corners apart"
        )
    return matrix @ flip @ np.linalg.inv(picture) @ np.linalg.inv(flip)


def _homography(points: "Points", images: "Points") -> "Matrix":
    """The homography (3, 3) from four points (4, 2) to four others (4, 2). Raises IECore.Exception if there is none."""
    np = enginePackages.module("numpy")
    rows, values = [], []
    for (x, y), (u, v) in zip(points, images, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    try:
        return np.append(np.linalg.solve(np.array(rows), np.array(values)), 1.0).reshape(3, 3)
    except np.linalg.LinAlgError as error:
        raise IECore.Exception("the corners lie on one line or point; move them apart") from error

"""Homographies of quadrilaterals, in plain Python: Gaffer's window need not wait for numpy of the engine's environment.

After Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989, section 2.2.3: from the unit square in closed
form. A matrix is nine numbers, row by row, for column vectors.
"""

from collections.abc import Sequence

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float, float, float, float]


def between(quad: Sequence[Point], other: Sequence[Point]) -> Matrix | None:
    """The homography from four points to four others; None where three of them lie on a line."""
    first, second = _ofSquare(quad), _ofSquare(other)
    inverse = _adjugate(first) if first is not None else None
    if inverse is None or second is None:
        return None
    return _multiplied(second, inverse)


def applied(matrix: Matrix, point: Point) -> Point | None:
    """Where a point goes; None where that lies at infinity, or beyond."""
    a, b, c, d, e, f, g, h, i = matrix
    x, y = point
    w = g * x + h * y + i
    # All four corners that a matrix was made of are on the positive side of the horizon.
    if w < 1e-6:
        return None
    return (a * x + b * y + c) / w, (d * x + e * y + f) / w


def inverted(matrix: Matrix) -> Matrix:
    """The way back, for a matrix of `between`."""
    return _normalised(_adjugate(matrix) or matrix)


def isConvex(quad: Sequence[Point]) -> bool:
    """Whether the corners are those of a picture that can be looked at: in order, none folded in."""
    turns = []
    for index in range(4):
        (x0, y0), (x1, y1), (x2, y2) = (quad[(index + step) % 4] for step in range(3))
        turns.append((x1 - x0) * (y2 - y1) - (y1 - y0) * (x2 - x1))
    return min(turns) > 0 or max(turns) < 0


def _ofSquare(quad: Sequence[Point]) -> Matrix | None:
    """From the unit square: (0, 0), (1, 0), (1, 1), (0, 1)."""
    if not isConvex(quad):
        return None
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    dx1, dx2, dy1, dy2 = x1 - x2, x3 - x2, y1 - y2, y3 - y2
    det = dx1 * dy2 - dx2 * dy1
    g, h = (sx * dy2 - dx2 * sy) / det, (dx1 * sy - sx * dy1) / det
    return x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1.0


def _adjugate(m: Matrix) -> Matrix | None:
    a, b, c, d, e, f, g, h, i = m
    adjugate = (
        *(e * i - f * h, c * h - b * i, b * f - c * e),
        *(f * g - d * i, a * i - c * g, c * d - a * f),
        *(d * h - e * g, b * g - a * h, a * e - b * d),
    )
    determinant = a * adjugate[0] + b * adjugate[3] + c * adjugate[6]
    return adjugate if determinant else None


def _multiplied(m: Matrix, n: Matrix) -> Matrix:
    rows = (
        sum(m[3 * row + each] * n[3 * each + column] for each in range(3)) for row in range(3) for column in range(3)
    )
    return _normalised(tuple(rows))  # pyright: ignore[reportArgumentType]


def _normalised(m: Matrix) -> Matrix:
    return tuple(value / m[8] for value in m)  # pyright: ignore[reportReturnType]

"""Registration of two pictures of one scene: the small motion between them, and how surely it is known.

The framing of the pictures differs by a few pixels at most. They are reduced to `detail` of one contrast everywhere, so
that fading, vignettes and unsteady light drop out. Their displacement is a field of eight parameters (`Plane`), found
by Gauss-Newton steps (Lucas and Kanade, Proc. IJCAI, 1981, 674) along the mean of both pictures' gradients (Malis,
Proc. ICRA, 2004, 1843), which are summed over small blocks. A block counts by how far the two pictures agree in it, as
delays do in the weighting of Hannan and Thomson (IEEE Trans. Acoust. 24, 1976, 320: Knapp and Carter), and loses weight
where it contradicts the others, as in Student's t: dirt, subtitles, whatever one element alone shows.

Points are (x, y), x to the right, y down; the centre of the first pixel is (0.5, 0.5).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from filmrecovery.picture.arrays import Channel, Matrix, Picture, Values
from filmrecovery.picture.blur import blurred, widely_blurred
from filmrecovery.picture.resize import area_averaged

PARAMETERS = 8

_BLOCK = 16
_FEWEST_BLOCKS = 12
# Degrees of freedom of Student's t: blocks that lie four deviations off count about a fifth.
_FREEDOM = 4.0
_ROUNDS = 5
# Grain and compression of neighbouring pixels go together; what a block claims beyond this is not believed.
_HIGHEST_CORRELATION = 0.99


@dataclass(frozen=True)
class Plane:
    """A picture's plane, and the eight parameters of small motions in it.

    With (u, v) the place in half widths from the middle, the parameters displace a point, in pixels, by p0 (1, 0) +
    p1 (0, 1), a shift; p2 (-v, u), a turn; p3 (u, v), a change of size; p4 (u, -v) + p5 (v, u), a stretch; and
    p6 (uu, uv) + p7 (uv, vv), a tilt. The first 2, 4, 6 and 8 are the groups of translations, similarities, affine
    maps and homographies.
    """

    width: int
    height: int

    def basis(self, x: Values, y: Channel) -> Values:
        """What each parameter displaces points by: (..., 2, 8) for coordinates (...)."""
        unit = self.width / 2
        u, v = x / unit - 1, (y - self.height / 2) / unit
        one, none = np.ones_like(u), np.zeros_like(u)
        across = [one, none, -v, u, u, v, u * u, u * v]
        down = [none, one, u, v, -v, u, u * v, v * v]
        return np.stack([np.stack(across, axis=-1), np.stack(down, axis=-1)], axis=-2)

    def grid(self) -> Values:
        """The basis (63, 2, 8) at points evenly spread over the picture: errors are means over these."""
        x, y = np.meshgrid(np.linspace(0, self.width, 9), np.linspace(0, self.height, 7))
        return self.basis(x.ravel(), y.ravel())

    def matrix(self, motion: Values) -> Matrix:
        """The homography (3, 3) that moves points by a motion (8,), to the first order."""
        unit = self.width / 2
        shift_x, shift_y, turn, size, stretch, shear, tilt_x, tilt_y = motion / unit
        local = np.array(
            [
                [1 + size + stretch, shear - turn, shift_x],
                [shear + turn, 1 + size - stretch, shift_y],
                [-tilt_x, -tilt_y, 1],
            ]
        )
        place = np.array([[unit, 0, unit], [0, unit, self.height / 2], [0, 0, 1]])
        return normalised(place @ local @ np.linalg.inv(place))


@dataclass(frozen=True)
class Evidence:
    """What a pair of pictures says of the motion between them.

    `information` (8, 8), the inverse of a covariance in square pixels, and `vector` (8,) are normal equations: the
    likeliest motion solves information @ motion = vector, in all parameters or in the first of them. `correlation`, up
    to 1, is how far the pictures agree where they have detail.
    """

    information: Matrix
    vector: Values
    correlation: float

    def motion(self, free: int) -> Values:
        """The likeliest motion (8,), its first `free` parameters solved for and the others 0."""
        found = np.zeros(PARAMETERS)
        found[:free] = np.linalg.solve(self.information[:free, :free], self.vector[:free])
        return found

    def scaled(self, factor: float) -> "Evidence":
        """The evidence as pictures `factor` times as large would give it."""
        return Evidence(self.information / factor**2, self.vector / factor, self.correlation)


def normalised(matrix: Matrix) -> Matrix:
    """A homography (3, 3) with [2][2] = 1."""
    return matrix / matrix[2, 2]


def translation(x: float, y: float) -> Matrix:
    """The homography (3, 3) of a shift."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def resampled(picture: Picture, matrix: Matrix, width: int, height: int) -> Picture:
    """The picture, (h, w) or (h, w, channels) float32, as a plane of width x height sees it; its edges are repeated.

    `matrix` takes points of the plane to points of the picture. This is for comparing, and fast;
    `filmrecovery.picture.warp` is for pictures that are kept.
    """
    # OpenCV has the centres of pixels at whole numbers.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    centred = np.linalg.inv(half) @ matrix @ half
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    seen = cv2.warpPerspective(picture, centred, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, picture.dtype)


def band(picture: Channel, fine: float, coarse: float) -> Channel:
    """What lies between two sizes, the standard deviations of Gaussians in pixels."""
    return blurred(picture, fine) - blurred(picture, coarse)


def contrast(bands: list[Channel], coarse: float) -> Channel:
    """Root mean square of bands around each pixel, (height, width) float32, kept from 0."""
    power = widely_blurred(sum((image * image for image in bands), np.zeros_like(bands[0])), 2 * coarse)
    return np.sqrt(power + 0.05 * power.mean() + 1e-12)


def detail(picture: Channel, fine: float, coarse: float) -> Channel:
    """A band of a picture (height, width) float32, at one contrast everywhere."""
    image = band(picture, fine, coarse)
    return image / contrast([image], coarse)


def find_shift(source: Channel, reference: Channel, mask: Channel, farthest: int) -> tuple[int, int]:
    """The shift, in whole pixels right and down, that takes points of the source's detail to the reference's.

    All are (height, width) float32, the mask 0 or 1. The best correlation within `farthest` pixels is taken.
    """
    height, width = (cv2.getOptimalDFTSize(size + farthest) for size in source.shape)
    spectra = [np.fft.rfft2(image * mask, (height, width)) for image in (source, reference)]
    correlation = np.fft.irfft2(np.conj(spectra[0]) * spectra[1], (height, width))
    near = np.arange(-farthest, farthest + 1)
    down, right = np.unravel_index(np.argmax(correlation[np.ix_(near, near)]), (len(near), len(near)))
    return int(near[right]), int(near[down])


def measure(source: Channel, reference: Channel, mask: Channel, free: int) -> Evidence | None:
    """What the details of two pictures say of the motion from points of the source to points of the reference.

    All are (height, width) float32; the mask is 1 where both elements show the picture, and else 0. `free` parameters
    are fitted to tell which blocks contradict. None where too few blocks can be compared.
    """
    blocks = _blocks(source, reference, mask)
    if len(blocks.agreement) < _FEWEST_BLOCKS:
        return None
    # The pull of a block is the agreement times its slopes times the displacement, and noise of (1 - agreement^2) times
    # the slopes.
    noise = 1 - np.minimum(blocks.agreement, _HIGHEST_CORRELATION) ** 2
    inverse = np.linalg.inv(blocks.slopes + 1e-3 * np.median(np.trace(blocks.slopes, axis1=1, axis2=2)) * np.eye(2))
    evidence, typical = Evidence(np.zeros((PARAMETERS, PARAMETERS)), np.zeros(PARAMETERS), 0.0), 1.0
    weight = blocks.cover
    for _ in range(_ROUNDS):
        evidence = _weighed(blocks, noise, weight)
        typical, weight = _believed(blocks, inverse, noise, evidence.motion(free))
    return Evidence(evidence.information / typical, evidence.vector / typical, evidence.correlation)


@dataclass(frozen=True)
class _Blocks:
    """Sums over blocks: n of them, those that can be compared."""

    basis: Values  # (n, 2, 8) at their middles
    cover: Channel  # (n,) share within the mask
    agreement: Values  # (n,) correlation, above 0
    slopes: Values  # (n, 2, 2) products of the gradients
    pull: Values  # (n, 2) gradients times what the source has more


def _weighed(blocks: _Blocks, noise: Values, weight: Values) -> Evidence:
    """The evidence of the blocks together, each with its weight (n,)."""
    worth, pull_worth = weight * blocks.agreement**2 / noise, weight * blocks.agreement / noise
    # Products of matrices: for so few blocks einsum takes longer to find its way than to go it.
    basis = blocks.basis.reshape(-1, PARAMETERS)
    sloped = (worth[:, None, None] * blocks.slopes) @ blocks.basis
    return Evidence(
        basis.T @ sloped.reshape(-1, PARAMETERS),
        basis.T @ (pull_worth[:, None] * blocks.pull).ravel(),
        float(np.average(blocks.agreement, weights=weight * np.trace(blocks.slopes, axis1=1, axis2=2))),
    )


def _believed(blocks: _Blocks, inverse: Values, noise: Values, motion: Values) -> tuple[float, Values]:
    """How far blocks usually contradict a motion (8,), against their noise, and the weight (n,) that each deserves.

    `inverse` (n, 2, 2) is that of their slopes.
    """
    moved = blocks.basis @ motion
    left = blocks.pull - blocks.agreement[:, None] * np.einsum("bij,bj->bi", blocks.slopes, moved)
    surprise = np.einsum("bi,bij,bj->b", left, inverse, left) / noise
    # The median of chi-squared with two degrees of freedom is 2 ln 2. What it comes out as tells how many pixels stand
    # for one independent sample.
    typical = max(float(np.median(surprise)) / (2 * np.log(2)), 1e-9)
    return typical, blocks.cover * (_FREEDOM + 2) / (_FREEDOM + surprise / typical)


def _blocks(source: Channel, reference: Channel, mask: Channel) -> _Blocks:
    height, width = (size // _BLOCK for size in source.shape)
    window = np.s_[: height * _BLOCK, : width * _BLOCK]
    total = source + reference
    # Scharr's kernel sums to 32, over a distance of 2, and the gradient is the mean of two.
    across, down = (
        cv2.Scharr(total, cv2.CV_32F, *axis, scale=1 / 64)[window] * mask[window] for axis in ((1, 0), (0, 1))
    )
    s, r = source[window] * mask[window], reference[window] * mask[window]

    def mean(one: Channel, other: Channel) -> Channel:
        return area_averaged(np.asarray(cv2.multiply(one, other), np.float32), width, height).astype(np.float64)

    cover = area_averaged(mask[window], width, height).astype(np.float64)
    ss, sr, rr = mean(s, s), mean(s, r), mean(r, r)
    power = np.sqrt(ss * rr)
    used = (cover > 0.5) & (sr > 0.1 * power) & (power > 1e-3)
    cover, ss, sr, rr, power = (values[used] for values in (cover, ss, sr, rr, power))
    rows, columns = np.nonzero(used)
    crossed = mean(across, down)[used]
    slopes = np.stack([mean(across, across)[used], crossed, crossed, mean(down, down)[used]], axis=-1)
    gain = sr / rr
    pull = np.stack([mean(slope, s)[used] - gain * mean(slope, r)[used] for slope in (across, down)], axis=-1)
    return _Blocks(
        Plane(source.shape[1], source.shape[0]).basis((columns + 0.5) * _BLOCK, (rows + 0.5) * _BLOCK),
        cover,
        sr / power,
        (slopes / power[:, None]).reshape(-1, 2, 2),
        pull / np.sqrt(ss * power)[:, None],
    )

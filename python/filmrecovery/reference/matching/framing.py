"""How a reference frames the picture of a source, found before it is known which frames belong together.

A framing is a 3x3 matrix that takes a point of the source's thumbnail to the point of the reference's that shows the
same, in pixels with the origin in the upper left corner and the centre of the first pixel at 0.5.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import fft

from filmrecovery.film.elements.spread_frames import evenly_spread
from filmrecovery.picture.arrays import Channel, Channels, Indices, Matrix, Values
from filmrecovery.picture.blur import blurred
from filmrecovery.picture.resize import area_averaged

# Pictures that share less than this part of the smaller one are not looked for.
_LEAST_OVERLAP = 0.45
# Reference over source, from a reference that shows a third more to one that shows a third less.
_STEP, _MOST_STEPS = 1.08, 4
_SEARCH_LENGTH = 48
_KEY_FRAMES = 12
MOST_REFERENCES = 240
# Luma contrast, less low frequencies, of about one 8-bit code: less is no picture.
_LEAST_CONTRAST = 0.004


def detail(luma: Channel, radius: float) -> Channel:
    """What two elements of one picture share: luma (height, width) without low frequencies, of even local contrast.

    Fading, grading, vignettes and flicker go with the low frequencies and the contrast. The result has a norm of 1, or
    is 0 where the frame holds no picture.
    """
    fine = _fine(luma, radius)
    whole = _rms(fine)
    if whole < _LEAST_CONTRAST:
        return np.zeros_like(fine)
    local = blurred(np.square(fine), 2 * radius)
    even = fine / np.sqrt(local + (0.3 * whole) ** 2)
    even -= even.mean()
    return even / np.linalg.norm(even)


def contrast(luma: Channel, radius: float) -> float:
    """The root mean square of luma (height, width) without low frequencies."""
    return _rms(_fine(luma, radius))


def _fine(luma: Channel, radius: float) -> Channel:
    luma = luma.astype(np.float32)
    return luma - blurred(luma, radius)


def _rms(fine: Channel) -> float:
    return float(np.sqrt(np.mean(np.square(fine))))


def resampled(
    picture: Channel, framing: Matrix, area: tuple[float, float, float, float], shape: tuple[int, int]
) -> Channel:
    """The part of a reference's thumbnail (height, width) that shows an area of the source's, float32 of a shape.

    The area is left, top, right, bottom.
    """
    left, top, right, bottom = area
    step_x, step_y = (right - left) / shape[1], (bottom - top) / shape[0]
    to_source = np.array([[step_x, 0, left + 0.5 * step_x], [0, step_y, top + 0.5 * step_y], [0, 0, 1]])
    to_corner = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    seen = cv2.warpPerspective(
        picture.astype(np.float32),
        to_corner @ framing @ to_source,
        shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(seen, np.float32)


def shared_area(
    framing: Matrix, source_shape: tuple[int, int], reference_shape: tuple[int, int]
) -> tuple[float, float, float, float]:
    """The area (left, top, right, bottom) of the source's thumbnail that the reference shows too."""
    height, width = reference_shape
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]]) @ np.linalg.inv(framing).T
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners[:, :2] / corners[:, 2:]
    left, right = max(x0, x3, 0.0), min(x1, x2, source_shape[1])
    top, bottom = max(y0, y1, 0.0), min(y2, y3, source_shape[0])
    return left, top, right, bottom


def find_framing(source: Channels, reference: Channels) -> Matrix:
    """The framing on which most of a source's frames agree with some frame of the reference.

    Both are luma thumbnails (frames, height, width). Every key frame of the source is correlated with frames all over
    the reference at all shifts and several scales; the best correlation of each key frame, added up, has its peak at
    the framing of the elements, whichever the frames are. The peak is then refined.
    """
    keys = _spread(source, _KEY_FRAMES)
    others = _spread(reference, MOST_REFERENCES)
    candidates = [_search(keys, others)]
    if abs(np.log(_aspect(keys) / _aspect(others))) > 0.03:
        # Without a stated pixel aspect, an anamorphic element fills the other's frame.
        height, width = keys.shape[1:]
        stretched = np.stack([area_averaged(picture, width, height) for picture in others])
        score, framing = _search(keys, stretched)
        candidates.append((score, np.diag([others.shape[2] / width, others.shape[1] / height, 1.0]) @ framing))
    _, framing = max(candidates, key=lambda candidate: candidate[0])
    return refined_framing(framing, *_best_pairs(framing, keys, others), (6.0, 6.0, 3.0, 3.0))


def refined_framing(framing: Matrix, source: Channels, reference: Channels, radii: tuple[float, ...]) -> Matrix:
    """The framing that suits most pairs of luma thumbnails (pairs, height, width) best.

    One step of least squares (Lucas and Kanade, IJCAI 1981) a radius of detail: from coarse to fine, since detail that
    is finer than the error of the framing leads nowhere.
    """
    source_shape, reference_shape = source.shape[1:], reference.shape[1:]
    for radius in radii:
        left, top, right, bottom = (round(edge) for edge in shared_area(framing, source_shape, reference_shape))
        area, shape = (left, top, right, bottom), (bottom - top, right - left)
        if shape[0] < 0.4 * source_shape[0] or shape[1] < 0.4 * source_shape[1]:
            break
        normal, target = np.zeros((8, 8)), np.zeros(8)
        for one, other in zip(source, reference, strict=True):
            ours = detail(one[top:bottom, left:right], radius)
            theirs = detail(resampled(other, framing, area, shape), radius)
            likeness = float(np.vdot(ours, theirs))
            if likeness < 0.15:
                continue
            moves = _moves(theirs).reshape(8, -1)
            normal += likeness**2 * moves @ moves.T
            target += likeness * moves @ (ours - likeness * theirs).ravel()
        if not normal.any():
            break
        # Perspective is hardly seen in thumbnails: it is held unless the pictures ask for it.
        step = np.linalg.solve(normal + np.diag(np.diag(normal) * 0.01 + 1e-9), target)
        framing = framing @ _in_area(step, area)
        framing = framing / framing[2, 2]
    return framing


def _moves(picture: Channel) -> Channels:
    """How a picture changes with each of the eight numbers of a homography, (8, height, width).

    Coordinates run from -1 to 1 over the longer side.
    """
    height, width = picture.shape
    half = max(height, width) / 2
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = (x + 0.5 - width / 2) / half, (y + 0.5 - height / 2) / half
    down, right = (slope * half for slope in np.gradient(picture))
    turn = right * x + down * y
    return np.stack([right, right * x, right * y, down, down * x, down * y, turn * x, turn * y])


def _in_area(step: Values, area: tuple[int, int, int, int]) -> Matrix:
    left, top, right, bottom = area
    half = max(right - left, bottom - top) / 2
    to_unit = np.array(
        [[1 / half, 0, -(left + right) / 2 / half], [0, 1 / half, -(top + bottom) / 2 / half], [0, 0, 1]]
    )
    move = np.array([[1 + step[1], step[2], step[0]], [step[4], 1 + step[5], step[3]], [-step[6], -step[7], 1]])
    return np.linalg.inv(to_unit) @ move @ to_unit


def _spread(thumbnails: Channels, count: int) -> Channels:
    return thumbnails[spread_pictures(thumbnails, count)].astype(np.float32)


def spread_pictures(thumbnails: Channels, count: int) -> Indices:
    """At most `count` indices of thumbnails, evenly spread over those that hold a picture."""
    with_picture = [index for index, picture in enumerate(thumbnails) if np.any(detail(picture, 6.0))]
    return np.array(evenly_spread(with_picture, count))


def _aspect(thumbnails: Channels) -> float:
    return thumbnails.shape[2] / thumbnails.shape[1]


def _search(keys: Channels, others: Channels) -> tuple[float, Matrix]:
    """The coarse framing, of one scale for both axes, and how much it stands out."""
    best = (-np.inf, np.eye(3))
    for correlated in _correlated(keys, others, _scales(keys, others)):
        surfaces = [correlated.standing_out(found.max(axis=0)) for found in correlated.of_keys]
        # Some key frames have no partner at all: they have no say.
        consensus = np.mean(np.sort(surfaces, axis=0)[len(surfaces) // 3 :], axis=0)
        row, column = np.unravel_index(np.argmax(consensus), consensus.shape)
        if consensus[row, column] > best[0]:
            best = (float(consensus[row, column]), correlated.framing(int(row), int(column)))
    return best


def _scales(keys: Channels, others: Channels, every: int = 1) -> list[float]:
    """The sizes to look for, reference over source, in steps of so many."""
    steps = list(range(-_MOST_STEPS, _MOST_STEPS + 1, every))
    # A reference of 4:3 shows the full height of a much wider picture, such as scope, and less than two thirds of it.
    full_height = np.log(others.shape[1] / keys.shape[1]) / np.log(_STEP)
    if full_height > _MOST_STEPS:
        steps += [full_height - 1, full_height, full_height + 1]
    return [float(_STEP**step) for step in steps]


def find_framings(keys: Channels, others: Channels) -> list[tuple[int, Matrix]]:
    """For each key frame by itself the frame of the reference that is most like it, and the coarse framing there.

    Both are luma thumbnails (frames, height, width). All framings have the scale that suits most keys.
    """
    best, found_at = -np.inf, []
    for correlated in _correlated(keys, others, _scales(keys, others, 2)):
        peaks, places = [], []
        for found in correlated.of_keys:
            surface = correlated.standing_out(found.max(axis=0))
            row, column = (int(at) for at in np.unravel_index(np.argmax(surface), surface.shape))
            peaks.append(float(surface[row, column]))
            places.append((int(np.argmax(found[:, row, column])), correlated.framing(row, column)))
        likeness = float(np.mean(np.sort(peaks)[len(peaks) // 3 :]))
        if likeness > best:
            best, found_at = likeness, places
    return found_at


@dataclass(frozen=True)
class _Correlated:
    """What key frames and a reference's frames have in common at all shifts, at one scale."""

    of_keys: Iterator[Channels]
    """For each key the products of its detail with that of each frame, (frames, rows, columns), at all shifts."""
    standing_out: Callable[[Channel], Channel]
    """A product at all shifts in standard deviations of chance, -inf where too little is shared."""
    framing: Callable[[int, int], Matrix]
    """The framing of a row and a column."""


def _correlated(keys: Channels, others: Channels, scales: Sequence[float]) -> Iterator[_Correlated]:
    reduction = _SEARCH_LENGTH / max(others.shape[1:])
    small = [_reduced(picture, reduction) for picture in others]
    height, width = small[0].shape
    sizes = [(round(keys.shape[1] * reduction * scale), round(keys.shape[2] * reduction * scale)) for scale in scales]
    padded = (fft.next_fast_len(height + max(h for h, _ in sizes)), fft.next_fast_len(width + max(w for _, w in sizes)))
    spectra = fft.rfft2(np.stack([detail(picture, 2.5) for picture in small]) * np.sqrt(height * width), padded)
    for size in sizes:
        yield _of_size(keys, size, (height, width), spectra, padded, reduction)


def _of_size(
    keys: Channels,
    size: tuple[int, int],
    of_reference: tuple[int, int],
    spectra: Values,
    padded: tuple[int, int],
    reduction: float,
) -> _Correlated:
    height, width = of_reference
    shared = np.outer(_shared_length(height, size[0], padded[0]), _shared_length(width, size[1], padded[1]))
    enough = shared >= _LEAST_OVERLAP * min(height * width, size[0] * size[1])

    def product(key: Channel) -> Channels:
        picture = detail(area_averaged(key, size[1], size[0]), 2.5) * np.sqrt(size[0] * size[1])
        return fft.irfft2(spectra * np.conj(fft.rfft2(picture, padded)), padded)

    def standing_out(found: Channel) -> Channel:
        # Detail has unit variance, so that this is the correlation in standard deviations of chance.
        return np.where(enough, found / np.sqrt(np.maximum(shared, 1)), -np.inf)

    def framing(row: int, column: int) -> Matrix:
        shift_y = row if row < height else row - padded[0]
        shift_x = column if column < width else column - padded[1]
        scale_x, scale_y = size[1] / keys.shape[2] / reduction, size[0] / keys.shape[1] / reduction
        return np.array([[scale_x, 0, shift_x / reduction], [0, scale_y, shift_y / reduction], [0, 0, 1]])

    return _Correlated(map(product, keys), standing_out, framing)


def _reduced(picture: Channel, scale: float) -> Channel:
    height, width = picture.shape
    return area_averaged(picture, round(width * scale), round(height * scale))


def _shared_length(reference: int, source: int, padded: int) -> Values:
    """How many pixels of a line two pictures share at every shift, the negative ones at the end as an FFT has them."""
    shift = np.arange(padded)
    shift = np.where(shift < reference, shift, shift - padded)
    return np.maximum(np.minimum(shift + source, reference) - np.maximum(shift, 0), 0)


def _best_pairs(framing: Matrix, keys: Channels, others: Channels) -> tuple[Channels, Channels]:
    """The key frames, and for each the reference's frame that is most like it at a framing."""
    area = shared_area(framing, keys.shape[1:], others.shape[1:])
    shape = (max(1, round((area[3] - area[1]) / 2)), max(1, round((area[2] - area[0]) / 2)))
    ours = np.stack([detail(resampled(picture, np.eye(3), area, shape), 3.0).ravel() for picture in keys])
    theirs = np.stack([detail(resampled(picture, framing, area, shape), 3.0).ravel() for picture in others])
    return keys, others[np.argmax(ours @ theirs.T, axis=1)]

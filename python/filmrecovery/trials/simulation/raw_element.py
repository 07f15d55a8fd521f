"""A second element as an archive delivers it: its own frame numbers, framing, weave, borders, size and look.

Where an element of `simulated_elements` or `aged_video` has the framing and the numbers of its footage, a raw one has
neither, and the truth of both is known (`alignment_truth`). Every frame is resampled once, by one homography from the
footage to the element, before the element's look is laid over it: no step after that moves anything.

Points are (x, y), x to the right, y down; the origin is the upper left corner of the picture, so that the centre of its
first pixel is (0.5, 0.5). Matrices are homographies of such points, (3, 3) float64.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from filmrecovery.picture.arrays import Channel, Matrix, Picture
from filmrecovery.picture.luma import luma
from filmrecovery.trials.simulation.aged_video import aged_video
from filmrecovery.trials.simulation.randomness import generator
from filmrecovery.trials.simulation.simulated_elements import internegative, small_gauge
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

PictureOf = Callable[[int], Picture]

_LOOKS = {"internegative": internegative, "small gauge": small_gauge, "video": aged_video}

# Film that runs unsteadily through a gate swings at the rate of its sprockets and reels, over some frames to seconds.
_WEAVE_PERIODS = (8.0, 60.0)
_WEAVE_SWINGS = 3

_SUBTITLES = ("Where were you last night?", "I do not know.\nI was waiting for the train.", "It never came.")
_SUBTITLE_FRAMES = 14


@dataclass(frozen=True)
class RawElement:
    """What tells a raw element from its footage."""

    shown: Mapping[int, int | None]  # the frame of the footage that each frame shows; None is black leader
    width: int
    height: int
    look: str = "video"  # or "internegative", "small gauge"
    borders: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)  # left, top, right, bottom: shares of the size
    scale: float = 1.0  # size of the footage's width against the width between the borders
    shift: tuple[float, float] = (0.0, 0.0)  # right, down, in widths of the footage
    rotation: float = 0.0  # degrees, clockwise
    keystone: tuple[float, float] = (
        0.0,
        0.0,
    )  # how much smaller the picture is at its right, at its bottom, a width on
    pan: float = 0.0  # how far the framing moves to the right over all frames, in widths of the footage
    weave: float = 0.0  # slow gate weave, in pixels rms of the footage
    jitter: float = 0.0  # the part of it that is new in every frame
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)  # of R, G and B
    gamma: float = 1.0
    saturation: float = 1.0
    subtitles: bool = False
    settings: SimulationSettings = field(default_factory=SimulationSettings)  # of the look; its weave is not used

    @property
    def window(self) -> tuple[float, float, float, float]:
        """What the borders leave of the picture: left, top, right, bottom in pixels."""
        left, top, right, bottom = self.borders
        return left * self.width, top * self.height, (1 - right) * self.width, (1 - bottom) * self.height


def numbered(
    footage: Iterable[int],
    first: int,
    dropped: Iterable[int] = (),
    doubled: Iterable[int] = (),
    missing: Iterable[int] = (),
) -> dict[int, int]:
    """Numbers the frames of an element from `first` on; gives the frame of the footage that each one shows.

    Of the frames of the footage, `dropped` were cut out, so that the numbers close up; `doubled` stand twice; the files
    of `missing` were lost, which leaves gaps in the numbers.
    """
    dropped, doubled, missing = set(dropped), set(doubled), set(missing)
    shown = [frame for frame in footage if frame not in dropped for _ in range(2 if frame in doubled else 1)]
    return {number: frame for number, frame in enumerate(shown, start=first) if frame not in missing}


def placement(element: RawElement, number: int, footage_size: tuple[int, int]) -> Matrix:
    """The homography from footage of (width, height) pixels to frame `number` of the element."""
    right, down = gate_weave(element, number)
    return framing(element, footage_size) @ translation(right - _panned(element, number) * footage_size[0], down)


def _panned(element: RawElement, number: int) -> float:
    """How far the framing has moved to the right, from the middle of its way, in widths of the footage."""
    first, last = min(element.shown), max(element.shown)
    return element.pan * ((number - first) / max(last - first, 1) - 0.5)


def framing(element: RawElement, footage_size: tuple[int, int]) -> Matrix:
    """The part of the homography that all frames share."""
    width, height = footage_size
    left, top, right, bottom = element.window
    # In widths of the footage from its middle, a measure that does not depend on its size.
    in_widths = np.diag([1 / width, 1 / width, 1.0]) @ translation(-width / 2, -height / 2)
    cosine, sine = np.cos(np.radians(element.rotation)), np.sin(np.radians(element.rotation))
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    tilt = np.eye(3)
    tilt[2, :2] = element.keystone
    size = element.scale * (right - left)
    in_pixels = translation((left + right) / 2, (top + bottom) / 2) @ np.diag([size, size, 1.0])
    matrix = in_pixels @ tilt @ turn @ translation(*element.shift) @ in_widths
    return matrix / matrix[2, 2]


def gate_weave(element: RawElement, number: int) -> tuple[float, float]:
    """How far frame `number` lies off its place in the gate, (right, down) in pixels of the footage."""
    random = generator(element.settings.seed, "raw element, weave")
    periods = random.uniform(*_WEAVE_PERIODS, (_WEAVE_SWINGS, 2))
    phases = random.uniform(0, 2 * np.pi, (_WEAVE_SWINGS, 2))
    swings = np.sin(2 * np.pi * number / periods + phases).sum(axis=0) * np.sqrt(2 / _WEAVE_SWINGS)
    jitter = generator(element.settings.seed, "raw element, jitter", number).normal(0, element.jitter, 2)
    right, down = element.weave * swings + jitter
    return float(right), float(down)


def translation(right: float, down: float) -> Matrix:
    """The homography of a shift by so many pixels."""
    return np.array([[1.0, 0.0, right], [0.0, 1.0, down], [0.0, 0.0, 1.0]])


def raw_frame(element: RawElement, number: int, footage: PictureOf) -> Picture:
    """Frame `number` of the element, (height, width, 3) float32 in 0..1, display-referred Rec.709.

    `footage` gives the frames that `element.shown` names, of the same kind.
    """
    shown = element.shown[number]
    if shown is None:
        rgb = np.zeros((element.height, element.width, 3), np.float32)
    else:
        rgb = _placed(element, number, footage(shown))
    if element.subtitles:
        rgb = _subtitled(rgb, number)
    return _LOOKS[element.look](rgb, number, dataclasses.replace(element.settings, weave=0.0))


def _placed(element: RawElement, number: int, footage: Picture) -> Picture:
    height, width = footage.shape[:2]
    matrix = placement(element, number, (width, height))
    rgb = resample(_graded(element, footage), matrix, element.width, element.height)

    # Pixels that the edge of the footage, or of a border, cuts through are partly black.
    x, y = _pixel_centres(element.width, element.height)
    at_x, at_y = _transformed(np.linalg.inv(matrix), x, y)
    size = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    inside = np.minimum(np.minimum(at_x, width - at_x), np.minimum(at_y, height - at_y)) * size
    left, top, right, bottom = element.window
    inside = np.minimum(inside, np.minimum(np.minimum(x - left, right - x), np.minimum(y - top, bottom - y)))
    return rgb * np.clip(inside + 0.5, 0, 1).astype(np.float32)[..., None]


def resample(picture: Picture, matrix: Matrix, width: int, height: int) -> Picture:
    """The picture (height, width, channels) as the homography `matrix` places it, its edges repeated; float32 in 0..1.

    Cubic splines interpolate (Unser, IEEE Signal Process. Mag. 16(6), 1999, 22), which moves nothing. Where the picture
    becomes smaller, a Gaussian takes out first what would alias.
    """
    size = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    if size < 1:
        # The spread that a pixel of the smaller picture has over one of the larger.
        deviation = 0.5 * np.sqrt(1 / size**2 - 1)
        picture = ndimage.gaussian_filter(picture, (deviation, deviation, 0), mode="mirror")
    x, y = _transformed(np.linalg.inv(matrix), *_pixel_centres(width, height))
    at = np.stack([y - 0.5, x - 0.5])
    channels = [
        ndimage.map_coordinates(picture[..., index], at, np.float32, order=3, mode="nearest")
        for index in range(picture.shape[2])
    ]
    return np.clip(np.stack(channels, axis=-1), 0, 1)


def _pixel_centres(width: int, height: int) -> tuple[Channel, Channel]:
    rows, columns = np.mgrid[:height, :width]
    return columns + 0.5, rows + 0.5


def _transformed(matrix: Matrix, x: Channel, y: Channel) -> tuple[Channel, Channel]:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    depth = g * x + h * y + i
    return (a * x + b * y + c) / depth, (d * x + e * y + f) / depth


def _graded(element: RawElement, rgb: Picture) -> Picture:
    grey = luma(rgb)[..., None]
    return np.clip(
        (grey + element.saturation * (rgb - grey)) ** element.gamma * np.asarray(element.gain, np.float32), 0, 1
    )


def _subtitled(rgb: Picture, number: int) -> Picture:
    height, width = rgb.shape[:2]
    text = _SUBTITLES[number // _SUBTITLE_FRAMES % len(_SUBTITLES)]
    font = ImageFont.load_default(height / 16)
    picture = Image.fromarray(np.rint(rgb * 255).astype(np.uint8))
    ImageDraw.Draw(picture).multiline_text(
        (width / 2, height * 0.94),
        text,
        "white",
        font,
        anchor="md",
        align="center",
        stroke_width=2,
        stroke_fill="black",
    )
    return np.asarray(picture, dtype=np.float32) / 255

"""The aged video: an old telecine transfer of the film when its colour was true, on a video disc."""

import io

import numpy as np
from PIL import Image

from filmrecovery.picture.arrays import Codes, Matrix, Picture
from filmrecovery.picture.luma import BLUE_RANGE, LUMA_WEIGHTS, RED_RANGE
from filmrecovery.trials.simulation.optics import film_mtf, soften
from filmrecovery.trials.simulation.randomness import generator
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

# ITU-R BT.601: 720 samples a line, which are as wide as 768 square pixels on 625-line systems.
_SAMPLES = 720
_SQUARE_PIXELS = 768

# Set-up error of the telecine: saturation, and a turn of hue in degrees.
_SATURATION = 0.94
_HUE = 2.0

_NOISE = 0.008

# The spot of the telecine and the tape of the master leave half of the modulation at this many cycles a picture width,
# and the aperture corrector lifts edges by so much again.
_RESOLUTION = 100.0
_APERTURE_CORRECTION = 0.6


def aged_video(rgb: Picture, number: int, settings: SimulationSettings) -> Picture:
    """Frame `number` as an old video disc shows it, brought back to the size of `rgb`.

    Takes and gives (height, width, 3) float32 in 0..1, display-referred Rec.709, of the same framing. Colour is true up
    to a small set-up error of the telecine. The picture is sharpened, noisy, sampled as in ITU-R BT.601 (letterboxed,
    at most as many samples as `rgb` has), and compressed in 8 x 8 blocks by the discrete cosine transform with chroma
    halved both ways. The compression is JPEG's (ITU-T T.81), whose quantisation the intra pictures of MPEG-2 (ITU-T
    H.262) share in kind.
    """
    height, width = rgb.shape[:2]
    samples = (min(_SAMPLES, width), min(round(height * _SQUARE_PIXELS / width), height))
    mtf = film_mtf(height, width, 1.0, _RESOLUTION)
    # The corrector lifts what the spot lost, yet nothing where the spot has left nothing.
    corrected = mtf * (1 + _APERTURE_CORRECTION * 4 * mtf * (1 - mtf))
    telecine = soften(rgb @ _SET_UP.T, corrected)
    random = generator(settings.seed, "video, noise", number)
    telecine += _NOISE * random.standard_normal((height, width, 1), dtype=np.float32)
    sampled = Image.fromarray(_eight_bit(telecine)).resize(samples, Image.Resampling.BOX)

    disc = io.BytesIO()
    sampled.save(disc, "JPEG", quality=settings.video_quality, subsampling="4:2:0")
    shown = Image.open(disc).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(shown, dtype=np.float32) / 255


def _set_up() -> Matrix:
    """The matrix of R'G'B' that turns and shrinks chroma by the set-up error and leaves luma alone."""
    luma = np.array(LUMA_WEIGHTS)
    encode = np.stack([luma, (np.array([0, 0, 1]) - luma) / BLUE_RANGE, (np.array([1, 0, 0]) - luma) / RED_RANGE])
    turn = np.eye(3)
    cosine, sine = np.cos(np.radians(_HUE)), np.sin(np.radians(_HUE))
    turn[1:, 1:] = _SATURATION * np.array([[cosine, -sine], [sine, cosine]])
    return (np.linalg.inv(encode) @ turn @ encode).astype(np.float32)


_SET_UP = _set_up()


def _eight_bit(rgb: Picture) -> Codes:
    return (np.clip(rgb, 0, 1) * 255 + 0.5).astype(np.uint8)

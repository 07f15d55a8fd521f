"""Measures of a recovery against the truth.

Pictures are (height, width, 3) arrays of display-referred R'G'B' of equal size. Only the colour differences clamp:
clamp to 0..1 first to measure what a display shows, or leave the values as they are to measure what is in the file.
"""

import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from filmrecovery.picture.arrays import Channel, Picture, Values
from filmrecovery.picture.luma import chroma, luma

SMALLEST_SIDE = 11
"""Pixels of the window of `ssim`: smaller pictures cannot be measured."""

# ITU-R BT.2087: linear light, from BT.709 primaries to BT.2020 primaries.
_TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
# ITU-R BT.2100: linear light of BT.2020 to cones, these, after the PQ curve, to I, CT, CP, and that curve's constants.
_TO_CONES = np.array([[1688, 2146, 262], [683, 2951, 462], [99, 309, 3688]]) / 4096
_TO_ICTCP = np.array([[2048, 2048, 0], [6610, -13613, 7003], [17933, -17390, -543]]) / 4096
_PQ_M1, _PQ_M2, _PQ_C1, _PQ_C2, _PQ_C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
# ITU-R BT.1886, of a display with true blacks and the white of ITU-R BT.2035, as a share of PQ's 10000 cd/m2.
_DISPLAY_GAMMA, _DISPLAY_WHITE = 2.4, 100 / 10000


def psnr(picture: Picture, truth: Picture) -> float:
    """Peak signal-to-noise ratio over all channels in dB, for a peak of 1; 120 dB where the pictures are equal."""
    return float(-10.0 * np.log10(np.mean(np.square(_difference(picture, truth))) + 1e-12))


def luma_psnr(picture: Picture, truth: Picture) -> float:
    """The `psnr` of BT.709 luma: of detail, whatever the colours."""
    return float(-20.0 * np.log10(max(luma_rms(picture, truth), 1e-6)))


def luma_rms(picture: Picture, truth: Picture) -> float:
    """Root mean square of the difference of BT.709 luma, as a fraction of white."""
    return _rms(luma(_difference(picture, truth)))


def chroma_rms(picture: Picture, truth: Picture) -> float:
    """Root mean square of the difference of BT.709 chroma over Cb and Cr together, as a fraction of their range."""
    return _rms(chroma(_difference(picture, truth)))


def ciede2000(picture: Picture, truth: Picture) -> float:
    """The mean of `ciede2000_map`."""
    return float(np.mean(ciede2000_map(picture, truth)))


def ciede2000_map(picture: Picture, truth: Picture) -> Channel:
    """CIEDE2000 colour difference (CIE 142-2001; ISO/CIE 11664-6) of each pixel, (height, width); about 1 is just
    noticeable.

    R'G'B' is clamped to 0..1 and read as sRGB (IEC 61966-2-1: Rec.709 primaries, white D65, the piecewise curve) on the
    way to CIELAB under D65. Pictures graded for gamma 2.4 come out a little different in the shadows.
    """
    lab = [rgb2lab(np.clip(rgb, 0.0, 1.0)) for rgb in (picture, truth)]
    return deltaE_ciede2000(*lab)


def delta_itp_map(picture: Picture, truth: Picture) -> Channel:
    """Colour difference dE-ITP (ITU-R BT.2124) of each pixel, (height, width); about 1 is just noticeable.

    R'G'B' is clamped to 0..1 and shown by a display of ITU-R BT.1886 (gamma 2.4) with a white of 100 cd/m2 (ITU-R
    BT.2035). A working space with the sRGB curve comes out a little different in the shadows.
    """
    change = _ictcp(picture) - _ictcp(truth)
    change[..., 1] *= 0.5
    return 720 * np.sqrt(np.square(change).sum(axis=-1))


def ssim(picture: Picture, truth: Picture) -> float:
    """Structural similarity (Wang et al., IEEE Trans. Image Process. 13, 2004, 600), the mean over R', G' and B'.

    Up to 1, where the pictures are equal; Gaussian windows of 1.5 pixels, constants of the paper, for a peak of 1.
    Pictures have `SMALLEST_SIDE` pixels or more on every side.
    """
    similarity = structural_similarity(
        picture.astype(np.float32),
        truth.astype(np.float32),
        data_range=1.0,
        channel_axis=-1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(np.asarray(similarity))


def _difference(picture: Picture, truth: Picture) -> Picture:
    # Single precision would leave 1e-7 of rounding, too near to the 1e-6 within which luma counts as identical.
    return picture.astype(np.float64) - truth.astype(np.float64)


def _ictcp(rgb: Picture) -> Picture:
    light = _DISPLAY_WHITE * np.clip(rgb.astype(np.float64), 0.0, 1.0) ** _DISPLAY_GAMMA
    curve = (light @ (_TO_CONES @ _TO_BT2020).T) ** _PQ_M1
    return ((_PQ_C1 + _PQ_C2 * curve) / (1 + _PQ_C3 * curve)) ** _PQ_M2 @ _TO_ICTCP.T


def _rms(values: Values) -> float:
    return float(np.sqrt(np.mean(np.square(values))))

"""Pictures made softer."""

import cv2
import numpy as np

from filmrecovery.picture.arrays import Channel, Values
from filmrecovery.picture.resize import area_averaged

# So many pixels of the reduced picture: with fewer, what is aligned by it is off by more in the fourth digit.
_LEAST_DEVIATION = 7.0


def blurred(picture: Values, deviation: float) -> Values:
    """The picture, (height, width) or (height, width, channels), after a Gaussian of that deviation in pixels.

    Of the picture's type, which is float32 or float64. Its edges are mirrored.
    """
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), deviation), picture.dtype)


def widely_blurred(picture: Channel, deviation: float) -> Channel:
    """The picture (height, width) float32 after nearly a Gaussian of a deviation of many pixels, in a fraction of time.

    It is reduced first and brought back to its size at last. Where nothing but the surroundings of a pixel is asked
    for, the difference is slight: some thousandths of the picture's contrast, at its edges a hundredth.
    """
    factor = int(deviation / _LEAST_DEVIATION)
    height, width = picture.shape
    if factor < 2 or min(height, width) < 2 * factor:
        return blurred(picture, deviation)
    small = area_averaged(picture, round(width / factor), round(height / factor))
    across, down = width / small.shape[1], height / small.shape[0]
    # Averaging and interpolation spread by a twelfth and a sixth of a pixel's square.
    spreads = [float(np.sqrt((deviation / side) ** 2 - 0.25)) for side in (across, down)]
    soft = cv2.GaussianBlur(small, (0, 0), spreads[0], sigmaY=spreads[1])
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), picture.dtype)

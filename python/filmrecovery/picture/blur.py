"""Pictures made softer."""

import cv2
import numpy as np

from filmrecovery.picture.arrays import Values


def blurred(picture: Values, deviation: float) -> Values:
    """The picture, (height, width) or (height, width, channels), after a Gaussian of that deviation in pixels.

    Of the picture's type, which is float32 or float64. Its edges are mirrored.
    """
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), deviation), picture.dtype)

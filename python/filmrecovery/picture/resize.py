"""Pictures made smaller."""

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.integer[Any] | np.floating[Any])


def area_averaged(picture: NDArray[Number], width: int, height: int) -> NDArray[Number]:
    """The picture, (h, w) or (h, w, channels), of another size: each pixel is the mean of the area that it covers.

    Of the picture's type, which is float32, float64 or uint8.
    """
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), picture.dtype)

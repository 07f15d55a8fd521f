import numpy as np
import pytest

from filmrecovery.picture.blur import blurred, widely_blurred


@pytest.mark.parametrize(("height", "width"), [(240, 321), (12, 400), (3, 3)])
def test_a_wide_blur_is_nearly_a_gaussian(height, width):
    y, x = np.mgrid[:height, :width]
    picture = (0.5 + 0.4 * np.sin(x / 23) * np.cos(y / 31) + (x > width / 2)).astype(np.float32)
    soft = widely_blurred(picture, 30.0)
    assert soft.shape == picture.shape
    assert soft.dtype == np.float32
    # Edges are not mirrored exactly.
    assert soft == pytest.approx(blurred(picture, 30.0), abs=0.02)
    assert np.sqrt(np.mean(np.square(soft - blurred(picture, 30.0)))) < 0.005

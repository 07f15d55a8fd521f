"""How much of a fitted change to keep, judged by pictures that it was not fitted to."""

import numpy as np


def kept_share(wanted: float, product: float) -> float:
    """By least squares, from 0 to 1: the mean product of change and what was left over, by the change's mean square.

    0 where there is no change.
    """
    return float(np.clip(wanted / product, 0.0, 1.0)) if product > 1e-12 else 0.0

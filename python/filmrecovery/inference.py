"""A model on one picture in memory: the trunk sees the whole frame, the full-resolution end is made in strips.

The receptive field of the trunk spans most of a frame, so that tiles of it could never agree exactly. It works at a
fraction of the resolution, though, and is small; what needs memory is the full-resolution end, and there every pixel
depends on its nearest coefficients alone. Imports torch and numpy alone.
"""

import numpy as np
import torch

from filmrecovery.network import RecoveryNetwork

STRIP_ROWS = 128


@torch.inference_mode()
def recover(network: RecoveryNetwork, rgb: np.ndarray, strip_rows: int = STRIP_ROWS) -> np.ndarray:
    """The recovered picture, (height, width, 3) float32 display-referred, as `rgb`; values outside 0..1 survive.

    `strip_rows`, a multiple of 4, bounds the memory of the full-resolution end and does not change the result.
    """
    device = next(network.parameters()).device
    picture = torch.from_numpy(np.ascontiguousarray(np.moveaxis(rgb, 2, 0), dtype=np.float32))[None]
    coefficients = network.coefficients(picture.to(device))
    scale = network.head_scale
    result = np.empty(rgb.shape, dtype=np.float32)
    for top in range(0, rgb.shape[0], strip_rows):
        rows = picture[:, :, top : top + strip_rows].to(device)
        first = max(top // scale - 1, 0)
        last = -(-(top + rows.shape[2]) // scale) + 1
        finished = network.finish(rows, coefficients[:, :, first:last], top - first * scale)
        result[top : top + strip_rows] = finished[0].permute(1, 2, 0).cpu().numpy()
    return result

"""Pictures by square cells of pixels, in which grain and slight misalignment average out."""

import torch
import torch.nn.functional as F

from filmrecovery.picture.arrays import Picture


def cell_means(picture: Picture, side: int) -> Picture:
    """The means of cells of so many pixels a side, (rows, columns, 3) float32, of a picture (height, width, 3).

    Smaller cells at the right and the bottom count too.
    """
    tensor = torch.from_numpy(picture).permute(2, 0, 1)
    return F.avg_pool2d(tensor, side, ceil_mode=True).permute(1, 2, 0).numpy()

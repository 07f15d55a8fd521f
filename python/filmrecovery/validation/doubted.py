"""How far a recovery is doubted, where the most, and whether that tells its true error."""

import numpy as np
import torch
from scipy.stats import spearmanr

from filmrecovery.model.doubt import blocks_of
from filmrecovery.picture.arrays import Channel, Picture, Values
from filmrecovery.training.fitting.mode_part import mode_part
from filmrecovery.validation.validation_figures import DoubtAndError, FrameDoubt


def frame_doubt(doubt: Channel, left: int = 0, top: int = 0) -> FrameDoubt:
    """The figures of a map of doubt, (height, width), which begins at a column and a row of the frame."""
    row, column = np.unravel_index(np.argmax(doubt), doubt.shape)
    mean = float(np.sqrt(np.mean(np.square(doubt), dtype=np.float64)))
    return FrameDoubt(mean, float(doubt[row, column]), left + int(column), top + int(row))


def squares_by_blocks(doubt: Channel, picture: Picture, truth: Picture, mode: str) -> Values:
    """Expected and true squared errors of the blocks of a picture, (2, blocks).

    `doubt` is (height, width), the pictures are (height, width, 3). The error is that of what the mode recovers.
    """
    squares = np.square(mode_part(mode, (picture - truth).astype(np.float32))).mean(-1)
    planes = torch.from_numpy(np.stack([np.square(doubt), squares]))
    return blocks_of(planes[None])[0].flatten(1).numpy()


def doubt_and_error(squares: Values) -> DoubtAndError:
    """How well a doubt agrees with the error, by expected and true squared errors of blocks, (2, blocks).

    The rank correlation is Spearman's (American Journal of Psychology 15, 1904, 72).
    """
    expected, error = np.sqrt(np.mean(squares, axis=1, dtype=np.float64)).tolist()
    # What is the same everywhere has no ranks.
    ranks = squares.shape[1] > 2 and all(np.ptp(row) > 0 for row in squares)
    return DoubtAndError(float(spearmanr(*squares).statistic) if ranks else None, expected, error)

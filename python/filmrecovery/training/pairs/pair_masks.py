"""The masks of pairs: files beside the pictures, white where nothing is to be learnt."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from filmrecovery.base.errors import ElementError
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.frame_seal import SEAL_NAME
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.products.freshness import refuse_other_frames
from filmrecovery.picture.arrays import Mask
from filmrecovery.training.pairs.pair_records import pixel_hash

_MOST_COVERED = 0.9


def mask_name(frame: int) -> str:
    """The name of the file beside the pictures of a pair."""
    return f"mask.{frame:04d}.exr"


def refuse_other_masks(folder: Path, frames: Iterable[int]) -> None:
    """Raises OutputError where the mask of a pair would replace one that was not written here."""
    refuse_other_frames((folder / mask_name(frame) for frame in frames), SEAL_NAME)


def write_pair_mask(folder: Path, frame: int, mask: Mask | None) -> dict[str, Any]:
    """Writes the mask of a pair into its folder, and returns the fields of its record.

    Raises ElementError for a mask that leaves next to nothing of the picture, and OutputError.
    """
    if mask is None:
        return {}
    if mask.mean() > _MOST_COVERED:
        raise ElementError(
            f"frame {frame}: the mask covers {100 * mask.mean():.0f} % of the picture, which leaves too little to "
            "learn from; choose another frame, or another mask"
        )
    name = mask_name(frame)
    picture = np.repeat(mask[..., np.newaxis], 3, axis=-1).astype(np.float32)
    write_frame(folder / name, frame_from_rgb(picture), "zip")
    return {"mask": name, "mask_sha256": pixel_hash(picture)}

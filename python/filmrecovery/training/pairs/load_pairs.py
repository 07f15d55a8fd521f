"""The pictures of training pairs, read from their folder and checked against its manifest."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from filmrecovery.base.errors import ElementError
from filmrecovery.base.overlap import at_once
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.mirrored_fill import mirrored_fill
from filmrecovery.training.pairs.pair_manifest import read_manifest
from filmrecovery.training.pairs.pair_records import PairRecord, pixel_hash


@dataclass(frozen=True)
class Pair:
    """The pictures of a pair, (height, width, 3) float32 in 0..1, in the working space.

    A preview has no ground truth.
    """

    frame: int
    role: str
    label: str
    input: Picture
    ground_truth: Picture | None

    @property
    def target(self) -> Picture:
        """The ground truth of a pair that is no preview."""
        assert self.ground_truth is not None, f"frame {self.frame} is a preview"
        return self.ground_truth


def load_pairs(folder: str | Path) -> list[Pair]:
    """The pictures of all pairs of a folder, clamped to 0..1, in the order of the frame numbers.

    What a mask covers is filled with what is beside it, in input and ground truth alike (see `mirrored_fill`): so
    whoever takes them learns and measures nothing there.

    Raises FileError and ElementError as `read_manifest` does, and ElementError for damaged files and for pictures that
    were changed after the manifest was written.
    """
    folder = Path(folder)
    records = read_manifest(folder).pairs
    return at_once(lambda record: load_pair(folder, record), records, "Reading pairs")


def load_pair(folder: Path, record: PairRecord) -> Pair:
    """The pictures of one pair, as `load_pairs`. Raises ElementError for files that are damaged or were changed."""
    picture = _load_picture(folder / record.input, record.input_sha256)
    truth = _load_picture(folder / record.target, record.target_sha256 or "") if record.target else None
    if record.mask:
        mask = _load_picture(folder / record.mask, record.mask_sha256 or "")[..., 0] > 0
        picture = mirrored_fill(picture, mask)
        truth = None if truth is None else mirrored_fill(truth, mask)
    return Pair(record.frame, record.role, record.label, picture, truth)


def _load_picture(path: Path, expected_hash: str) -> Picture:
    picture = read_frame(path).rgb
    if pixel_hash(picture) != expected_hash:
        raise ElementError(
            f"{path}: was changed after the manifest was written; adopt the pairs as they are now, or delete this file "
            "and make the pairs again"
        )
    return np.clip(picture, 0.0, 1.0, out=picture)

"""A model on one picture in memory, in strips where that bounds the memory and changes nothing.

The receptive field of the trunk spans most of a frame, so that tiles of it could never agree exactly: its coarser
levels see the whole frame, at a fraction of the resolution. Its finest level, and the full-resolution end, need the
memory, but there every row depends on few others, and strips that overlap by so many rows give the picture that the
whole gives. Imports torch, numpy and the standard library alone, so that Gaffer's own interpreter can run it.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from filmrecovery.model.clean import clean
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.luma import with_luma_of

STRIP_ROWS = 512


def recover_source(
    network: RecoveryNetwork,
    preparation: SourcePreparation,
    rgb: Picture,
    check: Callable[[], None] = lambda: None,
) -> Picture:
    """The recovered picture of a source, (height, width, 3) float32 in the model's working space, as `rgb` is.

    The network sees the source prepared as its training input was. Where that includes cleaning, the recovered chroma
    is put onto the luma of the source as it was before the cleaning, with its grain and detail. `check` is called many
    times; what it raises ends the work.
    """
    balanced = preparation.balanced(rgb)
    check()
    recovered = recover(network, clean(preparation.clean, balanced, check), check=check)
    return with_luma_of(recovered, balanced) if preparation.cleans else recovered


@torch.inference_mode()
def recover(
    network: RecoveryNetwork, rgb: Picture, strip_rows: int = STRIP_ROWS, check: Callable[[], None] = lambda: None
) -> Picture:
    """What the network makes of a prepared picture, (height, width, 3) float32 display-referred, as `rgb`.

    Values outside 0..1 survive.
    `strip_rows`, a multiple of 4, bounds the memory and does not change the result. `check` is called before every
    strip; what it raises ends the work.
    """
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        # TF32 would make the last digits of a GPU depend on the cut.
        return _recovered(network, rgb, strip_rows, check)


def _recovered(network: RecoveryNetwork, rgb: Picture, strip_rows: int, check: Callable[[], None]) -> Picture:
    device = next(network.parameters()).device
    whole = torch.from_numpy(np.require(rgb, np.float32, ["C", "W"])).permute(2, 0, 1)[None]
    coefficients = _coefficients(network, whole.to(device), strip_rows, check)
    scale = network.head_scale
    result = np.empty(rgb.shape, dtype=np.float32)
    for top in range(0, rgb.shape[0], strip_rows):
        check()
        rows = whole[:, :, top : top + strip_rows].to(device)
        first = max(top // scale - 1, 0)
        last = -(-(top + rows.shape[2]) // scale) + 1
        finished = network.finish(rows, coefficients[:, :, first:last], top - first * scale)
        result[top : top + strip_rows] = finished[0].permute(1, 2, 0).cpu().numpy()
    return result


def _coefficients(network: RecoveryNetwork, picture: Tensor, strip_rows: int, check: Callable[[], None]) -> Tensor:
    """`network.coefficients`, with the trunk's finest level made in strips."""
    trunk, height = network.trunk, network.packed_height(picture)
    strips = list(_strips(height, strip_rows // network.packing, trunk.margin))
    pieces = []
    for strip, kept in strips:
        check()
        packed = network.pack(picture, strip.start, strip.stop).contiguous(memory_format=torch.channels_last)
        pieces.append(trunk.encode(packed)[:, :, kept])
    fine = torch.cat(pieces, dim=2)
    del pieces
    check()
    coarse = trunk.look_around(fine)
    pieces = []
    for strip, kept in strips:
        check()
        around = coarse[:, :, strip.start // 2 : strip.stop // 2]
        pieces.append(trunk.decode(fine[:, :, strip], around)[:, :, kept])
    return network.unpack(torch.cat(pieces, dim=2))


def _strips(height: int, rows: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Strips of two rows or more with a margin on either side, and which of their rows to keep. All bounds are even."""
    rows, margin = max(rows // 2, 1) * 2, -(-margin // 2) * 2
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        strip = slice(max(top - margin, 0), min(bottom + margin, height))
        yield strip, slice(top - strip.start, bottom - strip.start)

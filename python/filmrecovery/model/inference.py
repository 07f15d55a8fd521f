"""A model on one picture in memory, in strips where that bounds the memory and changes nothing.

The receptive field of the trunk spans most of a frame, so that tiles of it could never agree exactly: its coarser
levels see the whole frame, at a fraction of the resolution. Its finest level, and the full-resolution end, need the
memory, but there every row depends on few others, and strips that overlap by so many rows give the picture that the
whole gives. Imports torch, numpy and the standard library alone, so that Gaffer's own interpreter can run it.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from filmrecovery.model.clean import clean
from filmrecovery.model.doubt import spread_out, squared_doubt
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.model.trunk import Trunk
from filmrecovery.picture.arrays import Channel, Picture
from filmrecovery.picture.luma import with_luma_of

STRIP_ROWS = 512
"""A multiple of the blocks of a doubt."""


def recover_source(
    network: RecoveryNetwork,
    preparation: SourcePreparation,
    rgb: Picture,
    shot: int = 0,
    check: Callable[[], None] = lambda: None,
) -> Picture:
    """The recovered picture of a source, (height, width, 3) float32 in the model's working space, as `rgb` is.

    `shot` is the number that the model knows the picture's shot by (see `ModelDescription.shot_number`).

    The network sees the source prepared as its training input was. Where that includes cleaning, the recovered chroma
    is put onto the luma of the source as it was before the cleaning, with its grain and detail. `check` is called many
    times; what it raises ends the work.
    """
    balanced, seen = _prepared(preparation, rgb, check)
    return _of_seen(network, preparation, balanced, seen, shot, check)


def recover_with_doubt(
    network: RecoveryNetwork,
    preparation: SourcePreparation,
    rgb: Picture,
    shot: int = 0,
    check: Callable[[], None] = lambda: None,
) -> tuple[Picture, Channel]:
    """The recovered picture of a source, as `recover_source`, and the doubt of it, as `doubt_of`."""
    balanced, seen = _prepared(preparation, rgb, check)
    recovered = _of_seen(network, preparation, balanced, seen, shot, check)
    return recovered, doubt_of(network, seen, shot, check)


def _prepared(preparation: SourcePreparation, rgb: Picture, check: Callable[[], None]) -> tuple[Picture, Picture]:
    """A source as it is balanced, and as the network sees it."""
    balanced = preparation.balanced(rgb)
    check()
    return balanced, clean(preparation.clean, balanced, check)


def _of_seen(
    network: RecoveryNetwork,
    preparation: SourcePreparation,
    balanced: Picture,
    seen: Picture,
    shot: int,
    check: Callable[[], None],
) -> Picture:
    recovered = recover(network, seen, shot, check=check)
    return with_luma_of(recovered, balanced) if preparation.cleans else recovered


@torch.inference_mode()
def doubt_of(
    network: RecoveryNetwork, rgb: Picture, shot: int = 0, check: Callable[[], None] = lambda: None
) -> Channel:
    """The error to be expected of what `recover` makes of a prepared picture, (height, width) float32 (see `doubt`).

    `check` is called before every strip; what it raises ends the work.
    """
    device = next(network.parameters()).device
    squares = []
    for top in range(0, rgb.shape[0], STRIP_ROWS):
        check()
        rows = torch.from_numpy(np.require(rgb[top : top + STRIP_ROWS], np.float32, ["C", "W"]))
        squares.append(squared_doubt(network, rows.to(device).permute(2, 0, 1)[None], shot))
    return spread_out(torch.cat(squares, dim=2), *rgb.shape[:2])[0, 0].cpu().numpy()


@torch.inference_mode()
def recover(
    network: RecoveryNetwork,
    rgb: Picture,
    shot: int = 0,
    strip_rows: int = STRIP_ROWS,
    check: Callable[[], None] = lambda: None,
) -> Picture:
    """What the network makes of a prepared picture, (height, width, 3) float32 display-referred, as `rgb`.

    Values outside 0..1 survive.
    `strip_rows`, a multiple of 4, bounds the memory and does not change the result. `check` is called before every
    strip; what it raises ends the work.
    """
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        # TF32 would make the last digits of a GPU depend on the cut.
        return _recovered(network, rgb, shot, strip_rows, check)


def _recovered(
    network: RecoveryNetwork, rgb: Picture, shot: int, strip_rows: int, check: Callable[[], None]
) -> Picture:
    device = next(network.parameters()).device
    whole = torch.from_numpy(np.require(rgb, np.float32, ["C", "W"])).permute(2, 0, 1)[None]
    coefficients = _coefficients(network, whole.to(device), shot, strip_rows, check)
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


def _coefficients(
    network: RecoveryNetwork, picture: Tensor, shot: int, strip_rows: int, check: Callable[[], None]
) -> Tensor:
    """`network.coefficients`, with the finest level of its members made in strips."""
    strips = list(_strips(network.packed_height(picture), strip_rows // network.packing, network.trunk.margin))
    scale = network.packing // network.head_scale
    seen, graded, packed = [], [], []
    for strip, kept in strips:
        check()
        seen.append(network.seen(picture, strip.start, strip.stop))
        graded_strip = network.graded(seen[-1], shot, network.places(picture, strip.start, strip.stop))
        graded.append(graded_strip[:, :, kept.start * scale : kept.stop * scale])
    start = network.start(torch.cat(graded, dim=2))
    if not network.weights[shot]:
        return start
    for strip, _ in strips:
        check()
        inputs = network.pack(seen.pop(0), start[:, :, strip.start * scale : strip.stop * scale])
        packed.append(inputs.contiguous(memory_format=torch.channels_last))
    outputs = [_output(member, packed, strips, check) for member in network.members]
    return network.unpack(network.added(outputs, shot)) + start


def _output(
    member: nn.Module, packed: Sequence[Tensor], strips: Sequence[tuple[slice, slice]], check: Callable[[], None]
) -> Tensor:
    """The output of a member for the picture, whose packed strips overlap."""
    assert isinstance(member, Trunk)
    pieces = []
    for inputs, (_, kept) in zip(packed, strips, strict=True):
        check()
        pieces.append(member.encode(inputs)[:, :, kept])
    fine = torch.cat(pieces, dim=2)
    del pieces
    check()
    coarse = member.look_around(fine)
    pieces = []
    for strip, kept in strips:
        check()
        around = coarse[:, :, strip.start // 2 : strip.stop // 2]
        pieces.append(member.decode(fine[:, :, strip], around)[:, :, kept])
    return torch.cat(pieces, dim=2)


def _strips(height: int, rows: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Strips of two rows or more with a margin on either side, and which of their rows to keep. All bounds are even."""
    rows, margin = max(rows // 2, 1) * 2, -(-margin // 2) * 2
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        strip = slice(max(top - margin, 0), min(bottom + margin, height))
        yield strip, slice(top - strip.start, bottom - strip.start)

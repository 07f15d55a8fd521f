"""Whether the codes of frames fill the files that they are stored in, seen over several frames.

One frame tells little: a fade has every highest code once. So the frames are judged together.
"""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import OpenImageIO

from filmrecovery.base.errors import ElementError
from filmrecovery.film.elements.spread_frames import spread_frames
from filmrecovery.film.frames.narrow_codes import (
    BELOW,
    FEWEST_BITS,
    CodeUse,
    is_end_of_fewer_bits,
    narrow_doubt,
    narrow_problem,
)
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.headers.stated_codes import stated_bits
from filmrecovery.picture.arrays import Picture

_MOST_FRAMES = 6
_MOST_BITS = 32
_WIDE_ENOUGH = 2
"""Bits from which on codes are never taken for those of fewer bits: a quarter of white."""


def code_bits(header: OpenImageIO.ImageSpec) -> int:
    """How many bits a whole-number component of a frame is stored in; 0 for floating point."""
    number = str(header.format)
    if not number.startswith("uint"):
        return 0
    return header.get_int_attribute("oiio:BitsPerSample") or int(number.removeprefix("uint") or _MOST_BITS)


def code_use(rgb: Picture, bits: int) -> CodeUse:
    """Which codes a picture of so many bits uses, where whole numbers were scaled so that the highest is 1."""
    scale = (1 << bits) - 1
    highest = round(float(np.max(rgb)) * scale)
    if not is_end_of_fewer_bits(highest, bits):
        return CodeUse(bits, highest)
    near = np.rint(rgb[rgb > (highest - BELOW - 0.5) / scale] * scale).astype(np.int64)
    at_highest = int(np.count_nonzero(near == highest))
    return CodeUse(bits, highest, at_highest, near.size - at_highest)


def code_problem(name: str, first: Path, uses: Sequence[CodeUse]) -> str:
    """What is certainly wrong with the codes of frames of a name, such as a pattern; empty where nothing is.

    `uses` are those of the frames that are judged together, of which the file `first` has the header.
    """
    problem = narrow_problem(_joined(uses), stated_bits(first)) if uses else ""
    return f"{name}: {problem}" if problem else ""


def code_doubt(uses: Sequence[CodeUse]) -> str:
    """A warning for codes that may be wrong, and may be those of dark pictures; empty otherwise."""
    return narrow_doubt(_joined(uses)) if uses else ""


def sampled_problem(name: str, headers: Mapping[Path, OpenImageIO.ImageSpec]) -> str:
    """`code_problem` by a few of the files that can be opened: by one, where its codes are no dark ones."""
    paths = list(headers)
    uses = []
    for path in (paths[index] for index in spread_frames(range(len(paths)), _MOST_FRAMES)):
        bits = code_bits(headers[path])
        if bits < FEWEST_BITS:
            continue
        try:
            use = code_use(read_frame(path).rgb, bits)
        except ElementError:
            # Whoever needs the frame says what is wrong with it.
            continue
        if use.highest >> bits - _WIDE_ENOUGH:
            return ""
        uses.append(use)
    return code_problem(name, paths[0], uses) if uses else ""


def _joined(uses: Sequence[CodeUse]) -> CodeUse:
    return functools.reduce(CodeUse.with_other, uses)

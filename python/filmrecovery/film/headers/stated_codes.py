"""How many bits the codes of a file have by its own header, whatever numbers they are stored in.

Standard library alone, so that Gaffer's own process can ask.
"""

import struct
from pathlib import Path

from filmrecovery.film.headers.file_magic import DPX, PNG, TIFF, kind_of
from filmrecovery.film.headers.png_chunks import chunks_of
from filmrecovery.film.headers.tiff_directory import directory_of

_SIGNIFICANT = b"sBIT"
_TIFF_HIGHEST = (281, 341, 50717)
"""Tags: MaxSampleValue, SMaxSampleValue, and WhiteLevel of DNG."""
_COLOURS = 3
_HIGHEST = 792
"""Where the first element of a DPX file has the code of its highest value (SMPTE ST 268-1:2014, table 2)."""
_UNDEFINED = 0xFFFFFFFF
_LEAST, _MOST = 8, 32


def stated_bits(path: Path) -> int:
    """The bits of the codes of R, G and B that the header says; 0 where it says nothing of it. Raises OSError.

    PNG says it by sBIT, TIFF by MaxSampleValue, SMaxSampleValue or the WhiteLevel of DNG, DPX by its high code, where
    these are the highest code of a number of bits. What it says may be wrong: files are converted, and their headers
    kept.
    """
    kind = kind_of(path)
    if kind == PNG:
        return max(chunks_of(path, {_SIGNIFICANT}).get(_SIGNIFICANT, b"")[:_COLOURS], default=0)
    if kind == TIFF:
        tags = directory_of(path, _TIFF_HIGHEST).tags
        highest = [max(tags[tag]) for tag in _TIFF_HIGHEST if tag in tags]
        return next((bits for bits in map(_bits_of, highest) if bits), 0)
    if kind == DPX:
        with open(path, "rb") as file:
            content = file.read(_HIGHEST + 4)
        order = ">" if content.startswith(b"SDPX") else "<"
        (code,) = struct.unpack_from(order + "I", content.ljust(_HIGHEST + 4, b"\xff"), _HIGHEST)
        return 0 if code == _UNDEFINED else _bits_of(code)
    return 0


def _bits_of(highest: float) -> int:
    """The number of bits whose highest code this is; 0 where it is none."""
    return next((bits for bits in range(_LEAST, _MOST) if highest == (1 << bits) - 1), 0)

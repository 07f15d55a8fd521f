"""Files that hold more than one picture, or one whose pixels are no single values: refused by name.

OpenImageIO shows the first of several, and says of TIFF only by a try that there are more. So the files are asked.

Standard library alone, so that Gaffer's own process can ask too.
"""

import struct
from pathlib import Path

from filmrecovery.film.headers.exr_header import read_exr_header
from filmrecovery.film.headers.file_magic import EXR, PNG, TIFF, kind_of
from filmrecovery.film.headers.png_chunks import chunks_of
from filmrecovery.film.headers.tiff_directory import directory_of

_SEVERAL = "holds more than one part or page; write each frame as a single-part file"
_DEEP = "holds deep pixels; flatten it"
_ANIMATION = b"acTL"
"""The chunk of PNG that says how many frames there are."""


def parts_problem(path: Path) -> str:
    """Why a file holds not just one flat picture; empty where it does.

    Raises OSError.
    """
    kind = kind_of(path)
    if kind == EXR and (header := read_exr_header(path)):
        if header.is_deep:
            return _DEEP
        return _SEVERAL if header.parts > 1 else ""
    if kind == TIFF:
        return _SEVERAL if directory_of(path, ()).is_followed else ""
    if kind == PNG and (content := chunks_of(path, {_ANIMATION}).get(_ANIMATION)):
        (frames,) = struct.unpack_from(">I", content.ljust(4, b"\0"))
        return _SEVERAL if frames > 1 else ""
    return ""

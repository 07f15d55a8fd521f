"""What kind of picture file one is by its first bytes, whatever its name says. Standard library alone."""

from pathlib import Path

from filmrecovery.film.headers import png_chunks, tiff_directory

EXR, DPX, TIFF, PNG, JPEG = "openexr", "dpx", "tiff", "png", "jpeg"
"""Kinds, by OpenImageIO's names."""
_MAGIC = {
    b"\x76\x2f\x31\x01": EXR,
    b"SDPX": DPX,
    b"XPDS": DPX,
    **dict.fromkeys(tiff_directory.MAGIC, TIFF),
    png_chunks.MAGIC: PNG,
    b"\xff\xd8\xff": JPEG,
}


def kind_of(path: Path) -> str:
    """The kind of a file; empty for others than these. Raises OSError."""
    with open(path, "rb") as file:
        begin = file.read(max(map(len, _MAGIC)))
    return next((kind for magic, kind in _MAGIC.items() if begin.startswith(magic)), "")

"""The chunks of an EXR file, in which its pixels lie compressed. Standard library alone."""

import struct

from filmrecovery.film.headers.exr_header import attributes_of

_MAGIC = 20000630
_TILED, _DEEP, _PARTS = 0x200, 0x800, 0x1000
_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256, 10: 256, 11: 32}
"""Lines of a chunk by the code of the compression (OpenEXR, file layout)."""


def find_chunks(content: bytes | bytearray) -> tuple[dict[bytes, bytes], int]:
    """The attributes of a whole EXR file, by name, and where its first chunk starts; chunks fill it from there on.

    Raises ValueError where chunks are missing or follow no order, and for a file that is not of scan lines in one part.
    """
    try:
        magic, version = struct.unpack_from("<ii", content)
        if magic != _MAGIC or version & (_TILED | _DEEP | _PARTS):
            raise ValueError("it is no EXR file of scan lines in one part")
        attributes, position = attributes_of(content)
        _, top, _, bottom = struct.unpack("<4i", attributes[b"dataWindow"])
        lines = _LINES[attributes[b"compression"][0]]
        count = -(-(bottom - top + 1) // lines)
        offsets = sorted(struct.unpack_from(f"<{count}Q", content, position))
        start = position = position + 8 * count
        for offset in offsets:
            if offset != position:
                raise ValueError("it is cut short, or has holes")
            position += 8 + struct.unpack_from("<i", content, offset + 4)[0]
    except (struct.error, KeyError, IndexError) as error:
        raise ValueError("it is cut short") from error
    if position != len(content):
        raise ValueError("it is cut short")
    return attributes, start

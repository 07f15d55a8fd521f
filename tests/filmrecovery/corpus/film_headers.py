"""Frames whose headers say all that film carries, written byte by byte: DPX and EXR."""

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from dpx_files import Variant, write_dpx

from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame

USER_DATA = b"SCANLOG".ljust(32, b"\0") + b"reel 3\xe9"
TEXTS = {
    "160 100": b"Scanner software 4.2",
    "260 200": b"Film 1234",
    "460 200": b"Archive X",
    "1432 100": b"roll7.0042.dpx",
    "1532 24": b"2019:01:02:03:04:05",
    "1556 32": "Scanner n° 2".encode("latin-1"),
    "1588 32": b"SN 4711",
    "1664 2": b"02",
    "1666 2": b"42",
    "1668 2": b"17",
    "1670 6": b"123456",
    "1676 4": b"7890",
    "1680 32": b"35mm 4-perf",
    "1732 32": b"Frame id",
    "1764 100": b"Reel 5, slate 17A",
}
NUMBERS = {
    1408: ("I", 16),
    1412: ("I", 8),
    1416: ("f", 2048.0),
    1420: ("f", 1556.5),
    1424: ("I", 4096),
    1428: ("I", 3112),
    1620: ("4H", 1, 2, 3, 4),
    1636: ("2f", 24.5, 18.25),
    1712: ("3I", 7, 100, 1),
    1724: ("2f", 23.976, 172.8),
    1920: ("2I", 0x01020304, 0x91223344),
    1928: ("2B", 0, 1),
    1940: ("f", 25.0),
    1948: ("f", 1.7),
    1964: ("f", 940.0),
}
"""Places, kinds and values of what a scanner knows."""


def write_film_dpx(
    path: Path,
    variant: Variant | None = None,
    texts: Mapping[str, bytes] = TEXTS,
    numbers: Mapping[int, tuple[str, *tuple[float, ...]]] = NUMBERS,
) -> None:
    """A DPX file with these fields; all others are undefined."""
    variant = variant or Variant(user_data=USER_DATA)
    write_dpx(path, variant)
    content = bytearray(path.read_bytes())
    for field, text in texts.items():
        place, length = map(int, field.split())
        content[place : place + length] = text.ljust(length, b"\0")
    for place, (kind, *values) in numbers.items():
        struct.pack_into(variant.order + kind, content, place, *values)
    path.write_bytes(content)


FILM_ATTRIBUTES = {
    "timeCode": ("timecode", struct.pack("<2I", 0x01020304, 0x91223344)),
    "keyCode": ("keycode", struct.pack("<7i", 2, 42, 123456, 7890, 17, 1, 20)),
    "framesPerSecond": ("rational", struct.pack("<iI", 24000, 1001)),
    "reelName": ("string", b"A001"),
    "edgeCode": ("string", b"KJ 23 1234"),
    "scanner": ("string", "Abtaster n° 2".encode()),
    "imageCounter": ("int", struct.pack("<i", 86400)),
    "scan/notes": ("stringvector", b"".join(struct.pack("<i", len(text)) + text for text in (b"wet", b"gate"))),
}
"""Types and values, as EXR has them, of attributes that a frame is to keep."""


def write_film_exr(path: Path, attributes: Mapping[str, tuple[str, bytes]] = FILM_ATTRIBUTES) -> None:
    """An EXR file with these attributes besides those of every one, and no seal."""
    write_frame(path, frame_from_rgb(np.full((20, 32, 3), 0.5, np.float32)), "float")
    content = path.read_bytes().replace(b"filmrecovery:sha256", b"somebodys:oldsha256")
    _, end = read_attributes(path)
    block = b"".join(
        name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(value)) + value
        for name, (kind, value) in attributes.items()
    )
    chunks = -(-20 // 16)
    offsets = (offset + len(block) for offset in struct.unpack_from(f"<{chunks}Q", content, end + 1))
    path.write_bytes(
        content[:end] + block + b"\0" + struct.pack(f"<{chunks}Q", *offsets) + content[end + 1 + 8 * chunks :]
    )


def read_attributes(path: Path) -> tuple[dict[str, tuple[str, bytes]], int]:
    """Types and values of all attributes of an EXR file, by its bytes, and where the list of them ends."""
    content = path.read_bytes()
    found = {}
    place = 8
    while content[place]:
        name_end = content.index(0, place)
        kind_end = content.index(0, name_end + 1)
        (size,) = struct.unpack_from("<i", content, kind_end + 1)
        value = content[kind_end + 5 : kind_end + 5 + size]
        found[content[place:name_end].decode()] = content[name_end + 1 : kind_end].decode(), value
        place = kind_end + 5 + size
    return found, place

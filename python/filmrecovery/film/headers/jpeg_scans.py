"""Whether all scans of a JPEG file are there (ITU-T T.81).

A progressive file holds its picture coarsely first, and finer with every scan. Where the last ones were lost and the
mark of the end was put behind what is left, libraries show the coarse picture and say nothing. Each coefficient of each
component has to be there to its last bit.

Standard library alone, so that Gaffer's own process can ask too.
"""

import re
from pathlib import Path

from filmrecovery.film.headers.file_magic import JPEG, kind_of

_SEQUENTIAL, _PROGRESSIVE = (0xC0, 0xC1, 0xC9), (0xC2, 0xCA)
"""Markers of frames whose coefficients come at once, and of those where they come piece by piece."""
_START_OF_SCAN, _END = 0xDA, 0xD9
_WITHOUT_CONTENT = (0x01, *range(0xD0, 0xD8))
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
"""After what is coded: a byte of 255 in it is followed by 0, and marks of restart belong to it."""
_COEFFICIENTS = 64
_MISSING = 99
"""More bits than a coefficient has."""
_INCOMPLETE = "is not whole: the last of its scans, which make the picture sharp, are missing; restore this file"


def scans_problem(path: Path) -> str:
    """What is missing of a JPEG file whose end is there; empty where nothing is. Raises OSError.

    Of one that breaks off, the reader of the picture tells.
    """
    if kind_of(path) != JPEG:
        return ""
    left: dict[int, list[int]] = {}
    content = path.read_bytes()
    place = 2
    progressive = False
    while (found := _MARKER.search(content, place)) is not None:
        marker = found[1][0]
        place = found.end()
        if marker == _END:
            break
        if marker in _WITHOUT_CONTENT:
            continue
        length = int.from_bytes(content[place : place + 2])
        segment = content[place + 2 : place + length]
        place += length
        if marker in (*_SEQUENTIAL, *_PROGRESSIVE) and len(segment) > 5:
            progressive = marker in _PROGRESSIVE
            left = {name: [_MISSING] * _COEFFICIENTS for name in segment[6::3][: segment[5]]}
        elif marker == _START_OF_SCAN and len(segment) >= 4:
            _note(left, segment, progressive)
            if not any(map(any, left.values())):
                return ""
    else:
        return ""
    return _INCOMPLETE if left else ""


def _note(left: dict[int, list[int]], scan: bytes, progressive: bool) -> None:
    """Notes how many bits are left to come of the coefficients of a scan, by the name of the component."""
    count = scan[0]
    first, last, bits = (*scan[1 + 2 * count :], 0, 0, 0)[:3]
    if not progressive:
        first, last, bits = 0, _COEFFICIENTS - 1, 0
    for name in scan[1 : 1 + 2 * count : 2]:
        if name in left:
            left[name][first : last + 1] = [bits & 0xF] * (min(last, _COEFFICIENTS - 1) + 1 - first)

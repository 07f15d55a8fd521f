"""Damage to the bytes of a file, drawn from a seed: what disks, copies, editors and other programs do to it."""

import random
import re
import struct
from collections.abc import Callable

_HEAD = 2048
"""Bytes in which most formats keep what decides how the rest is read."""

_INTEGERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
_FLOATS = (float("nan"), float("inf"), float("-inf"), 1e38, -1e38, 0.0, -0.0)

_TOKENS = [
    *[
        "-1",
        "0",
        "1",
        "2",
        "255",
        "65536",
        "2147483648",
        "-2147483649",
        "18446744073709551616",
        "1e999",
        "-1e999",
        "1e30",
        "1e-300",
        "0.5",
        "NaN",
        "Infinity",
    ],
    *[
        "null",
        "true",
        "false",
        '""',
        '"x"',
        "[]",
        "{}",
        "[1]",
        '{"a":1}',
        '"../../.."',
        '"\\u0000"',
        '"\\ud800"',
        '"####"',
        '"1-999999999"',
    ],
    "9" * 5000,
    '"' + "n" * 5000 + '"',
    "[" * 100_000,
    '{"a":' * 50_000,
]
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_TEXT = re.compile(rb'"[^"\n]*"')
_KEY = re.compile(rb'"?[A-Za-z_]{2,}"?(?=\s*[:=])')


def mutated(content: bytes, seed: str) -> bytes:
    """The content with one to three kinds of damage; the same seed does the same."""
    draw = random.Random(seed)
    kinds = _TEXT_KINDS + _BYTE_KINDS if _is_text(content) else _BYTE_KINDS
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        content = draw.choice(kinds)(content, draw)
    return content


def _is_text(content: bytes) -> bool:
    return b"\0" not in content[:4096]


def _place(content: bytes, draw: random.Random) -> int:
    return draw.randrange(max(min(len(content), _HEAD) if draw.random() < 0.7 else len(content), 1))


def _flipped(content: bytes, draw: random.Random) -> bytes:
    result = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 8, 64))):
        if result:
            result[_place(content, draw)] ^= 1 << draw.randrange(8)
    return bytes(result)


def _edge_number(content: bytes, draw: random.Random) -> bytes:
    """A number at an end of its range, in either order of bytes, over what stands there."""
    order = draw.choice("<>")
    size, letter = draw.choice(((1, "B"), (2, "H"), (4, "I"), (4, "I"), (8, "Q")))
    number = struct.pack(order + letter, draw.choice(_INTEGERS) & ((1 << 8 * size) - 1))
    if draw.random() < 0.2:
        number = struct.pack(order + "f", draw.choice(_FLOATS))
    place = _place(content, draw)
    if draw.random() < 0.6:
        place -= place % 4
    return content[:place] + number + content[place + len(number) :]


def _cut(content: bytes, draw: random.Random) -> bytes:
    return content[: _place(content, draw)]


def _taken_out(content: bytes, draw: random.Random) -> bytes:
    place = _place(content, draw)
    return content[:place] + content[place + draw.choice((1, 2, 4, 16, 512, 4096)) :]


def _inserted(content: bytes, draw: random.Random) -> bytes:
    place, length = _place(content, draw), draw.choice((1, 2, 4, 16, 512, 4096))
    other = _place(content, draw)
    block = draw.choice((draw.randbytes(length), bytes(length), b"\xff" * length, content[other : other + length]))
    return content[:place] + block + content[place:]


def _overwritten(content: bytes, draw: random.Random) -> bytes:
    place, length = _place(content, draw), draw.choice((4, 16, 512, 4096))
    block = draw.choice((draw.randbytes(length), bytes(length), b"\xff" * length))
    return content[:place] + block[: len(content) - place] + content[place + length :]


def _replaced(pattern: re.Pattern[bytes]) -> Callable[[bytes, random.Random], bytes]:
    def replace(content: bytes, draw: random.Random) -> bytes:
        found = list(pattern.finditer(content))
        if not found:
            return content
        match = draw.choice(found)
        return content[: match.start()] + draw.choice(_TOKENS).encode() + content[match.end() :]

    return replace


def _key_lost(content: bytes, draw: random.Random) -> bytes:
    found = list(_KEY.finditer(content))
    if not found:
        return content
    match = draw.choice(found)
    return content[: match.start()] + draw.choice((b'"other"', b"other", b'""')) + content[match.end() :]


def _line_lost(content: bytes, draw: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    if not lines:
        return content
    number = draw.randrange(len(lines))
    return b"".join(lines[:number] + draw.choice(([], lines[number : number + 1] * 2)) + lines[number + 1 :])


_BYTE_KINDS = (_flipped, _edge_number, _edge_number, _cut, _taken_out, _inserted, _overwritten)
_TEXT_KINDS = (_replaced(_NUMBER), _replaced(_NUMBER), _replaced(_TEXT), _replaced(_TEXT), _key_lost, _line_lost)

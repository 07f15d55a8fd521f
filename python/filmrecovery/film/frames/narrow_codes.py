"""Codes of few bits in files of more, such as 12 in 16, that nobody scaled: read as they are, the film is too dark.

A dark film must not be taken for them, so that the highest code alone proves nothing. What proves it is a header that
says so, of codes that fit it, or a white that is clipped at the highest code of fewer bits: of a dark picture few
values lie at the very highest one.

Standard library alone, so that Gaffer's own process can judge by it too.
"""

from dataclasses import dataclass

CANDIDATES = (8, 10, 12, 14, 16)
"""Bits of codes that scanners and converters have."""
FEWEST_BITS = 12
"""Files of fewer bits are not checked: nobody was seen to store 8 bits in 10, and most scans have 10."""
BELOW = 15
"""How many codes below the highest one are counted together."""
_FEWEST_CLIPPED = 16
_DARK_BITS = 4
"""No value above 1/16 of white is darker than a film is from its start to its end, shown as it is stored."""


@dataclass(frozen=True)
class CodeUse:
    """Which codes pictures of `bits` use: the highest, how many values have it, and have one of those just below."""

    bits: int
    highest: int
    at_highest: int = 0
    just_below: int = 0

    def with_other(self, other: "CodeUse") -> "CodeUse":
        """The use of codes by both pictures together."""
        first, second = sorted((self, other), key=lambda use: -use.highest)
        if first.highest > second.highest:
            return first
        counts = first.at_highest + second.at_highest, first.just_below + second.just_below
        return CodeUse(max(first.bits, second.bits), first.highest, *counts)


def is_end_of_fewer_bits(code: int, bits: int) -> bool:
    """Whether a code is the highest one of fewer bits than these."""
    return any(code == (1 << fewer) - 1 for fewer in CANDIDATES if fewer < bits)


def narrow_problem(use: CodeUse, stated: int) -> str:
    """Why the codes of pictures are certainly of fewer bits than they are stored in; empty where that is not certain.

    `stated` is how many bits the header says, 0 where it does not.
    """
    if stated and stated < use.bits and use.highest.bit_length() == stated:
        return _problem(use, stated, f"the header says {stated} bits, and no code is above {use.highest}")
    clipped = use.at_highest >= max(_FEWEST_CLIPPED, use.just_below + 1)
    if clipped and is_end_of_fewer_bits(use.highest, use.bits):
        bits = use.highest.bit_length()
        return _problem(use, bits, f"the white is clipped at {use.highest}")
    return ""


def narrow_doubt(use: CodeUse) -> str:
    """A warning for pictures whose codes may be of fewer bits than they are stored in; empty otherwise."""
    if use.highest >> max(use.bits - _DARK_BITS, 0) or use.bits < FEWEST_BITS:
        return ""
    bits = next((fewer for fewer in CANDIDATES if not use.highest >> fewer), use.bits)
    return (
        f"no code is above {use.highest} of {(1 << use.bits) - 1}: nearly black, or codes of {bits} bits in files of "
        f"{use.bits}; look at a frame, and if it is too dark, {_remedy(use)}"
    )


def _problem(use: CodeUse, bits: int, why: str) -> str:
    return f"codes of {bits} bits in files of {use.bits}, which would be read too dark ({why}); {_remedy(use)}"


def _remedy(use: CodeUse) -> str:
    return f"write the files again with white at {(1 << use.bits) - 1}"

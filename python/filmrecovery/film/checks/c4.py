"""C4 IDs, the cryptographic hash among those that ASC MHL knows (SMPTE ST 2114): SHA-512, written to the base of 58."""

_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH = 88


def c4_id(sha512: bytes) -> str:
    """The C4 ID, 90 characters, of a SHA-512 digest, 64 bytes."""
    number = int.from_bytes(sha512, "big")
    text = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return "c4" + text.rjust(_LENGTH, _DIGITS[0])

"""What a PNG file says of how its picture lies, in places where the library does not look (W3C PNG, third edition).

ExifTool puts Exif behind the picture, and ImageMagick of old wrote it as a text. Viewers turn such pictures, and the
library reads them as they lie. Standard library alone, so that Gaffer's own process can ask too.
"""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

from filmrecovery.film.headers.png_chunks import placed_chunks, unpacked
from filmrecovery.film.headers.tiff_directory import read_directory

_EXIF, _TEXT, _PACKED_TEXT = b"eXIf", b"tEXt", b"zTXt"
_PROFILES = (b"Raw profile type exif", b"Raw profile type APP1")
_IN_PROFILE = b"Exif\0\0"
_ORIENTATION, _UPRIGHT = 0x0112, (0, 1)


def hidden_orientation_problem(path: Path) -> str:
    """Why a PNG file may be read turned or mirrored; empty where it is not, and for other files. Raises OSError."""
    for content in _hidden(path):
        orientation = next(iter(read_directory(io.BytesIO(content), {_ORIENTATION}).whole(_ORIENTATION)), 0)
        if orientation not in _UPRIGHT:
            return (
                f"lies turned or mirrored in its file (orientation {orientation}), and says so where most programs do "
                "not look; turn it with a program that shows it right, and save it"
            )
    return ""


def _hidden(path: Path) -> Iterator[bytes]:
    """The Exif data of a file that the library passes over."""
    for name, content, is_behind in placed_chunks(path, {_EXIF, _TEXT, _PACKED_TEXT}):
        if name == _EXIF:
            if is_behind:
                yield content
            continue
        keyword, _, text = content.partition(b"\0")
        if keyword in _PROFILES:
            # Those that are damaged are no orientation.
            with contextlib.suppress(ValueError):
                yield _profile(unpacked(content) if name == _PACKED_TEXT else text)


def _profile(text: bytes) -> bytes:
    """A profile as ImageMagick writes it: its kind and its length, each in a line, and hexadecimal digits."""
    _, _, *digits = text.strip().split()
    return bytes.fromhex(b"".join(digits).decode("ascii")).removeprefix(_IN_PROFILE)

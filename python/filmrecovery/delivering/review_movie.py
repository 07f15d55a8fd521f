"""The movie of a review: MPEG-4 part 2 in an MP4 file, the one codec for it that every build of OpenCV writes.

OpenCV turns R'G'B' into Y'CbCr by the matrix of ITU-R BT.601 and does not say so in the file, so that players take that
of BT.709 for pictures of HD size, and show wrong colours. Therefore the matrix is written into the file (ISO/IEC
14496-12, 12.1.5).
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from filmrecovery.base.atomic import atomic_path
from filmrecovery.base.errors import OutputError
from filmrecovery.picture.arrays import Codes, Picture

_UNSPECIFIED, _BT601 = 2, 6
"""Code points of ITU-T H.273. Primaries and curve belong to a display that the file cannot name."""

_COLOUR = b"colrnclx" + b"".join(code.to_bytes(2, "big") for code in (_UNSPECIFIED, _UNSPECIFIED, _BT601)) + b"\0"
_PICTURE_FORMAT = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"mp4v")
"""Boxes, each inside the one before, of which the last describes the pictures."""

_HEADER = 8
_HEADERS = {b"stsd": 16}
"""Bytes before the content of a box."""


def write_review_movie(path: Path, pictures: Iterable[Picture], rate: float) -> None:
    """Writes pictures, (height, width, 3) in 0..1 for the display and all of one size, as a movie, atomically.

    `rate` is frames a second. Colour is kept at half the size (4:2:0), for which an odd last row or column is left out.
    Raises OutputError.
    """
    with atomic_path(path) as temporary:
        writer = cv2.VideoWriter()
        count = 0
        try:
            for picture in pictures:
                count += 1
                even = picture[: len(picture) // 2 * 2, : picture.shape[1] // 2 * 2]
                codes = np.rint(even[..., ::-1] * 255.0).astype(np.uint8)
                if not writer.isOpened():
                    _open(writer, path, temporary, codes, rate)
                writer.write(np.ascontiguousarray(codes))
        finally:
            writer.release()
        _state_matrix(path, temporary)
        _check_pictures(path, temporary, count)


def check_review_movie(width: int, height: int, rate: float) -> None:
    """Raises OutputError where no movie of such pictures can be written here, which a small one tells."""
    black = np.zeros((height, width, 3), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        try:
            write_review_movie(Path(folder) / "movie.mp4", [black], rate)
        except OutputError as error:
            raise OutputError(f"no movie of {width}x{height} pixels can be written; choose the review png") from error


def _open(writer: cv2.VideoWriter, path: Path, temporary: Path, codes: Codes, rate: float) -> None:
    codec = cv2.VideoWriter.fourcc(*"mp4v")
    height, width, _ = codes.shape
    if not writer.open(str(temporary), cv2.CAP_FFMPEG, codec, rate, (width, height)):
        raise OutputError(f"{path}: no movie of {width}x{height} pixels can be written; choose the review png")


def _check_pictures(path: Path, written: Path, count: int) -> None:
    """Decodes the movie: OpenCV does not say what it could not write."""
    reader = cv2.VideoCapture(str(written), cv2.CAP_FFMPEG)
    try:
        readable = 0
        while reader.grab():
            readable += 1
    finally:
        reader.release()
    if readable != count:
        raise OutputError(
            f"{path}: {readable} of {count} pictures of the movie can be read; free some space or choose the review png"
        )


def _state_matrix(path: Path, written: Path) -> None:
    """Adds the colour to the description of the pictures, which OpenCV writes behind these, where it can grow."""
    with open(written, "rb+") as file:
        position, size = 0, os.fstat(file.fileno()).st_size
        kind = b""
        while position < size:
            file.seek(position)
            header = file.read(2 * _HEADER)
            kind, length = header[4:8], int.from_bytes(header[:4], "big")
            if length == 1:
                length = int.from_bytes(header[8:], "big")
            if kind == b"moov" or length < _HEADER:
                break
            position += length
        file.seek(position)
        description = file.read()
        # OpenCV is silent about a full disk.
        if kind != b"moov" or int.from_bytes(description[:4], "big") != len(description):
            raise OutputError(f"{path}: the movie came out incomplete; free some space or choose the review png")
        file.seek(position)
        file.write(_appended(description, _PICTURE_FORMAT, _box(_COLOUR)))


def _appended(boxes: bytes, kinds: tuple[bytes, ...], addition: bytes) -> bytes:
    """Boxes in a row with an addition at the end of that which the kinds lead to."""
    if not kinds:
        return boxes + addition
    result = b""
    for box in _split(boxes):
        kind = box[4:8]
        if kind == kinds[0]:
            start = _HEADERS.get(kind, _HEADER)
            box = _box(box[4:start] + _appended(box[start:], kinds[1:], addition))
        result += box
    return result


def _split(boxes: bytes) -> Iterator[bytes]:
    while boxes:
        length = max(int.from_bytes(boxes[:4], "big"), _HEADER)
        yield boxes[:length]
        boxes = boxes[length:]


def _box(content: bytes) -> bytes:
    """A box of its kind and what follows that."""
    return (len(content) + 4).to_bytes(4, "big") + content

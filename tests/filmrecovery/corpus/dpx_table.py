"""Reads a DPX file of every layout of the standard, and prints how many are read right, refused, and read wrong.

    python tests/filmrecovery/corpus/dpx_table.py

Beside the engine stand the two libraries that everybody uses: OpenImageIO, and FFmpeg where PyAV is installed.
Ends with status 1 where the engine reads one wrong.
"""

import collections
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenImageIO
from dpx_files import Variant, variants, write_dpx

from filmrecovery.base.errors import ElementError
from filmrecovery.film.frames.orientation import upright_pixels
from filmrecovery.film.frames.read_frame import read_frame

RIGHT, REFUSED, WRONG = "right", "refused", "wrong"
_TOLERANCE = {1: 0.6, 8: 0.003, 10: 0.0008, 12: 0.0003}
"""Half a code, and a little for what a library rounds."""


def outcome(read: Callable[[Path], np.typing.NDArray[np.floating] | None], path: Path, truth: object, bits: int) -> str:
    """What a reader makes of a file, given the picture that is in it; it returns None where it refuses."""
    found = read(path)
    if found is None:
        return REFUSED
    expected = np.asarray(truth)
    near = found.shape == expected.shape and np.abs(found - expected).max() <= _TOLERANCE.get(bits, 1e-4)
    return RIGHT if near else WRONG


def by_engine(path: Path) -> np.typing.NDArray[np.floating] | None:
    try:
        return read_frame(path).rgb
    except ElementError:
        return None


def by_openimageio(path: Path) -> np.typing.NDArray[np.floating] | None:
    file = OpenImageIO.ImageInput.open(str(path))
    if file is None:
        OpenImageIO.geterror()
        return None
    spec = file.spec()
    pixels = file.read_image(0, 0, 0, spec.nchannels, OpenImageIO.FLOAT)
    if file.geterror() or pixels is None or not {"R", "G", "B"} <= set(spec.channelnames):
        return None
    places = [spec.channelnames.index(name) for name in "RGB"]
    return upright_pixels(pixels[..., places], spec.get_int_attribute("Orientation", 1))


def by_ffmpeg(path: Path) -> np.typing.NDArray[np.floating] | None:
    """The stored picture: FFmpeg knows nothing of its orientation."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as film:
            frame = next(film.decode(video=0))
            if frame.format.name.startswith(("gray", "yuv")):
                return None
            if frame.format.name in ("rgb24", "rgba", "abgr"):
                return frame.reformat(format="rgb24", threads=1).to_ndarray().astype(np.float32) / 255
            return frame.reformat(format="rgb48le", threads=1).to_ndarray().astype(np.float32) / 65535
    except (FFmpegError, StopIteration, ValueError):
        return None


def tally() -> tuple[dict[str, collections.Counter[str]], list[tuple[Variant, dict[str, str]]]]:
    """The outcomes of each reader, and those of each variant."""
    try:
        from av import logging

        logging.set_level(logging.PANIC)
        with_ffmpeg = True
    except ImportError:
        with_ffmpeg = False
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.0001.dpx"
        for variant in variants():
            truth = write_dpx(path, variant)
            found = {
                "this engine": outcome(by_engine, path, truth, variant.bits),
                "OpenImageIO": outcome(by_openimageio, path, truth, variant.bits),
            }
            if with_ffmpeg:
                stored = np.asarray(truth)
                if variant.orientation:
                    stored = np.asarray(write_dpx(path, Variant(**{**vars(variant), "orientation": 0})))
                    write_dpx(path, variant)
                found["FFmpeg, stored picture"] = outcome(by_ffmpeg, path, stored, variant.bits)
            for reader, result in found.items():
                counts[reader][result] += 1
            rows.append((variant, found))
    return counts, rows


def main() -> int:
    counts, rows = tally()
    print(f"| {len(rows)} layouts of DPX | right | refused | wrong |")
    print("|---|---|---|---|")
    for reader, count in counts.items():
        print(f"| {reader} | {count[RIGHT]} | {count[REFUSED]} | {count[WRONG]} |")
    wrong = [(variant, found) for variant, found in rows if found["this engine"] == WRONG]
    for variant, _ in wrong:
        print(f"read wrong: {variant}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

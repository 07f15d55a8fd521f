"""The demo film as a DVD: unpacked, and compared with the clean frames.

    python tests/filmrecovery/corpus/simulated_disc.py

The film is shown as 60 fields a second (2:3 pulldown) with a cut in the fields, 720x480 pixels of the aspect 8:9, and
coded as MPEG-2 in 4:2:0 with fields, at about the rate of a disc. Prints the figures of the guide.
"""

import dataclasses
import fractions
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from movie_files import BLUE, LUMA, RED, write_movie

from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.movies.movie_record import read_movie_record, record_path
from filmrecovery.film.movies.unpack import unpack
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from filmrecovery.picture.arrays import Picture, Values
from filmrecovery.trials.simulation.demo_film import film_frame

NTSC = fractions.Fraction(30000, 1001)
ASPECT = fractions.Fraction(8, 9)


def on_disc(frame: Picture) -> list[Values]:
    """Y, Cb and Cr of a frame as codes of 8 bits in 4:4:4, by BT.601."""
    luma = frame @ LUMA["bt601"]
    blue, red = (frame[..., 2] - luma) / BLUE["bt601"], (frame[..., 0] - luma) / RED["bt601"]
    return [16 + 219 * luma, 128 + 224 * blue, 128 + 224 * red]


def fields_of(frames: Sequence[int], lost: Sequence[int]) -> list[int]:
    """The frame that each field is of, by 2:3 pulldown; of the fields in their order, those of `lost` are cut out."""
    order = [frame for index, frame in enumerate(frames) for _ in range(2 + index % 2)]
    return [frame for field, frame in enumerate(order) if field not in lost]


def telecined(frames: Sequence[Picture], order: Sequence[int]) -> Iterator[list[Values]]:
    """Pictures of two fields, the top one first, whose colour is halved both ways in each field by itself."""
    codes = [on_disc(frame) for frame in frames]
    for top, bottom in zip(order[0::2], order[1::2], strict=False):
        luma = _woven(codes[top][0][0::2], codes[bottom][0][1::2])
        chroma = [_woven(_halved(codes[top][part], 0), _halved(codes[bottom][part], 1)) for part in (1, 2)]
        yield [luma, *chroma]


def _woven(top: Values, bottom: Values) -> Values:
    return np.stack([top, bottom], axis=1).reshape(2 * len(top), -1)


def _halved(chroma: Values, start: int) -> Values:
    """Colour of a field at the places of H.262: at every second pixel, and a quarter of a field's line off."""
    field = chroma[start::2]
    # Around the pixel at the left of two.
    padded = np.pad(field, ((0, 0), (1, 1)), mode="edge")
    wide = (padded[:, :-2] / 4 + padded[:, 1:-1] / 2 + padded[:, 2:] / 4)[:, 0::2]
    near, far = (0.75, 0.25) if start == 0 else (0.25, 0.75)
    return near * wide[0::2] + far * wide[1::2]


def write_disc(path: Path, frames: Sequence[Picture], order: Sequence[int], bit_rate: int) -> Path:
    """Writes the fields of a film as an MPEG-2 program stream."""
    return write_movie(
        path,
        telecined(frames, order),
        "mpeg2video",
        "yuv420p",
        rate=NTSC,
        matrix="bt601",
        value_range="limited",
        aspect=ASPECT,
        interlaced=True,
        bit_rate=bit_rate,
        max_b_frames=2,
        gop_size=15,
    )


def psnr(found: Picture, truth: Picture) -> float:
    """The ratio of signal and noise in decibels, of R'G'B' in 0..1."""
    return float(-10 * np.log10(np.mean((np.clip(found, 0, 1) - truth) ** 2)))


def stored_frame(number: int, width: int = 720, height: int = 480) -> Picture:
    """A frame of the demo film as a disc stores it: of the proportions of its pixels' aspect."""
    square = np.asarray(film_frame(number, width, round(height / ASPECT)), np.float32)
    return np.asarray(cv2.resize(square, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def shown_frames(found: Sequence[Picture], frames: Sequence[Picture]) -> list[int]:
    """The frame of the film, from 0, that each of the pictures is nearest to."""
    height, width = found[0].shape[:2]
    truths = [cv2.resize(frame, (width, height), interpolation=cv2.INTER_CUBIC) for frame in frames]
    return [int(np.argmin([np.mean((picture - truth) ** 2) for truth in truths])) for picture in found]


def main() -> int:
    """Prints the figures. Ends with status 1 where a frame is missing, doubled or in the wrong place."""
    count = 60
    frames = [stored_frame(number) for number in range(1, count + 1)]
    order = fields_of(range(count), lost=range(72, 75))
    kept = sorted(set(order))
    as_stored = UnpackSettings(pixels="stored")
    pairs = list(zip(order[0::2], order[1::2], strict=False))
    with tempfile.TemporaryDirectory() as folder:

        def unpacked(name: str, settings: UnpackSettings) -> Element:
            return unpack(settings, disc, str(Path(folder) / f"{name}.####.exr"))

        disc = write_disc(Path(folder) / "disc.vob", frames, order, 7_000_000)
        started = time.monotonic()
        element = unpacked("video", UnpackSettings())
        seconds = time.monotonic() - started
        record = read_movie_record(record_path(element.pattern))
        found = [read_frame(path).rgb for path in element.paths()]
        of_film = [read_frame(path).rgb for path in unpacked("stored", as_stored).paths()]
        woven = [
            read_frame(path).rgb
            for path in unpacked("woven", dataclasses.replace(as_stored, pictures="frames")).paths()
        ]
        kilobytes = disc.stat().st_size / 1024
    in_order = shown_frames(found, frames) == kept
    ratios = [psnr(picture, frames[frame]) for picture, frame in zip(of_film, kept, strict=True)]
    as_is = [psnr(picture, frames[top]) for picture, (top, bottom) in zip(woven, pairs, strict=True) if top != bottom]
    print(f"disc: {len(pairs)} pictures, {len(as_is)} of them of two frames; {kilobytes:.0f} KiB")
    print(f"found: {record.decided.cadence}, {record.decided.first_field} first, {record.decided.rate} a second")
    print(f"frames: {len(found)} of {len(kept)}, in order: {in_order}; breaks {record.breaks}, halves {record.halves}")
    print(f"size {record.decided.width}x{record.decided.height}, {record.decided.matrix}, {record.decided.siting}")
    print(f"PSNR of the frames: mean {np.mean(ratios):.1f} dB, least {min(ratios):.1f} dB")
    print(f"PSNR of the pictures of two frames, as they are: mean {np.mean(as_is):.1f} dB, least {min(as_is):.1f} dB")
    print(f"{len(found) / seconds:.1f} frames a second")
    return int(not in_order)


if __name__ == "__main__":
    sys.exit(main())

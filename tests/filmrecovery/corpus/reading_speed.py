"""How fast frames of 2K are read, beside oiiotool and FFmpeg. Prints the table of the guide.

    python tests/filmrecovery/corpus/reading_speed.py [runs]

Each run reads the same frames from the disk's cache, one reader after the other, so that other work on the machine
slows all of them alike; the medians are printed. oiiotool reads and throws away (`-o .null`), FFmpeg decodes through
PyAV; both keep the codes, where Film Recovery makes float R'G'B' and checks the file.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.movies.movie_file import open_movie
from filmrecovery.film.movies.unpack_settings import FULL, LEFT
from filmrecovery.film.movies.write_movie import MOVIE_FORMATS, MovieLabels, write_movie
from filmrecovery.film.movies.ycbcr import rgb_of
from filmrecovery.trials.simulation.demo_film import film_frame

OIIOTOOL = str(Path(sys.executable).with_name("oiiotool"))
"""Of the wheel of OpenImageIO."""
WIDTH, HEIGHT, COUNT = 2048, 1556, 12


def by_us(files: list[Path]) -> None:
    """Reads frames, or the pictures of a movie, as this software does."""
    if files[0].suffix == ".mkv":
        with open_movie(files[0]) as movie:
            for picture in movie.pictures():
                rgb_of(picture.components, movie.layout, "", FULL, LEFT)
        return
    for path in files:
        read_frame(path)


def by_oiiotool(files: list[Path]) -> None:
    """Reads frames with the program oiiotool, in one call."""
    # Of its own patterns one "#" stands for four digits.
    pattern = files[0].with_name(files[0].name.replace("0001", "#"))
    call = [OIIOTOOL, "--threads", "1", "--frames", f"1-{COUNT}", str(pattern), "-o", "thrown_away.#.null"]
    subprocess.run(call, check=True, capture_output=True)


def by_ffmpeg(files: list[Path]) -> None:
    """Decodes frames, or the pictures of a movie, with FFmpeg, one thread."""
    for path in files:
        with av.open(str(path)) as container:
            container.streams.video[0].thread_count = 1
            for _ in container.decode(video=0):
                pass


def main() -> int:
    """Prints the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        random = np.random.default_rng(1)
        grain = random.normal(0, 0.01, (HEIGHT, WIDTH, 3)).astype(np.float32)
        pictures = [np.clip(film_frame(n, WIDTH, HEIGHT) + np.roll(grain, n, 1), 0, 1) for n in range(1, COUNT + 1)]
        files = {
            kind: [folder / f"{kind}.{n:04d}{suffix}" for n in range(1, COUNT + 1)]
            for kind, suffix in (("DPX, 10 bits", ".dpx"), ("EXR, half, ZIP", ".exr"))
        }
        for paths in files.values():
            for path, picture in zip(paths, pictures, strict=True):
                write_frame(path, frame_from_rgb(picture))
        for bits in (10, 16):
            path = folder / f"ffv1.{bits}.mkv"
            write_movie(path, MOVIE_FORMATS[f"ffv1-{bits}"], pictures, MovieLabels(Fraction(24)))
            files[f"FFV1, {bits} bits"] = [path]
        readers: dict[str, Callable[[list[Path]], None]] = {
            "Film Recovery": by_us,
            "FFmpeg": by_ffmpeg,
            "oiiotool": by_oiiotool,
        }
        print(f"| {WIDTH}x{HEIGHT}, frames a second | {' | '.join(readers)} |\n|---|{'---|' * len(readers)}")
        for kind, paths in files.items():
            seconds: dict[str, list[float]] = {reader: [] for reader in readers}
            for _ in range(runs):
                for reader, read in readers.items():
                    if reader == "oiiotool" and paths[0].suffix == ".mkv":
                        continue
                    started = time.monotonic()
                    read(paths)
                    seconds[reader].append(time.monotonic() - started)
            shown = [f"{COUNT / np.median(found):.1f}" if found else "" for found in seconds.values()]
            print(f"| {kind} | {' | '.join(shown)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Unpacks movies of every codec, depth, range, matrix, chroma, siting and order of fields, and prints how many come out
right, refused and wrong.

    python tests/filmrecovery/corpus/movie_table.py

The picture in them is known, and what the codes and the codec lose of it is allowed for. Beside the engine stands
FFmpeg's own reading (its filter scale), which is allowed what it rounds. Ends with status 1 where the engine gets one
wrong, or refuses one without the words that it should have.
"""

import collections
import contextlib
import io
import itertools
import re
import sys
import tempfile
from pathlib import Path

import av
import av.filter
import numpy as np
from movie_cases import MovieCase, field_cases, lossless_cases, lossy_cases, off, refused_cases

from filmrecovery.base.errors import RecoveryError
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.movies.unpack import unpack
from filmrecovery.film.movies.unpack_settings import FRAMES

RIGHT, REFUSED, WRONG = "right", "refused", "wrong"
_ROUNDED = 0.004
"""What FFmpeg's conversion is off besides, at every depth."""


def outcome(case: MovieCase, folder: Path) -> tuple[str, str | float]:
    """What becomes of a movie, and by how much R'G'B' is off at most, or why it is refused."""
    movie = case.write(folder)
    try:
        element = unpack(case.settings, movie, str(folder / "frame.####.exr"))
    except RecoveryError as error:
        right = case.refusal and re.search(rf"{movie.name}: .*{case.refusal}", str(error))
        return REFUSED if right else WRONG, str(error)
    truth = case.truth()
    if case.refusal or len(element.frames) != len(truth):
        return WRONG, f"{len(element.frames)} frames"
    error = max(off(read_frame(path).rgb, picture) for path, picture in zip(element.paths(), truth, strict=True))
    return RIGHT if error <= case.tolerance else WRONG, error


def by_ffmpeg(case: MovieCase, movie: Path) -> float:
    """The largest error of FFmpeg's own conversion into float, of what it takes the first picture for.

    Where samples of colour lie it is told: by itself it takes the middle for all, whatever the movie says.
    """
    with av.open(str(movie)) as container:
        stream = container.streams.video[0]
        picture = next(container.decode(stream))
        graph = av.filter.Graph()
        # Several threads write over each other's first pixels where they meet.
        graph.threads = 1
        flags = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
        steps = [
            graph.add_buffer(template=stream),
            graph.add("scale", f"flags={flags}:interl=-1:out_range=full:in_chroma_loc={case.siting.replace('-', '')}"),
            graph.add("format", "gbrpf32le"),
            graph.add("buffersink"),
        ]
        for before, after in itertools.pairwise(steps):
            before.link_to(after)
        graph.configure()
        graph.push(picture)
        return off(np.asarray(graph.vpull().to_ndarray(), np.float32), case.truth()[0])


def is_for_both(case: MovieCase) -> bool:
    """Whether FFmpeg's reading can be compared: nothing is said to the engine alone, and a picture is a frame."""
    plain = case.settings.matrix is case.settings.range is case.settings.siting is None
    return plain and not case.refusal and (not case.fields or case.settings.pictures == FRAMES)


def main() -> int:
    """Prints the table."""
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    others: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    worst: dict[int, list[float]] = collections.defaultdict(lambda: [0.0, 0.0])
    for case in (*lossless_cases(), *lossy_cases(), *field_cases(), *refused_cases()):
        with tempfile.TemporaryDirectory() as folder:
            with contextlib.redirect_stderr(io.StringIO()):
                found, error = outcome(case, Path(folder))
            counts[case.group][found] += 1
            if found == WRONG:
                print(f"wrong ({error}): {case}", file=sys.stderr)
            if not is_for_both(case):
                continue
            theirs = by_ffmpeg(case, Path(folder) / f"movie.{case.suffix}")
            others[case.group][RIGHT if theirs <= case.tolerance + _ROUNDED else WRONG] += 1
            if (
                isinstance(error, float)
                and case.codec == "ffv1"
                and case.pixel_format.startswith("yuv444")
                and not case.fields
            ):
                bits = case.layout.bits
                worst[bits] = [max(pair) for pair in zip(worst[bits], (error, theirs), strict=True)]
    print(
        "| movies | right | refused by name | wrong | FFmpeg's own reading: right | wrong |\n|---|---|---|---|---|---|"
    )
    for group, found in counts.items():
        theirs = " | ".join(str(others[group][each]) if group in others else "" for each in (RIGHT, WRONG))
        print(f"| {group} | {found[RIGHT]} | {found[REFUSED]} | {found[WRONG]} | {theirs} |")
    whole, their_whole = (sum(each.values(), collections.Counter[str]()) for each in (counts, others))
    theirs = f"{their_whole[RIGHT]} | {their_whole[WRONG]}"
    print(f"| all {whole.total()} | {whole[RIGHT]} | {whole[REFUSED]} | {whole[WRONG]} | {theirs} |")
    print("\n| 4:4:4 of | largest error | of FFmpeg's conversion |\n|---|---|---|")
    for bits, (error, other) in worst.items():
        print(f"| {bits} bits | {error:.6f} | {other:.6f} |")
    return whole[WRONG] > 0


if __name__ == "__main__":
    sys.exit(main())

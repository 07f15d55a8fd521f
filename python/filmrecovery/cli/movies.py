"""The verb that makes frames of a movie."""

import argparse
from pathlib import Path

from filmrecovery.base.declared_settings import add_options, from_options
from filmrecovery.cli.verb import Verbs, add_verb


def add_unpack(verbs: Verbs) -> None:
    from filmrecovery.film.movies.unpack_settings import UnpackSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.film.elements.frame_numbers import format_frames
        from filmrecovery.film.movies.unpack import unpack

        settings = from_options(UnpackSettings, options)
        element = unpack(settings, options.movie, options.output, options.frames, options.movie_space)
        print(f"unpacked: {element.pattern}, frames {format_frames(element.frames)}")

    text = """make numbered frames of a movie, which all other verbs read

Decodes every picture of FFV1, ProRes, DNxHR, v210, H.264, MPEG-2 (DVD) and others, in Matroska, MOV, MP4, MXF, AVI,
VOB, MPG and TS, and writes EXR files that keep every code value. Colour is not converted. Where a telecine doubled
fields, the frames of the film are found again. A record is written beside the frames, such as video.movie.json beside
video.####.exr: what the movie said, what was decided, and which picture each frame is. Call it again to continue where
it was stopped. Needs the extra `movies`."""
    parser = add_verb(verbs, "unpack", action, text)
    parser.add_argument("movie", type=Path, help="the movie, such as video.mkv")
    parser.add_argument("output", help="pattern of the files to write, such as video.####.exr")
    parser.add_argument("--frames", help='frames to write, such as "1-48" (default: all)')
    parser.add_argument(
        "--movie-space",
        default="",
        help="OCIO colour space of the movie: a movie that says another kind is warned of; no colour is converted",
    )
    add_options(parser, UnpackSettings)


VERBS = (add_unpack,)

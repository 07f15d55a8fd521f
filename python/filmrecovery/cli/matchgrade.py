"""Verbs that fit a match grade, the baseline of a recovery, and apply it."""

import argparse
from pathlib import Path

from filmrecovery.base.declared_settings import add_options, from_options
from filmrecovery.cli.verb import (
    FRAMES_HELP,
    WHOLE_HELP,
    Verbs,
    add_element,
    add_verb,
    element_of,
    whole_element_of,
)

_LUT_HELP = "LUT to write, such as grade.clf; the same LUT as grade.cube, and its record, grade.json, lie beside it"


def add_match_grade(verbs: Verbs) -> None:
    from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.matchgrade.match_grade import match_grade

        record = match_grade(from_options(MatchGradeSettings, options), options.pairs, options.lut)
        print(f"{record}\nLUT: {options.lut}")

    text = """fit a 3D LUT to training pairs, the baseline of a recovery

The LUT is the best that a colourist's match of the two elements can do: the same change for the same colour, wherever
it is in the picture. It is fitted to the pairs that the model is trained on, never to hold-outs."""
    parser = add_verb(verbs, "match-grade", action, text)
    parser.add_argument("pairs", type=Path, nargs="+", help="folders with pairs")
    parser.add_argument("--lut", type=Path, required=True, metavar="FILE", help=_LUT_HELP)
    add_options(parser, MatchGradeSettings)


def add_match_grade_unpaired(verbs: Verbs) -> None:
    from filmrecovery.matchgrade.match_grade_settings import UnpairedSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.matchgrade.match_grade import match_grade_unpaired

        settings = from_options(UnpairedSettings, options)
        source = element_of(options, "source", options.frames)
        reference = element_of(options, "reference", options.reference_frames)
        record = match_grade_unpaired(settings, source, reference, options.lut)
        print(f"{record}\nLUT: {options.lut}")

    text = """fit a 3D LUT to two elements without pairs

The colours of the source get the same distribution as the reference's colours. Both elements have to show the same
scenes, but they need not be matched or aligned."""
    parser = add_verb(verbs, "match-grade-unpaired", action, text)
    add_element(parser, "source")
    add_element(parser, "reference")
    parser.add_argument("--lut", type=Path, required=True, metavar="FILE", help=_LUT_HELP)
    parser.add_argument("--frames", help=FRAMES_HELP)
    parser.add_argument("--reference-frames", metavar="FRAMES", help="frames of the reference (default: all)")
    add_options(parser, UnpairedSettings)


def add_grade(verbs: Verbs) -> None:
    from filmrecovery.matchgrade.match_grade_settings import GradeSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.matchgrade.grading import grade

        settings = from_options(GradeSettings, options)
        source = whole_element_of(options, "source")
        graded = grade(settings, options.lut, source, options.output)
        print(f"graded: {graded.pattern}")

    text = """apply a LUT to every frame of a shot

Takes the LUT of a match grade, or any that OpenColorIO reads. Alpha, other channels, metadata and data window stay as
they are. A LUT covers values from 0 to 1; by how much a value is below 0 or above 1 is added to the result. Frames that
are finished are not graded again unless the LUT, the settings or the source changed."""
    parser = add_verb(verbs, "grade", action, text)
    parser.add_argument("lut", type=Path, help="file of the LUT, such as grade.clf")
    add_element(parser, "source", space=None)
    parser.add_argument("output", help="pattern of the files to write, such as graded.####.exr")
    parser.add_argument("--frames", help=WHOLE_HELP)
    add_options(parser, GradeSettings)


VERBS = (add_match_grade, add_match_grade_unpaired, add_grade)

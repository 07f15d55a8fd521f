"""Verbs that make a reference where no other element has the colour."""

import argparse
import logging
from pathlib import Path

from filmrecovery.base.declared_settings import add_options, from_options
from filmrecovery.cli.verb import FRAMES_HELP, Verbs, add_element, add_verb, element_of

_LOG = logging.getLogger(__name__)


def add_paint_export(verbs: Verbs) -> None:
    from filmrecovery.painting.painting_settings import ExportSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.film.elements.frame_numbers import format_frames
        from filmrecovery.painting.export_for_painting import export_for_painting

        export = export_for_painting(
            from_options(ExportSettings, options), element_of(options, "source", options.frames), options.folder
        )
        if export.painted_frames:
            print(f"painted already, not overwritten: {format_frames(export.painted_frames)}")
        frames = [given.frame for given in export.painting.frames]
        print(f"{options.folder}: frames {format_frames(frames)} in {export.painting.working_space}, see README.txt")

    text = """give frames out for painting

Writes paint.#### to paint, luma.#### as a guide, a README.txt for the painter and painting.json. With --artwork the
painter starts from a draft in that picture's palette. Frames that are painted already are never overwritten."""
    parser = add_verb(verbs, "paint-export", action, text)
    add_element(parser, "source")
    parser.add_argument("folder", type=Path, help="folder for the painter")
    parser.add_argument("--frames", required=True, help='frames to paint, such as "1,24,48"')
    add_options(parser, ExportSettings)


def add_paint_import(verbs: Verbs) -> None:
    from filmrecovery.painting.painting_settings import ImportSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.painting.check_painted import table
        from filmrecovery.painting.take_back import check_frames, write_reference

        checks = check_frames(from_options(ImportSettings, options), options.folder)
        print(table(checks))
        for check in checks:
            for warning in check.warnings:
                _LOG.warning("%s", warning)
        print(f"reference: {write_reference(options.folder, checks, options.reference).pattern}")

    text = """take painted frames back as a reference

Takes files with the same names: TIFF, PNG or EXR, with or without alpha. Checks for each file whether it is painted,
and its size, place, colour space and luma. Prints the result as a table and writes it to FOLDER/checks.json. If one
file cannot be used, no reference is written. Use the reference with pairs --mode chroma --median 0."""
    parser = add_verb(verbs, "paint-import", action, text)
    parser.add_argument("folder", type=Path, help="folder that was given out")
    parser.add_argument("reference", help="pattern of the files to write, such as painted.####.exr")
    add_options(parser, ImportSettings)


def add_palette(verbs: Verbs) -> None:
    from filmrecovery.painting.painting_settings import PaletteSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.painting.drafts import write_drafts

        settings = from_options(PaletteSettings, options)
        source = element_of(options, "source", options.frames)
        drafts = write_drafts(settings, source, options.artwork, options.output)
        print(f"drafts: {drafts.pattern}")

    text = """colour frames in the palette of an artwork

Makes a first draft for painting. Each tone gets the colours that a painting, a poster or a photograph has at that tone;
the luma stays the source's. All frames of the call share one palette."""
    parser = add_verb(verbs, "palette", action, text)
    add_element(parser, "source")
    parser.add_argument("artwork", type=Path, help="picture whose colours are borrowed")
    parser.add_argument("output", help="pattern of the files to write, such as draft.####.exr")
    parser.add_argument("--frames", help=FRAMES_HELP)
    add_options(parser, PaletteSettings)


VERBS = (add_paint_export, add_paint_import, add_palette)

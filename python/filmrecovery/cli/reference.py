"""Verbs that look at elements, and bring a reference and its source together."""

import argparse
from pathlib import Path

from filmrecovery.base.declared_settings import add_options, from_options
from filmrecovery.cli.verb import (
    FRAMES_HELP,
    Verbs,
    add_element,
    add_verb,
    element_of,
    optional_element_of,
)

_SHOTS_HELP = (
    "file with the shots of the source, which may differ in framing: shots.json, or a timeline such as shots.otio"
)


def add_check(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.film.checks.parity import check_element, check_parity
        from filmrecovery.film.elements.frame_numbers import format_frames
        from filmrecovery.film.elements.gaps import missing_between

        source = element_of(options, "source", options.frames)
        if options.reference:
            reference = element_of(options, "reference", options.frames)
            checked = dict(zip((source, reference), check_parity(source, reference), strict=True))
        else:
            checked = {source: check_element(source)}
        for element, vouched in checked.items():
            print(f"{element.pattern}: frames {format_frames(element.frames)} can be worked with")
            if not options.frames and (missing := missing_between(element)):
                print(f"  frames {missing} are missing between them: restore them, or name what is wanted (--frames)")
            for line in vouched.lines(element):
                print(f"  {line}")

    text = """check the frames of an element, or of two elements that belong together

Names every file that is missing or truncated, that has another size or pixel aspect, no RGB, NaN or Inf, values far
outside 0..1 or codes of fewer bits than its file, every file whose header says another colour than the others do, and
every file that differs from a hash list beside it (ASC MHL, md5sum, framemd5). Warns where headers say another curve
than the space has. Says how sure it is that the files are whole: most formats have no checksum, so damage that can
still be decoded is seen only with a hash list."""
    parser = add_verb(verbs, "check", action, text)
    add_element(parser, "source")
    add_element(parser, "reference", nargs="?", text="pattern of the other element's files")
    parser.add_argument("--frames", help=FRAMES_HELP)


def add_match(verbs: Verbs) -> None:
    from filmrecovery.reference.matching.match_settings import MatchSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.reference.curation.shot_list import read_shots
        from filmrecovery.reference.matching.frame_match import summary
        from filmrecovery.reference.matching.match_shots import current_matches

        settings = from_options(MatchSettings, options)
        source = element_of(options, "source", options.frames)
        reference = element_of(options, "reference", options.reference_frames)
        shots = read_shots(options.shots, source) if options.shots else ()
        matches = current_matches(options.output, settings, source, reference, shots)
        print(f"{summary(matches)}\nmatches: {options.output}")

    text = """find which frame of the reference shows which frame of the source

Numbering, framing, colour and contrast may differ; frames may be dropped, doubled or missing in either element. Writes
OUTPUT.json and a table of the same name, OUTPUT.csv, with a confidence for each frame. Without --shots all frames are
assumed to have the same framing."""
    parser = add_verb(verbs, "match", action, text)
    add_element(parser, "source")
    add_element(parser, "reference")
    parser.add_argument("output", type=Path, help="file to write, such as matches.json")
    parser.add_argument("--frames", help=FRAMES_HELP)
    parser.add_argument("--reference-frames", metavar="FRAMES", help="frames of the reference (default: all)")
    parser.add_argument("--shots", type=Path, metavar="FILE", help=_SHOTS_HELP)
    add_options(parser, MatchSettings)


def add_shots(verbs: Verbs) -> None:
    from filmrecovery.reference.curation.shot_settings import ShotSettings, TimelineSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.reference.curation.shot_detection import current_list, current_shots
        from filmrecovery.reference.curation.timeline import write_timeline
        from filmrecovery.reference.matching.frame_match import read_matches

        source = element_of(options, "source", options.frames)
        reference = optional_element_of(options, "reference")
        matches = read_matches(options.matches) if options.matches else ()
        if options.list:
            shots = current_list(options.output, options.list, source)
        else:
            shots = current_shots(options.output, from_options(ShotSettings, options), source)
        if options.timeline:
            settings = from_options(TimelineSettings, options)
            write_timeline(options.timeline, shots, source, reference, matches, settings)
        for shot in shots:
            print(f"{shot.name}: {shot.first}-{shot.last}")

    text = """find the shots of an element

Fading, scratches, flicker and flashes are not taken for cuts. Dissolves are not found. With --list the shots come from
a file; those without a frame of the element are left out. Writes the ranges as JSON and, with --timeline, as an
OpenTimelineIO file with both elements for an editor."""
    parser = add_verb(verbs, "shots", action, text)
    add_element(parser, "source")
    parser.add_argument("output", type=Path, help="file to write, such as shots.json")
    parser.add_argument("--frames", help=FRAMES_HELP)
    parser.add_argument(
        "--list",
        type=Path,
        metavar="FILE",
        help="file with the shots: shots.json, or a timeline such as reel.otio or reel.edl",
    )
    parser.add_argument("--timeline", type=Path, metavar="FILE", help="timeline to write, such as shots.otio")
    add_element(parser, "reference", required=False, text="pattern of the reference's files, for the timeline")
    parser.add_argument(
        "--matches", type=Path, metavar="FILE", help="matches of both elements, for the timeline's offsets"
    )
    add_options(parser, ShotSettings)
    add_options(parser, TimelineSettings)


def add_align(verbs: Verbs) -> None:
    from filmrecovery.reference.registration.align_settings import AlignSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.film.elements.frame_numbers import parse_frames
        from filmrecovery.reference.alignment.align_frames import write_aligned
        from filmrecovery.reference.alignment.align_shots import current_alignment
        from filmrecovery.reference.curation.shot_list import read_shots
        from filmrecovery.reference.matching.frame_match import read_matches

        settings = from_options(AlignSettings, options)
        matches = read_matches(options.matches)
        if options.frames is not None:
            wanted = set(parse_frames(options.frames))
            matches = tuple(match for match in matches if match.source in wanted)
        source, reference = element_of(options, "source"), element_of(options, "reference")
        shots = read_shots(options.shots, source) if options.shots else ()
        alignment = current_alignment(options.alignment, settings, matches, source, reference, shots)
        print(alignment)
        if options.output:
            print(f"aligned frames: {write_aligned(alignment, source, reference, options.output).pattern}")

    text = """align a reference to its source, to a fraction of a pixel

Finds one transform for each shot, and the weave of every frame. Names the frames whose expected error is above the
threshold, that show too little, or that show something else. Without --shots all frames are treated as one shot."""
    parser = add_verb(verbs, "align", action, text)
    parser.add_argument("matches", type=Path, help="which frames show the same: the file that match writes")
    add_element(parser, "source")
    add_element(parser, "reference")
    parser.add_argument("alignment", type=Path, help="file to write, such as alignment.json")
    parser.add_argument("--frames", help="frames of the source to align (default: all matched frames)")
    parser.add_argument("--shots", type=Path, metavar="FILE", help=_SHOTS_HELP)
    parser.add_argument(
        "--output", metavar="PATTERN", help="also write the aligned reference, to files such as aligned.####.exr"
    )
    add_options(parser, AlignSettings)


def add_crop(verbs: Verbs) -> None:
    from filmrecovery.reference.curation.shared_crop import CropSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.reference.alignment.alignment_file import read_alignment
        from filmrecovery.reference.curation.crop_detection import current_crop
        from filmrecovery.reference.curation.shared_crop import read_crop
        from filmrecovery.reference.curation.shot_list import read_shots

        source = element_of(options, "source", options.frames)
        reference = optional_element_of(options, "reference")
        alignments = read_alignment(options.alignment).frames if options.alignment else None
        within = read_crop(options.within) if options.within else None
        shots = read_shots(options.shots, source) if options.shots else ()
        settings = from_options(CropSettings, options)
        crop = current_crop(options.output, settings, source, reference, alignments, within, shots)
        print(f"{options.output}: {crop}")

    text = """find the rectangle that both elements show

Leaves out black borders, rounded corners, perforations, the sound track, subtitles and logos, and what the reference
does not show. The rectangle is in pixels of the source. Training and render use the same one. With --shots each shot
has its own, where the reference frames them differently."""
    parser = add_verb(verbs, "crop", action, text)
    add_element(parser, "source")
    parser.add_argument("output", type=Path, help="file to write, such as crop.json")
    add_element(parser, "reference", required=False)
    parser.add_argument("--alignment", type=Path, metavar="FILE", help="how the reference lies over the source")
    parser.add_argument(
        "--within", type=Path, metavar="FILE", help="crop file of another reference; the new crop stays within it"
    )
    parser.add_argument("--shots", type=Path, metavar="FILE", help=_SHOTS_HELP)
    parser.add_argument("--frames", help=FRAMES_HELP)
    add_options(parser, CropSettings)


def add_select(verbs: Verbs) -> None:
    from filmrecovery.reference.curation.selection_settings import SelectSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.reference.alignment.alignment_file import agreed, read_alignment
        from filmrecovery.reference.curation.selection import current_selection
        from filmrecovery.reference.curation.shot_list import frames_of_shots
        from filmrecovery.reference.matching.frame_match import read_matches

        source = element_of(options, "source", options.frames)
        matches = read_matches(options.matches) if options.matches else None
        alignments = read_alignment(options.alignment).frames if options.alignment else None
        if alignments is not None:
            alignments = agreed(alignments, map(read_alignment, options.further_alignments))
        shots = frames_of_shots(options.shots, source)
        settings = from_options(SelectSettings, options)
        selection = current_selection(options.output, settings, source, shots, matches, alignments)
        print(f"--frames {selection.frames}")
        for role, frames in (("hold-out", selection.hold_out_frames), ("preview", selection.preview_frames)):
            if frames:
                print(f"--{role}-frames {frames}")

    text = """choose the frames to train on, to hold out and to preview

Chooses frames that represent all others. The first, the middle and the last frame of every shot are always among them;
frames that are blurred, flashed, damaged or badly aligned never are. Writes a table with the reason for each frame, as
JSON and as CSV, and prints the options for `pairs`."""
    parser = add_verb(verbs, "select", action, text)
    add_element(parser, "source")
    parser.add_argument("output", type=Path, help="file to write, such as selection.json")
    parser.add_argument(
        "--matches",
        type=Path,
        metavar="FILE",
        help="which frame of the reference shows which frame of the source, from match",
    )
    parser.add_argument("--alignment", type=Path, metavar="FILE", help="how the reference lies over the source")
    parser.add_argument(
        "--further-alignments",
        type=Path,
        nargs="+",
        default=(),
        metavar="FILE",
        help="how further references lie over the source; frames are chosen where all lie well",
    )
    parser.add_argument("--frames", help=FRAMES_HELP)
    parser.add_argument(
        "--shots",
        nargs="+",
        default=(),
        metavar="SHOT",
        help="frames of each shot, such as 1-48 49-90, or one file of shots, shots.json or shots.otio (default: all "
        "frames are one shot)",
    )
    add_options(parser, SelectSettings)


def add_balance(verbs: Verbs) -> None:
    from filmrecovery.model.balance_settings import BalanceSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.reference.curation.balance_estimation import current_balance

        source = element_of(options, "source", options.frames)
        reference = optional_element_of(options, "reference")
        print(current_balance(options.output, from_options(BalanceSettings, options), source, reference))

    text = """estimate a technical balance of a faded element

Gives slope, offset and power of each channel, as an ASC CDL without clamps has them. They are estimated from the levels
of the source alone or, with --reference, so that the levels become the reference's. A model that is trained on pairs
made with the balance applies it by itself."""
    parser = add_verb(verbs, "balance", action, text)
    add_element(parser, "source")
    parser.add_argument("output", type=Path, help="file to write, such as balance.json")
    add_element(parser, "reference", required=False)
    parser.add_argument("--frames", help=FRAMES_HELP)
    add_options(parser, BalanceSettings)


VERBS = (add_check, add_match, add_shots, add_align, add_crop, add_select, add_balance)

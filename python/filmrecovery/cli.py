"""The command line: one verb for each stage. It reads options, calls the stage and prints what the stage returns."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import filmrecovery
from filmrecovery.errors import RecoveryError
from filmrecovery.interruption import sigterm_as_interrupt
from filmrecovery.settings import add_options, from_options

DESCRIPTION = """Recovers faded and worn film with small networks trained on a few frame pairs of the film itself.

A whole recovery from one file:   filmrecovery run project.toml
Stage by stage:                   filmrecovery check, match, align, crop, select, pairs, train, render, merge
"""
SEQUENCE_HELP = "pattern of the files, such as scan.####.exr or scan.%%04d.exr"
FRAMES_HELP = 'frames, such as "1-48" or "1-10x3,25" (default: all that are there)'

# A stage and what it needs (torch takes a second to load) is imported when its verb is used.


def main(arguments: list[str] | None = None) -> int:
    """Runs one verb and returns the exit status: 0, or 1 after an error that the user can put right."""
    options = _parser().parse_args(arguments)
    try:
        with sigterm_as_interrupt():
            options.action(options)
    except RecoveryError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from there", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="filmrecovery", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"filmrecovery {filmrecovery.__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for add in (_add_run, _add_check, _add_match, _add_shots, _add_align, _add_crop, _add_select, _add_balance):
        add(verbs)
    for add in (_add_pairs, _add_adopt, _add_train, _add_sizes, _add_render, _add_merge, _add_export, _add_describe):
        add(verbs)
    for add in (_add_simulate, _add_demo, _add_benchmark, _add_benchmark_alignment):
        add(verbs)
    return parser


def _verb(
    verbs: argparse._SubParsersAction, name: str, action: Callable[[argparse.Namespace], None], text: str
) -> argparse.ArgumentParser:
    """Adds a verb; the first line of its text goes into the list of verbs."""
    parser = verbs.add_parser(
        name,
        help=text.splitlines()[0],
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(action=action)
    return parser


def _add_run(verbs: argparse._SubParsersAction) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.recovery import run_project

        delivered = run_project(options.project)
        print(f"delivered: {delivered.pattern}")

    text = """recover a shot as a project file says

Elements, frames, stages and settings stand in one TOML file, which is checked whole before any work. Called again, it
goes on where it was stopped and redoes nothing that is finished."""
    parser = _verb(verbs, "run", action, text)
    parser.add_argument("project", type=Path, help="the project file, such as project.toml")


def _add_check(verbs: argparse._SubParsersAction) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.parity import check_element, check_parity
        from filmrecovery.sequences import find_sequence, format_frames

        source = find_sequence(options.source, options.frames)
        if options.reference:
            check_parity(source, find_sequence(options.reference, options.frames))
        else:
            check_element(source)
        print(f"{options.source}: frames {format_frames(source.frames)} are fit for the work")

    text = """check the frames of an element, or of two that belong together

Names every file that is missing, truncated, of another size or pixel aspect, without RGB, with NaN or Inf, or with
values far outside 0..1."""
    parser = _verb(verbs, "check", action, text)
    parser.add_argument("source", help=SEQUENCE_HELP)
    parser.add_argument("reference", nargs="?", help="pattern of the other element's files")
    parser.add_argument("--frames", help=FRAMES_HELP)


def _add_pairs(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.pairs import PairSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.pairs import make_pairs

        settings = from_options(PairSettings, options)
        manifest = make_pairs(settings, options.source, options.reference, options.folder)
        print(f"{options.folder}: {len(manifest.pairs)} frames")

    text = """make training pairs of two aligned elements

chroma: the target is the source's luma with the reference's chroma; spatial: the reference's luma with the source's
chroma; plain: the reference itself. Frame numbers must agree; hold-out frames are never trained on."""
    parser = _verb(verbs, "pairs", action, text)
    parser.add_argument("source", help=SEQUENCE_HELP)
    parser.add_argument("reference", help="pattern of the reference's files")
    parser.add_argument("folder", type=Path, help="folder to write the pairs into")
    add_options(parser, PairSettings)


def _add_adopt(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.modes import MODES

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.pairs import adopt_pairs

        manifest = adopt_pairs(
            options.folder,
            options.mode,
            options.working_space,
            options.hold_out_frames,
            options.label,
            options.frames,
            options.preview_frames,
        )
        print(f"{options.folder}: {len(manifest.pairs)} frames")

    text = """take a folder of pairs that were made elsewhere

The folder holds input.#### and target.#### of any image format, written by Nuke or Gaffer or by hand. Only a manifest
is added."""
    parser = _verb(verbs, "adopt", action, text)
    parser.add_argument("folder", type=Path, help="folder with the pairs")
    parser.add_argument("--mode", required=True, choices=MODES, help="what is recovered")
    parser.add_argument("--working-space", required=True, help="OCIO colour space of the files")
    parser.add_argument("--frames", metavar="TEXT", help="frames to train on (default: all that are there)")
    parser.add_argument("--hold-out-frames", default="", metavar="TEXT", help="frames kept out of training")
    parser.add_argument(
        "--preview-frames", default="", metavar="TEXT", help="frames without target; only with --frames"
    )
    parser.add_argument("--label", default="", metavar="TEXT", help="name of the shot")


def _add_train(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.train_settings import TrainSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.training import train, train_for

        settings = from_options(TrainSettings, options)
        if options.model:
            model = train_for(settings, options.pairs, options.model)
        else:
            model = train(settings, options.pairs, options.run)
        print(f"model: {model}")

    text = """train a network on pairs

The run folder gets the journal metrics.jsonl, contact sheets, previews, checkpoints and model.safetensors. Ctrl-C and
SIGTERM stop at the next step; the same command goes on from there, exactly."""
    parser = _verb(verbs, "train", action, text)
    parser.add_argument("pairs", type=Path, nargs="+", help="folders with pairs")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--run", type=Path, metavar="FOLDER", help="folder of the training")
    place.add_argument(
        "--model", type=Path, metavar="FILE", help="where the model goes; the training's folder is found beside it"
    )
    add_options(parser, TrainSettings)


def _add_sizes(verbs: argparse._SubParsersAction) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.modes import MODES
        from filmrecovery.network import SIZES, RecoveryNetwork, cost

        print("mode     size     parameters  GMAC/megapixel")
        for mode in MODES:
            for size in SIZES:
                parameters, operations = cost(RecoveryNetwork(mode, size))
                print(f"{mode:8} {size:8} {parameters / 1e6:8.2f} M  {operations / 1e9:10.2f}")

    _verb(verbs, "sizes", action, "print what the network's sizes cost")


def _add_render(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.render_settings import RenderSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.render import render

        settings = from_options(RenderSettings, options)
        rendered = render(settings, options.model, options.source, options.output, options.frames)
        print(f"rendered: {rendered.pattern}")

    text = """recover every frame of a shot with a trained model

Alpha, other channels, metadata and data window are kept. Frames that are finished are not rendered again unless the
model, the settings or the source changed."""
    parser = _verb(verbs, "render", action, text)
    parser.add_argument("model", type=Path, help="model.safetensors of a training")
    parser.add_argument("source", help=SEQUENCE_HELP)
    parser.add_argument("output", help="pattern of the files to write, such as recovered.####.exr")
    parser.add_argument("--frames", help=FRAMES_HELP)
    add_options(parser, RenderSettings)


def _add_merge(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.merge import MergeSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.merge import merge_sequences

        settings = from_options(MergeSettings, options)
        merged = merge_sequences(settings, options.original, options.recovered, options.output, options.frames)
        print(f"merged: {merged.pattern}")

    text = """merge a recovery with the original plate

Puts recovered chroma onto the original's luma, or recovered luma onto its chroma."""
    parser = _verb(verbs, "merge", action, text)
    parser.add_argument("original", help=SEQUENCE_HELP)
    parser.add_argument("recovered", help="pattern of the recovered files")
    parser.add_argument("output", help="pattern of the files to write")
    parser.add_argument("--frames", help=FRAMES_HELP)
    add_options(parser, MergeSettings)


def _add_export(verbs: argparse._SubParsersAction) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.onnx_export import export_onnx

        export_onnx(options.model, options.output)
        print(f"exported: {options.output}")

    text = """export a model to ONNX

The file takes any frame size and carries the colour arithmetic inside."""
    parser = _verb(verbs, "export", action, text)
    parser.add_argument("model", type=Path, help="model.safetensors of a training")
    parser.add_argument("output", type=Path, help="file to write, such as model.onnx")


def _add_describe(verbs: argparse._SubParsersAction) -> None:
    def action(options: argparse.Namespace) -> None:
        import dataclasses
        import json

        from filmrecovery.model_file import load_model

        _, description = load_model(options.model)
        print(json.dumps(dataclasses.asdict(description), indent=2))

    parser = _verb(verbs, "describe", action, "print what a model is and what it was trained on")
    parser.add_argument("model", type=Path, help="model.safetensors of a training")


def _add_simulate(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.simulation.settings import SimulationSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.sequences import find_sequence
        from filmrecovery.simulation.stage import simulate

        footage = find_sequence(options.footage, options.frames)
        for element in simulate(from_options(SimulationSettings, options), footage, options.folder).values():
            print(element.pattern)

    text = """simulate the elements of a film from your own footage

A faded print, an internegative and a video, for trying a recovery with known truth; all have the footage's framing."""
    parser = _verb(verbs, "simulate", action, text)
    parser.add_argument("footage", help=SEQUENCE_HELP)
    parser.add_argument("folder", type=Path, help="folder to write the elements into")
    parser.add_argument("--frames", help=FRAMES_HELP)
    add_options(parser, SimulationSettings)


def _add_demo(verbs: argparse._SubParsersAction) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.demo import demo, make_film

        if options.film_only:
            make_film(options.folder)
        else:
            demo(options.folder, options.recovered)

    text = """make a demo film, recover it and measure the result

To have another program recover it: make the film with --film-only, then measure with --recovered."""
    parser = _verb(verbs, "demo", action, text)
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where to work (default: demo)")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--film-only", action="store_true", help="make the film and its project file, and no more")
    part.add_argument(
        "--recovered", metavar="PATTERN", help="recover nothing; measure these frames, which are in lin_ap0"
    )


def _add_benchmark(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.modes import MODES
    from filmrecovery.train_settings import TrainSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.benchmark import benchmark

        settings = from_options(TrainSettings, options)
        benchmark(settings, options.film, options.folder, options.mode, options.unseen_quadrant)

    text = """train on a folder of pictures and recover them

The folder holds input.#### and target.####, display-referred. Writes FOLDER/result/recovered.####.exr, in the space of
the pictures, and prints the errors of input and result. With --unseen-quadrant the lower right quarter of every picture
is kept out of the training, and measured by itself."""
    parser = _verb(verbs, "benchmark", action, text)
    parser.add_argument(
        "film", type=Path, help="folder with input.#### and target.#### pictures; nothing is written here"
    )
    parser.add_argument("folder", type=Path, help="folder to work in")
    parser.add_argument("--mode", required=True, choices=MODES, help="what is recovered")
    parser.add_argument("--unseen-quadrant", action="store_true", help="measure what was not trained on")
    add_options(parser, TrainSettings)


def _add_benchmark_alignment(verbs: argparse._SubParsersAction) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.alignment.benchmark import benchmark_alignment
        from filmrecovery.alignment.cases import CASES

        benchmark_alignment(options.folder, options.footage, options.case or tuple(CASES))

    text = """match and align simulated elements, and measure against the truth

Makes cases such as heavy fade, borders or perspective from the demo shot and from your own footage, matches and aligns
the elements of each, and prints how many frames were matched rightly, how far off the alignment is in pixels, and
whether the frames that are far off were flagged. The table is written to FOLDER/alignment.md and .csv too."""
    parser = _verb(verbs, "benchmark-alignment", action, text)
    parser.add_argument("folder", type=Path, help="folder to work in")
    parser.add_argument(
        "--footage",
        nargs="+",
        default=(),
        metavar="FILE",
        help="video files or patterns of sequences, of 120 frames and more each, beside the demo shot",
    )
    parser.add_argument("--case", nargs="+", metavar="NAME", help='cases, such as "mild fade" borders (default: all)')


def _add_match(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.matching.settings import MatchSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.matching.frame_match import summary, write_matches
        from filmrecovery.matching.stage import match_frames
        from filmrecovery.sequences import find_sequence

        settings = from_options(MatchSettings, options)
        source = find_sequence(options.source, options.frames)
        reference = find_sequence(options.reference, options.reference_frames)
        matches = match_frames(settings, source, reference)
        write_matches(options.output, matches)
        print(f"{summary(matches)}\nmatches: {options.output}")

    text = """find which frame of the reference shows which frame of the source

Numbering, framing, colour and contrast may differ; frames may be dropped, doubled or missing in either element. Writes
OUTPUT.json and a table of the same name, OUTPUT.csv, with a confidence for each frame."""
    parser = _verb(verbs, "match", action, text)
    parser.add_argument("source", help=SEQUENCE_HELP)
    parser.add_argument("reference", help="pattern of the reference's files")
    parser.add_argument("output", type=Path, help="file to write, such as matches.json")
    parser.add_argument("--frames", help=FRAMES_HELP)
    parser.add_argument("--reference-frames", metavar="FRAMES", help="frames of the reference (default: all)")
    add_options(parser, MatchSettings)


def _add_shots(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.curation.shot_settings import ShotSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.curation.shots import find_shots, write_scopes
        from filmrecovery.curation.timeline import write_timeline
        from filmrecovery.matching.frame_match import read_matches
        from filmrecovery.sequences import find_sequence

        element = find_sequence(options.element, options.frames)
        reference = find_sequence(options.reference) if options.reference else None
        matches = read_matches(options.matches) if options.matches else ()
        shots = find_shots(from_options(ShotSettings, options), element)
        write_scopes(options.output, shots)
        if options.timeline:
            write_timeline(options.timeline, shots, element, reference, matches, options.rate)
        for shot in shots:
            print(f"{shot.name}: {shot.first}-{shot.last}")

    text = """find the shots of an element

Fade, scratches, flicker and flashes are no cuts. Dissolves are not found. Writes the ranges as JSON and, with
--timeline, as an OpenTimelineIO file with both elements for an editor."""
    parser = _verb(verbs, "shots", action, text)
    parser.add_argument("element", help=SEQUENCE_HELP)
    parser.add_argument("output", type=Path, help="file to write, such as shots.json")
    parser.add_argument("--frames", help=FRAMES_HELP)
    parser.add_argument("--timeline", type=Path, metavar="FILE", help="timeline to write, such as shots.otio")
    parser.add_argument("--reference", metavar="PATTERN", help="the reference's files, for the timeline")
    parser.add_argument("--matches", type=Path, metavar="FILE", help="matches of both, for the timeline's offsets")
    parser.add_argument("--rate", type=float, default=24.0, metavar="X", help="frames a second (default: 24)")
    add_options(parser, ShotSettings)


def _add_align(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.alignment.settings import AlignSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.alignment.stage import align_frames, write_aligned, write_alignment
        from filmrecovery.matching.frame_match import read_matches
        from filmrecovery.sequences import find_sequence, parse_frames

        settings = from_options(AlignSettings, options)
        matches = read_matches(options.matches)
        if options.frames is not None:
            wanted = set(parse_frames(options.frames))
            matches = tuple(match for match in matches if match.source in wanted)
        source, reference = find_sequence(options.source), find_sequence(options.reference)
        aligned = align_frames(settings, matches, source, reference)
        alignment = write_alignment(options.alignment, settings, source, reference, aligned)
        print(alignment)
        if options.output:
            print(f"aligned frames: {write_aligned(alignment, options.output).pattern}")

    text = """align a shot's reference to its source, to a fraction of a pixel

One transform for the shot, and the weave of every frame. Frames whose expected error is above the threshold, and those
that show too little or something else, are named. Give the frames of one shot at a time."""
    parser = _verb(verbs, "align", action, text)
    parser.add_argument("matches", type=Path, help="file that says which frames show the same, from match")
    parser.add_argument("source", help=SEQUENCE_HELP)
    parser.add_argument("reference", help="pattern of the reference's files")
    parser.add_argument("alignment", type=Path, help="file to write, such as alignment.json")
    parser.add_argument("--frames", help="frames of the source that make up the shot (default: all that are matched)")
    parser.add_argument(
        "--output", metavar="PATTERN", help="also write the reference as the source frames it, such as aligned.####.exr"
    )
    add_options(parser, AlignSettings)


def _add_crop(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.curation.shared_crop import CropSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.alignment.stage import read_alignment
        from filmrecovery.curation.crop_detection import find_crop
        from filmrecovery.curation.shared_crop import write_crop
        from filmrecovery.sequences import find_sequence

        source = find_sequence(options.source, options.frames)
        reference = find_sequence(options.reference) if options.reference else None
        alignments = read_alignment(options.alignment).frames if options.alignment else None
        crop = find_crop(from_options(CropSettings, options), source, reference, alignments)
        write_crop(options.output, crop)
        print(f"{options.output}: {crop}")

    text = """find the rectangle that both elements show

Leaves out black borders, rounded corners, perforations, the sound track, subtitles and logos, and what the reference
does not show. The rectangle is in pixels of the source, and one for training and for the render."""
    parser = _verb(verbs, "crop", action, text)
    parser.add_argument("source", help=SEQUENCE_HELP)
    parser.add_argument("output", type=Path, help="file to write, such as crop.json")
    parser.add_argument("--reference", metavar="PATTERN", help="pattern of the reference's files")
    parser.add_argument("--alignment", type=Path, metavar="FILE", help="how the reference lies over the source")
    parser.add_argument("--frames", help=FRAMES_HELP)
    add_options(parser, CropSettings)


def _add_select(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.curation.selection_settings import SelectSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.alignment.stage import read_alignment
        from filmrecovery.curation.selection import select_frames, write_selection
        from filmrecovery.matching.frame_match import read_matches
        from filmrecovery.sequences import find_sequence, parse_frames

        source = find_sequence(options.source, options.frames)
        matches = read_matches(options.matches) if options.matches else None
        alignments = read_alignment(options.alignment).frames if options.alignment else None
        shots = [parse_frames(text) for text in options.shots]
        settings = from_options(SelectSettings, options)
        selection = select_frames(settings, source, shots, matches, alignments)
        write_selection(options.output, selection)
        print(f"--frames {selection.frames}")
        for role, frames in (("hold-out", selection.hold_out_frames), ("preview", selection.preview_frames)):
            if frames:
                print(f"--{role}-frames {frames}")

    text = """choose the frames to train on, to hold out and to preview

Frames that stand for all others, the first, middle and last of every shot among them; none that is blurred, flashed,
damaged or badly aligned. Writes a table with the reason for each frame, as JSON and as CSV, and prints the options
that `pairs` takes."""
    parser = _verb(verbs, "select", action, text)
    parser.add_argument("source", help=SEQUENCE_HELP)
    parser.add_argument("output", type=Path, help="file to write, such as selection.json")
    parser.add_argument("--matches", type=Path, metavar="FILE", help="which frames of the reference show which")
    parser.add_argument("--alignment", type=Path, metavar="FILE", help="how the reference lies over the source")
    parser.add_argument("--frames", help=FRAMES_HELP)
    parser.add_argument(
        "--shots", nargs="+", default=(), metavar="FRAMES", help="frames of each shot (default: all are one shot)"
    )
    add_options(parser, SelectSettings)


def _add_balance(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.preparation.balance import BalanceSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.preparation.balance import write_balance
        from filmrecovery.preparation.balance_estimation import estimate_balance
        from filmrecovery.sequences import find_sequence

        source = find_sequence(options.source, options.frames)
        reference = find_sequence(options.reference) if options.reference else None
        balance = estimate_balance(from_options(BalanceSettings, options), source, reference)
        write_balance(options.output, balance)
        for name in ("red", "green", "blue"):
            channel = getattr(balance, name)
            print(f"{name}: slope {channel.slope:.4f}, offset {channel.offset:.4f}, power {channel.power:.4f}")

    text = """estimate a technical balance of a faded element

Slope, offset and power of each channel, as of an ASC CDL without clamps: from the levels of the source by itself, or
such that they are those of a reference."""
    parser = _verb(verbs, "balance", action, text)
    parser.add_argument("source", help=SEQUENCE_HELP)
    parser.add_argument("output", type=Path, help="file to write, such as balance.json")
    parser.add_argument("--reference", metavar="PATTERN", help="pattern of the reference's files")
    parser.add_argument("--frames", help=FRAMES_HELP)
    add_options(parser, BalanceSettings)

"""Verbs that try and measure the project's own work, where the truth is known."""

import argparse
from pathlib import Path

from filmrecovery.base.declared_settings import add_options, from_mapping, from_options, to_mapping
from filmrecovery.base.errors import SettingsError
from filmrecovery.cli.verb import FRAMES_HELP, SEQUENCE_HELP, Verbs, add_verb, named_element


def add_simulate(verbs: Verbs) -> None:
    from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.trials.simulation.simulate import simulate

        footage = named_element(options, options.footage, options.frames)
        for element in simulate(from_options(SimulationSettings, options), footage, options.folder).values():
            print(element.pattern)

    text = """simulate the elements of a film from your own footage

Writes a faded print, an internegative and a video, to try a recovery and compare it with the truth. All have the
framing of the footage."""
    parser = add_verb(verbs, "simulate", action, text)
    parser.add_argument("footage", help=SEQUENCE_HELP)
    parser.add_argument("folder", type=Path, help="folder to write the elements into")
    parser.add_argument("--frames", help=FRAMES_HELP)
    add_options(parser, SimulationSettings)


def add_demo(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.trials.demo import FILM, demo, make_film
        from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

        given = {key: getattr(options, key) for key in ("seed", "uneven") if getattr(options, key) is not None}
        settings = from_mapping(SimulationSettings, to_mapping(FILM) | given, "options")
        if options.film_only:
            make_film(options.folder, settings)
        else:
            demo(options.folder, options.recovered, settings)

    text = """make a demo film, recover it and measure the result

If another program should recover it: make the film with --film-only, recover it, then measure with --recovered."""
    parser = add_verb(verbs, "demo", action, text)
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where to work (default: demo)")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="make another film: of grain, weave and wear (default: 1)"
    )
    parser.add_argument("--uneven", type=float, metavar="X", help="how unevenly it faded, 0 to 1 (default: 1)")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--film-only", action="store_true", help="make the film and its project file, and no more")
    part.add_argument(
        "--recovered", metavar="PATTERN", help="recover nothing; measure these frames, which are in lin_ap0"
    )


def add_benchmark(verbs: Verbs) -> None:
    from filmrecovery.base.recovery_modes import MODES
    from filmrecovery.training.train_settings import TrainSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.trials.recovery_benchmark import benchmark
        from filmrecovery.trials.sequence_benchmark import SHOTS_NAME, benchmark_sequence

        settings = from_options(TrainSettings, options)
        if (options.film / SHOTS_NAME).is_file():
            if options.unseen_quadrant:
                raise SettingsError(
                    f"--unseen-quadrant: {options.film} has pictures of its own to measure; leave it out"
                )
            benchmark_sequence(settings, options.film, options.folder, options.mode)
            return
        benchmark(settings, options.film, options.folder, options.mode, options.unseen_quadrant)

    text = """train on a folder of pictures and recover them

The folder holds input.#### and target.####, display-referred. Writes FOLDER/result/recovered.####.exr, in the space of
the pictures, and prints the errors of input and result. With --unseen-quadrant the lower right quarter of every picture
is kept out of the training, and measured by itself.

A folder with train/, test/ and shots.csv (columns part, frame, shot) is a film of several shots: it is trained on the
first, and measured on the second, beside the LUTs of the same pairs. Where three whole frames of a shot or more are
measured, a second table says how much the error of each result flickers and drifts over the shot. Writes
FOLDER/figures.json and figures.md too."""
    parser = add_verb(verbs, "benchmark", action, text)
    parser.add_argument(
        "film", type=Path, help="folder with input.#### and target.####, or of several shots; nothing is written here"
    )
    parser.add_argument("folder", type=Path, help="folder to work in")
    parser.add_argument("--mode", required=True, choices=MODES, help="what is recovered")
    parser.add_argument("--unseen-quadrant", action="store_true", help="measure what was not trained on")
    add_options(parser, TrainSettings)


def add_benchmark_alignment(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.trials.alignment_benchmark import benchmark_alignment
        from filmrecovery.trials.alignment_cases import CASES

        benchmark_alignment(options.folder, options.footage, options.case or tuple(CASES))

    text = """match and align simulated elements, and measure against the truth

Makes cases such as heavy fade, borders or perspective from the demo shot and from your own footage, matches and aligns
the elements of each, and prints how many frames were matched correctly, the error of the alignment in pixels, and
whether the frames with a large error were flagged. Writes the table to FOLDER/alignment.md and .csv too."""
    parser = add_verb(verbs, "benchmark-alignment", action, text)
    parser.add_argument("folder", type=Path, help="folder to work in")
    parser.add_argument(
        "--footage",
        nargs="+",
        default=(),
        metavar="FILE",
        help="video files or patterns of sequences, of 120 frames and more each, beside the demo shot",
    )
    parser.add_argument("--case", nargs="+", metavar="NAME", help='cases, such as "mild fade" borders (default: all)')


def add_benchmark_feature(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.cli import main
        from filmrecovery.trials.feature_benchmark import benchmark_feature

        benchmark_feature(main, options.folder, options.frames, options.plans, options.most_seconds)

    text = """measure how the cost of each stage grows with the length of a film

Makes films of small frames, in shots of 150 frames, and takes each through all stages. Prints processor seconds and
memory of every stage for each film, and the exponent by which they grow: 1 where twice as many frames take twice as
long. Then the same of what is planned and recorded of longer films, up to a whole feature. Writes FOLDER/stages.json,
stages.md and stages.svg, and the same of the plans."""
    parser = add_verb(verbs, "benchmark-feature", action, text)
    parser.add_argument("folder", type=Path, help="folder to work in")
    for name, lengths, text in (
        ("--frames", (600, 2400, 9600), "lengths of the films"),
        ("--plans", (10_000, 50_000, 150_000), "lengths of the films that are planned and recorded alone"),
    ):
        shown = " ".join(map(str, lengths))
        parser.add_argument(name, type=int, nargs="+", default=lengths, metavar="N", help=f"{text} (default: {shown})")
    parser.add_argument(
        "--most-seconds",
        type=float,
        default=3600.0,
        metavar="X",
        help="seconds after which a stage is ended, and with it the way of the film (default: 3600)",
    )


VERBS = (add_simulate, add_demo, add_benchmark, add_benchmark_alignment, add_benchmark_feature)

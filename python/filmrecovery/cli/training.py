"""Verbs that make pairs and train on them."""

import argparse
from pathlib import Path

from filmrecovery.base.declared_settings import add_options, from_options
from filmrecovery.cli.verb import Verbs, add_element, add_verb, element_of

_SHOTS_HELP = (
    "file with the shots of the source, which the model is to know apart: shots.json, or a timeline such as shots.otio"
)


def add_pairs(verbs: Verbs) -> None:
    from filmrecovery.base.recovery_modes import PARTS
    from filmrecovery.training.pairs.pair_settings import PairSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.film.elements.element import find_element
        from filmrecovery.reference.curation.shot_list import read_shots
        from filmrecovery.training.pairs.make_pairs import make_pairs
        from filmrecovery.training.pairs.pair_records import Part

        settings = from_options(PairSettings, options)
        source, reference = element_of(options, "source"), element_of(options, "reference")
        shots = read_shots(options.shots, source) if options.shots else ()
        parts = [Part(part, find_element(pattern, space=space, name=part)) for part, pattern, space in options.part]
        manifest = make_pairs(settings, source, reference, options.folder, shots, parts)
        print(f"{options.folder}: {len(manifest.pairs)} frames")

    text = """make training pairs of two aligned elements

chroma: the target is the source's luma with the reference's chroma; spatial: the reference's luma with the source's
chroma; plain: the reference itself. Frame numbers must agree; hold-out frames are never trained on.

With --part the luma, the chroma or a channel of the reference comes from another element, or from the median of
several."""
    parser = add_verb(verbs, "pairs", action, text)
    add_element(parser, "source")
    add_element(parser, "reference")
    parser.add_argument("folder", type=Path, help="folder to write the pairs into")
    parser.add_argument("--shots", type=Path, metavar="FILE", help=_SHOTS_HELP)
    parser.add_argument(
        "--part",
        nargs=3,
        action="append",
        default=[],
        metavar=("PART", "PATTERN", "SPACE"),
        help=f"take this part of the reference ({', '.join(PARTS)}) from other files, of this OCIO colour space; can "
        "be given several times; of several files for one part the median is taken",
    )
    add_options(parser, PairSettings)


def add_adopt(verbs: Verbs) -> None:
    from filmrecovery.base.mask_texts import MASK_BOXES_HELP, MASK_FILES_HELP
    from filmrecovery.base.recovery_modes import MODES

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.film.elements.picture_masks import PictureMasks
        from filmrecovery.reference.curation.shot_list import listed_shots
        from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs

        manifest = adopt_pairs(
            options.folder,
            PairFacts(
                options.mode,
                options.working_space,
                hold_out_frames=options.hold_out_frames,
                label=options.label,
                frames=options.frames,
                preview_frames=options.preview_frames,
                alignment=options.alignment,
                shots=listed_shots(options.shots) if options.shots else (),
                masks=PictureMasks(options.mask_files, options.mask_boxes),
            ),
        )
        print(f"{options.folder}: {len(manifest.pairs)} frames")

    text = """take a folder of pairs that were made elsewhere

The folder holds input.#### and target.#### of any image format, written by Nuke or Gaffer or by hand. Only a manifest
is added."""
    parser = add_verb(verbs, "adopt", action, text)
    parser.add_argument("folder", type=Path, help="folder with the pairs")
    parser.add_argument("--mode", required=True, choices=MODES, help="what is recovered")
    parser.add_argument("--working-space", required=True, metavar="TEXT", help="OCIO colour space of the files")
    parser.add_argument("--frames", metavar="TEXT", help="frames to train on (default: all that are there)")
    parser.add_argument("--hold-out-frames", default="", metavar="TEXT", help="frames kept out of training")
    parser.add_argument(
        "--preview-frames", default="", metavar="TEXT", help="frames without target; only with --frames"
    )
    parser.add_argument("--alignment", metavar="FILE", help="how well the reference lay over the source, from align")
    parser.add_argument("--shots", type=Path, metavar="FILE", help=_SHOTS_HELP)
    parser.add_argument("--mask-files", metavar="PATTERN", help=f"{MASK_FILES_HELP}; nothing is learnt there")
    parser.add_argument("--mask-boxes", metavar="TEXT", help=f"{MASK_BOXES_HELP}; nothing is learnt there")
    parser.add_argument("--label", default="", metavar="TEXT", help="name of the shot, for frames in none of --shots")


def add_train(verbs: Verbs) -> None:
    from filmrecovery.training.runs.train_settings import TrainSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.training.learning.processes import find_place
        from filmrecovery.training.learning.train import train, train_for

        settings = from_options(TrainSettings, options)
        if options.model:
            model = train_for(settings, options.pairs, options.model)
        else:
            model = train(settings, options.pairs, options.run)
        if find_place(settings.processes).writes:
            print(f"model: {model}")

    text = """train a network on pairs

The run folder gets the journal metrics.jsonl, contact sheets, previews, checkpoints and model.safetensors. Ctrl-C and
SIGTERM stop it at the next step. The same command then continues exactly there. With --processes several processes of
this machine share the work; torchrun starts them on several machines."""
    parser = add_verb(verbs, "train", action, text)
    parser.add_argument("pairs", type=Path, nargs="+", help="folders with pairs")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--run", type=Path, metavar="FOLDER", help="folder of the training")
    place.add_argument(
        "--model", type=Path, metavar="FILE", help="where the model goes; the training's folder is found beside it"
    )
    add_options(parser, TrainSettings)


def add_sizes(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.base.recovery_modes import MODES
        from filmrecovery.model.network import RecoveryNetwork
        from filmrecovery.model.network_cost import network_cost
        from filmrecovery.model.trunk import SIZES

        print("mode     size     parameters  GMAC/megapixel")
        for mode in MODES:
            for size in SIZES:
                parameters, operations = network_cost(RecoveryNetwork(mode, size))
                print(f"{mode:8} {size:8} {parameters / 1e6:8.2f} M  {operations / 1e9:10.2f}")

    add_verb(verbs, "sizes", action, "print what the network's sizes cost")


VERBS = (add_pairs, add_adopt, add_train, add_sizes)

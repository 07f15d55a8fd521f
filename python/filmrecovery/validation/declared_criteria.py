"""The criteria: one row for each question that a recovery is judged by.

The verdict, the page, the help texts and the table in the guide follow from these rows. Imports the standard library
alone, so that Gaffer's own interpreter can read them.
"""

from collections.abc import Mapping

from filmrecovery.base.recovery_modes import MODES
from filmrecovery.validation.criterion import Criterion
from filmrecovery.validation.criterion_limits import AsSteady, AtMost, Better, Between, Known, NearTruth, Steady
from filmrecovery.validation.criterion_measures import (
    NO_HOLD_OUTS,
    at_the_ends,
    beyond_source_and_truth,
    displacement_of_pairs,
    held_out,
    of_hold_outs,
    of_hold_outs_and_truth,
    of_recovery,
    shift_from_neighbours,
    shift_from_shot,
    steadiness_of_hold_outs,
    uncovered,
)
from filmrecovery.validation.validation_figures import LIKENESS, figure_unit


def _held(what: str, mode: str, unit: str) -> Criterion:
    """What the mode does not recover must stay the source's."""
    return Criterion(
        name=f"{what} identity",
        question=f"Is the {what} still the source's?",
        measured=f"difference between the {what} of recovery and source (root mean square)",
        unit=unit,
        measure=of_recovery(f"{what}_rms"),
        limit=AtMost(f"{what}_tolerance"),
        fault=f"{what} is not the source's",
        remedy="validate the frames that this model made of this source, in the colour space they were written in; if "
        "their format rounds, write them with more bits",
        modes=(mode,),
    )


def _better(compared: str, gains: Mapping[str, str], why_not: str) -> tuple[Criterion, ...]:
    """One row for each figure of likeness: gains by figure, where one is set."""
    measured = {
        "ciede2000": "colour difference of the hold-outs from their ground truth",
        "psnr": "signal-to-noise ratio of the hold-outs against their ground truth",
    }
    return tuple(
        Criterion(
            name=f"better than the {compared}",
            question=f"Are frames that training never saw nearer to their ground truth than the {compared} is?",
            measured=text,
            unit=figure_unit(figure),
            measure=of_hold_outs(figure, compared, why_not),
            limit=Better(compared, decibels=figure == "psnr", gain=gains.get(figure)),
            fault=f"as a hold-out, no nearer to its ground truth than the {compared}",
            remedy="train longer or on more pairs, and check that the ground truth of the pairs lies on the input",
            # Training on these frames cannot help: then nothing would be held out.
            mendable=False,
            modes=tuple(mode for mode in MODES if LIKENESS[mode] == figure),
        )
        for figure, text in measured.items()
    )


CRITERIA = (
    Criterion(
        name="unseen hold-outs",
        question="Is the recovery measured on frames that training never saw?",
        measured="kept out of the training",
        unit="",
        measure=held_out(),
        limit=Known(),
        remedy="hold some frames out, and train again",
    ),
    Criterion(
        name="pairs",
        question="Does the ground truth of each pair lie on its input?",
        measured="distance between the contours of a pair's input and ground truth",
        unit="pixels",
        measure=displacement_of_pairs(),
        limit=AtMost("most_displacement"),
        fault="its ground truth lies beside its input",
        remedy="align the elements, and make the pairs again",
    ),
    _held("luma", "chroma", "of white"),
    _held("chroma", "spatial", "of the chroma range"),
    *_better("source", {"ciede2000": "least_colour_gain", "psnr": "least_psnr_gain"}, NO_HOLD_OUTS),
    *_better("baseline", {}, "there is no baseline for the hold-outs; give a grade or frames to compare with"),
    Criterion(
        name="sharpness",
        question="Are frames that training never saw as sharp as their ground truth?",
        measured="sharpness of the hold-outs",
        unit="times the source's",
        measure=of_hold_outs_and_truth("sharpness", "no frame with contours was held out; hold some out"),
        limit=NearTruth(),
        remedy="train longer, and check that the ground truth of the pairs lies on the input",
        modes=("spatial",),
    ),
    Criterion(
        name="flicker",
        question="Is the colour as steady from frame to frame as in the source?",
        measured="flicker beyond the source's own",
        unit="of the range",
        measure=of_recovery("added_flicker"),
        limit=AtMost("most_flicker"),
        fault="flickers",
        remedy="train longer, or add pairs of the frames that fail",
        mendable=True,
    ),
    Criterion(
        name="flicker against the truth",
        question="Do frames that training never saw flicker no more against the truth than the baseline does?",
        measured="flicker of the hold-outs' error of colour",
        unit="of the range",
        measure=steadiness_of_hold_outs("flicker", "flickering"),
        limit=AsSteady("most_error_flicker"),
        fault="as a hold-out, its error of colour flickers",
        remedy="train longer, or add pairs of that shot",
    ),
    Criterion(
        name="drift against the truth",
        question="Do frames that training never saw drift no more from the truth than the baseline does?",
        measured="drift of the hold-outs' error of colour",
        unit="of the range",
        measure=steadiness_of_hold_outs("drift", "drifting"),
        limit=AsSteady("most_error_drift"),
        fault="as a hold-out, its error of colour drifts from that of its shot",
        remedy="add pairs of that shot, from where it drifts",
    ),
    Criterion(
        name="steady colour",
        question="Does each frame have the colour of its neighbours?",
        measured="jump of the mean colour from the neighbouring frames",
        unit="of the range",
        measure=shift_from_neighbours(),
        limit=Steady("most_sudden_shift", "deviations"),
        fault="colour jumps beside its neighbours",
        remedy="train longer, or add pairs of the frames that fail",
        mendable=True,
    ),
    Criterion(
        name="one colour through the shot",
        question="Is the colour changed in the same way through the whole shot?",
        measured="difference between a frame's change of colour and the shot's",
        unit="of the range",
        measure=shift_from_shot(),
        limit=Steady("most_lasting_shift", "deviations"),
        fault="colour is far from the shot's",
        remedy="add pairs of the frames that fail, or give each shot its own model",
        mendable=True,
    ),
    Criterion(
        name="coverage",
        question="Has training seen the colours of the shot?",
        measured="area with colours that training never saw",
        unit="of the frame",
        measure=uncovered(),
        limit=AtMost("most_uncovered"),
        fault="has colours that training never saw",
        remedy="add pairs of the frames that fail",
        mendable=True,
    ),
    Criterion(
        name="blotches",
        question="Do even areas stay even in colour?",
        measured="unevenness of colour that neither source nor ground truth has",
        unit="of the chroma range",
        measure=beyond_source_and_truth("blotches"),
        limit=AtMost("most_blotches"),
        fault="has blotches of colour",
        remedy="train longer, or clean the reference with a wider median",
        mendable=True,
    ),
    Criterion(
        name="displacement",
        question="Does what was recovered lie on the picture?",
        measured="distance between the contours of recovery and source",
        unit="pixels",
        measure=of_recovery("displacement"),
        limit=AtMost("most_displacement"),
        fault="what was recovered lies beside the picture",
        remedy="check that the ground truth of the pairs lies on the input",
    ),
    Criterion(
        name="halos",
        question="Are edges free of halos?",
        measured="overshoot beside edges that neither source nor ground truth has",
        unit="of the edge",
        measure=beyond_source_and_truth("halos"),
        limit=AtMost("most_halos"),
        fault="has halos beside edges",
        remedy="look for halos in the reference, and take a reference without them",
    ),
    Criterion(
        name="grain",
        question="Is there as much grain as in source and ground truth?",
        measured="grain",
        unit="times the source's",
        measure=of_recovery("grain", with_truth=True),
        limit=Between("least_grain", "most_grain"),
        fault="has too little grain, or too much",
        remedy="look at the grain of the reference, which the network learns; take a reference with the grain you want",
    ),
    Criterion(
        name="clipping",
        question="Are blacks and whites kept?",
        measured="clipped area that neither source nor ground truth has",
        unit="of the frame",
        measure=at_the_ends("clipped"),
        limit=AtMost("most_clipped"),
        fault="has clipped pixels",
        remedy="look for clipped areas in the reference, and check the colour spaces of the elements",
    ),
    Criterion(
        name="range",
        question="Do values stay between 0 and 1?",
        measured="area with values outside 0..1 that neither source nor ground truth has",
        unit="of the frame",
        measure=at_the_ends("out_of_range"),
        limit=AtMost("most_out_of_range"),
        fault="has values outside 0..1",
        remedy="check the colour spaces of the elements; a display will clip these values",
    ),
)
"""All criteria, in the order in which they are judged. A name may stand twice, with other figures for other modes."""

NAMES = tuple(dict.fromkeys(criterion.name for criterion in CRITERIA))


def criteria_of(mode: str) -> dict[str, Criterion]:
    """The criteria of a recovery mode by their names, in order."""
    return {criterion.name: criterion for criterion in CRITERIA if mode in criterion.modes}


def settings_helps() -> dict[str, str]:
    """For each setting that a limit depends on, what it does, and in which criteria."""
    helps: dict[str, dict[str, list[str]]] = {}
    for criterion in CRITERIA:
        for setting, text in criterion.limit.helps(criterion).items():
            helps.setdefault(setting, {}).setdefault(text, []).append(named(criterion))
    return {
        setting: "; ".join(f"{', '.join(names)}: {text}" for text, names in texts.items())
        for setting, texts in helps.items()
    }


def named(criterion: Criterion) -> str:
    """Its name, and the recovery modes in which it is asked if it is not asked in all."""
    return criterion.name if criterion.modes == MODES else f"{criterion.name} ({', '.join(criterion.modes)})"

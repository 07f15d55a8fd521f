"""The steps of a graph: where the nodes of each stand, and what its backdrop says."""

from collections.abc import Sequence

import Gaffer
from deliveryNodes import addDelivery, addProvenance
from dispatcherNodes import Dispatchers
from graphLayout import REFERENCE, RENDER, SETTINGS, TRAINING, VALIDATION, Band, Place
from recoveryNodes import Alignment, Element, Preparation, Recovery, Stage, addMerge
from validationNodes import Validation

import GafferRecovery

START = "Set the files on Settings, then dispatch from top to bottom. Over the Viewer, the keys 1, 2, 3 and 4 show \
source, reference, recovered picture and alignment; K compares with the source."
START_PAINTED = "Paint a few frames first: the guide Painted references says how. Set the files on Settings, then \
dispatch from top to bottom. Over the Viewer, the keys 1, 2 and 3 show source, painted frames and recovered picture; K \
compares with the source."
ALIGN = "The reference is matched with the source and aligned. Frames to train on are chosen."
PREPARE = "The channels are brought back into one range before the training; the key 5 shows it. The model carries it."
TRAIN = "A network is trained on a few pairs of frames of this film, and on nothing else."
RECOVER = "The model on every frame, merged onto the plate."
REPORT = "Every frame is measured and judged, beside a baseline; then all of the shot goes into one folder."


def settingsBand(
    settings: Gaffer.Node,
    elements: list[Element],
    dispatchers: Dispatchers,
    movie: Gaffer.Node | None = None,
    text: str = START,
) -> Band:
    nodes: list[tuple[Gaffer.Node, Place]] = [(settings, Place(10, 0))]
    for row, element in enumerate(elements):
        # The words of the asset lie between them.
        nodes += [(element.asset, Place(36, row)), (element.reader, Place(84, row))]
    if movie:
        nodes.append((movie, Place(36, len(elements))))
    nodes += [(node, Place(122, row)) for row, node in enumerate(dispatchers)]
    return Band(SETTINGS, "1 Settings, and what to press", text, nodes)


def alignBand(
    number: int,
    alignment: Alignment,
    title: str = "Match and align",
    before: Sequence[Gaffer.Node] = (),
    unpacked: Sequence[Gaffer.Node] = (),
) -> Band:
    """`before` and `unpacked` are the dots for tasks of other steps that the crop and the match wait for."""
    return Band(
        REFERENCE,
        f"{number} {title}",
        ALIGN,
        [
            (alignment.source, Place(10, 0)),
            (alignment.reference, Place(26, 0)),
            (alignment.shots, Place(50, 0)),
            (alignment.match, Place(50, 1)),
            (alignment.align, Place(18, 2)),
            (alignment.view, Place(18, 3)),
            (alignment.crop, Place(50, 3)),
            *([(alignment.select, Place(50, 4))] if alignment.select.parent() else []),
            *((dot, Place(66, 2)) for dot in before),
            *((dot, Place(28, 1)) for dot in unpacked),
        ],
    )


def prepareBand(number: int, preparation: Preparation) -> Band:
    return Band(
        REFERENCE,
        f"{number} Balance",
        PREPARE,
        [
            (preparation.source, Place(18, 0)),
            (preparation.balance, Place(18, 1)),
            (preparation.clean, Place(18, 2)),
        ],
    )


def trainBand(
    number: int,
    stage: Stage,
    title: str = "Train",
    before: Sequence[Gaffer.Node] = (),
    donors: Sequence[Gaffer.Dot] = (),
) -> Band:
    """`before` are the tasks, or the dots that stand for them, that the pairs wait for; `donors` bring parts."""
    left = 56 if donors else 54
    waitedFor = [(node, Place(left + 15 * index, 0)) for index, node in enumerate(before)]
    return Band(
        TRAINING,
        f"{number} {title}",
        TRAIN,
        [
            (stage.source, Place(10, 0)),
            (stage.reference, Place(26, 0)),
            *waitedFor,
            (stage.groundTruth, Place(18, 1)),
            *((dot, Place(41, 0)) for dot in donors),
            (stage.trainingInput, Place(8, 2)),
            (stage.pairs, Place(50, 2)),
            (stage.train, Place(50, 3)),
        ],
    )


def placesOfRecovery(recovery: Recovery) -> list[tuple[Gaffer.Node, Place]]:
    return [
        (recovery.source, Place(18, 0)),
        (recovery.model, Place(3, 0)),
        (recovery.trained, Place(50, 0)),
        (recovery.inference, Place(18, 1)),
    ]


def recoverBand(
    script: Gaffer.ScriptNode, settings: Gaffer.Node, number: int, stage: Stage, recovery: Recovery
) -> Band:
    """Adds what merges, names and writes the recovered frames of a graph with one stage."""
    merge = addMerge(script, stage, recovery)
    provenance = addProvenance(script, settings, merge, stage)
    delivery = addDelivery(script, provenance, recovery.trained)
    return Band(
        RENDER,
        f"{number} Recover and deliver",
        RECOVER,
        [*placesOfRecovery(recovery), (merge, Place(18, 2)), (provenance, Place(18, 3)), (delivery, Place(50, 3))],
    )


def placesOfValidation(validation: Validation, left: float = 0) -> list[tuple[Gaffer.Node, Place]]:
    return [
        (validation.source, Place(left + 10, 0)),
        (validation.pairs, Place(left + 26, 0)),
        (validation.frames, Place(left + 50, 0)),
        (validation.grade, Place(left + 18, 1)),
        (validation.validate, Place(left + 50, 2)),
        (validation.earlyFrames, Place(left + 28, 2)),
        (validation.early, Place(left + 18, 3)),
    ]


def reportBand(number: int, validation: Validation, folder: GafferRecovery.DeliverFolder) -> Band:
    # Below the findings that stand beside reports which failed, over several lines.
    nodes = [*placesOfValidation(validation), (folder, Place(50, 5))]
    return Band(VALIDATION, f"{number} Report and hand over", REPORT, nodes)

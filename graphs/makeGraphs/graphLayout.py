"""The layout of a graph: bands below each other, each with a title and with nodes in columns."""

from typing import NamedTuple

import Gaffer
import imath
from recoveryNodes import DYNAMIC, Alignment, Element, Stage, Validation

import GafferRecovery

# Columns and rows, in units of the Graph Editor. Titles are in the middle, where no connection passes.
TEXT, PLATE, ASIDE, TASK, IMAGE = -42, 0, 8, 42, 58
_LEFT, _RIGHT = -51, 93
_TOP, _ROW, _BOTTOM, _GAP = 11, 9, 6, 2

ELEMENTS = imath.Color3f(0.15, 0.18, 0.22)
RENDER = imath.Color3f(0.20, 0.16, 0.22)
_REFERENCE = imath.Color3f(0.14, 0.20, 0.22)
_PAIRS = imath.Color3f(0.15, 0.20, 0.17)
_TRAIN = imath.Color3f(0.22, 0.19, 0.14)
_VALIDATION = imath.Color3f(0.18, 0.20, 0.15)


class Band(NamedTuple):
    """A backdrop over the whole width of the graph, and the rows of nodes on it, by column."""

    color: imath.Color3f
    title: str
    description: str
    rows: list[dict[int, Gaffer.Node]]


def elementRows(settings: Gaffer.Node, source: Element, reference: Element) -> list[dict[int, Gaffer.Node]]:
    return [
        {PLATE: source.reader, IMAGE: reference.reader},
        {TEXT: settings, PLATE: source.color, IMAGE: reference.color},
    ]


def alignmentBand(number: int, alignment: Alignment, prefix: str = "", column: int = PLATE) -> Band:
    return Band(
        _REFERENCE,
        f"{number} {f'{prefix} reference'.strip().capitalize()}",
        "The reference is matched with the source\nand aligned. The crop is the part that\nboth show. "
        "Frames to train on are chosen.",
        [
            {column: alignment.dot, TASK: alignment.match},
            {IMAGE: alignment.align},
            {TASK: alignment.crop},
            {TASK: alignment.select},
        ],
    )


def stageBands(stage: Stage, number: int, prefix: str = "") -> list[Band]:
    truth = {
        "chroma": "the source's luma,\nthe reference's chroma",
        "spatial": "the reference's luma,\nthe source's chroma",
    }[stage.groundTruth["mode"].getValue()]
    return [
        Band(
            _PAIRS,
            f"{number} {f'{prefix} training pairs'.strip().capitalize()}",
            f"The ground truth is {truth}.\nPairs of source and ground truth\nare written at the chosen frames.",
            [{PLATE: stage.pairsDot}, {IMAGE: stage.groundTruth}, {TASK: stage.pairs}],
        ),
        Band(
            _TRAIN,
            f"{number + 1} {f'{prefix} training'.strip().capitalize()}",
            "A network is trained on these pairs only.",
            [{TASK: stage.train}],
        ),
    ]


def renderBand(
    number: int,
    stage: Stage,
    merge: GafferRecovery.Merge,
    provenance: GafferRecovery.Provenance,
    delivery: GafferRecovery.RecoveryWriter,
) -> Band:
    return Band(
        RENDER,
        f"{number} Inference and render",
        "The model on every frame, merged onto\nthe plate.",
        [
            {PLATE: stage.inferenceDot},
            {IMAGE: stage.inference},
            {PLATE: merge},
            {IMAGE: provenance},
            {TASK: delivery},
        ],
    )


def validationBand(number: int, *validations: Validation, last: dict[int, Gaffer.Node] | None = None) -> Band:
    rows = [row for one in validations for row in ({IMAGE: one.grade}, {TASK: one.validate})]
    return Band(
        _VALIDATION,
        f"{number} Validation",
        "Every frame is measured and judged,\nbeside the source and a baseline. The\nreport is a page, report.html.",
        [*rows, *([last] if last else [])],
    )


def arrange(script: Gaffer.ScriptNode, bands: list[Band]) -> None:
    """Places the bands below each other, and the nodes on the bands."""
    top = 0
    for index, band in enumerate(bands, start=1):
        height = _TOP + _ROW * (len(band.rows) - 1) + _BOTTOM
        backdrop = script[f"Backdrop{index}"] = Gaffer.Backdrop()
        backdrop["title"].setValue(band.title)
        backdrop["description"].setValue(band.description)
        backdrop["__uiBound"] = Gaffer.Box2fPlug(flags=DYNAMIC)
        backdrop["__uiBound"].setValue(imath.Box2f(imath.V2f(_LEFT, -height), imath.V2f(_RIGHT, 0)))
        Gaffer.Metadata.registerValue(backdrop, "nodeGadget:color", band.color)
        place(backdrop, 0, top)
        for number, row in enumerate(band.rows):
            for column, node in row.items():
                place(node, column, top - _TOP - _ROW * number)
        top -= height + _GAP


def place(node: Gaffer.Node, x: float, y: float) -> None:
    node["__uiPosition"] = Gaffer.V2fPlug(flags=DYNAMIC)
    node["__uiPosition"].setValue(imath.V2f(x, y))

"""The rows of bars under the pictures of a shot: what each shows of a frame."""

from collections.abc import Callable
from typing import NamedTuple

from Qt import QtGui

from GafferRecoveryUI.shotEditor.FrameFacts import LEFT, FrameFacts, ShotFacts

CALM, DOUBTFUL, WRONG = QtGui.QColor(104, 128, 148), QtGui.QColor(224, 166, 80), QtGui.QColor(240, 90, 80)
ROLE_COLOURS = {
    "train": QtGui.QColor(90, 180, 240),
    "hold-out": QtGui.QColor(232, 128, 190),
    "preview": QtGui.QColor(160, 150, 255),
    LEFT: QtGui.QColor(74, 74, 74),
}
_UNFIT = QtGui.QColor(96, 62, 56)
_TIMINGS = {"none": (1.0, WRONG), "doubled": (0.6, DOUBTFUL), "dropped": (0.6, QtGui.QColor(120, 200, 120))}
_SURE = 0.5
"""The confidence of a match below which it is to be looked at, as the engine's own summary has it."""
_LEAST = 0.06
"""Of the height, so that a bar of a small value is seen."""


class Bar(NamedTuple):
    """A bar of a frame: how much of the row it fills, 0..1. Where several frames share a pixel, the weightiest is seen.

    A `mark` stands above it.
    """

    level: float
    colour: QtGui.QColor
    weight: float
    mark: bool = False


class Lane(NamedTuple):
    """A row of bars. `scale` says what a full bar and a line at half the height mean, `none` why there are no bars."""

    title: str
    toolTip: str
    height: int
    none: str
    bar: Callable[[FrameFacts], Bar | None]
    scale: str = ""
    middle: bool = False


def lanes(shot: ShotFacts) -> list[Lane]:
    """The rows of a shot, from the top."""
    threshold = shot.threshold or 1.0
    doubt = max([0.02, *(facts.doubt for facts in shot.frames if facts.doubt is not None)])
    severity = max([2.0, *(facts.severity for facts in shot.frames if facts.severity is not None)])
    passed = {None: "no report yet", True: "no frame fails", False: "no single frame fails"}[shot.passed]
    return [
        Lane(
            "Reference",
            "How the reference goes on: red where it lacks the frame, orange where it shows a frame twice, green where "
            "it leaves frames out. The number is that of its frame.",
            18,
            "not matched yet",
            _timing,
        ),
        Lane(
            "Match",
            "How sure it is which frame of the reference shows the same. Orange: look at it.",
            28,
            "not matched yet",
            _confidence,
            "0 to 1",
        ),
        Lane(
            "Alignment",
            "How far the reference may lie beside the source. Above the line, and where it is orange, look at it.",
            28,
            "not aligned yet",
            lambda facts: _error(facts, threshold),
            f"to {2 * threshold:g} px",
            True,
        ),
        Lane(
            "Role",
            "Blue: trained on. Pink: held out, to measure the result. Violet: shown during the training. Grey: left "
            "out, and brown where its picture or its reference is not fit for it.",
            20,
            "not chosen yet",
            _role,
        ),
        Lane(
            "Doubt",
            "The error that the model expects of its recovery, where the frames carry it.",
            28,
            "not told by the report" if shot.passed is not None else "no report yet",
            lambda facts: None if facts.doubt is None else Bar(_seen(facts.doubt / doubt), CALM, facts.doubt),
            f"to {100 * doubt:.1f} %",
        ),
        Lane(
            "Fails",
            "Frames that fail in the report, and by how much. A dot: worth training on.",
            28,
            passed,
            lambda facts: _fails(facts, severity),
            f"to {severity:.1f} limits",
        ),
    ]


def _seen(level: float) -> float:
    return min(1.0, max(_LEAST, level))


def _timing(facts: FrameFacts) -> Bar | None:
    if not facts.matched:
        return None
    level, colour = _TIMINGS.get(facts.timing, (0.12, CALM))
    return Bar(level, colour, level)


def _confidence(facts: FrameFacts) -> Bar | None:
    if facts.confidence is None:
        return None
    return Bar(_seen(facts.confidence), DOUBTFUL if facts.confidence < _SURE else CALM, 1.0 - facts.confidence)


def _error(facts: FrameFacts, threshold: float) -> Bar | None:
    if facts.error is None:
        return None
    doubtful = bool(facts.flagged) or facts.error > threshold
    return Bar(_seen(facts.error / (2 * threshold)), DOUBTFUL if doubtful else CALM, facts.error + 1e6 * doubtful)


def _role(facts: FrameFacts) -> Bar | None:
    if not facts.role:
        return None
    if facts.role == LEFT:
        return Bar(0.55, _UNFIT if facts.unfit else ROLE_COLOURS[LEFT], 0.5 if facts.unfit else 0.0)
    return Bar(1.0, ROLE_COLOURS[facts.role], 1.0)


def _fails(facts: FrameFacts, severity: float) -> Bar | None:
    if facts.severity is None:
        return None
    return Bar(_seen(facts.severity / severity), WRONG, facts.severity, facts.outlier)

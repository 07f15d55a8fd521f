"""A run as a line of the table: what stands in its columns."""

import math
from typing import NamedTuple

from filmrecovery.base.duration_text import duration_text
from filmrecovery.training.runs.run_figures import Curve
from filmrecovery.training.runs.run_overview import RunOverview
from GafferRecoveryUI.trainingEditor import runTexts
from GafferRecoveryUI.trainingEditor.graphRuns import GraphRun
from GafferRecoveryUI.trainingEditor.PlotAxes import number

COLUMNS = {
    "State": "Running, stopped (it can go on), done, failed, or gone: nothing was heard of it for a minute.",
    "Training": "The node whose present settings it has; else its folder, in grey.",
    "Step": "Steps that are done, of those that are planned.",
    "Loss": "The loss of the last steps. Lower is better.",
    "Hold-out": "The last error of the frames that were held out. Lower is better.",
    "Best": "The lowest error of the frames that were held out, and its step. Use Best takes that model.",
    "Left": "Time to the planned end, at the pace of the last steps.",
    "Trained": "Time spent on training.",
    "Differs in": "The settings in which the runs of this table are not all alike.",
    "Machine": "The machine that trains, or did.",
    "Started": "When it was started last.",
}
"""Headings and tool tips."""
_DIGITS = 3


class Cell(NamedTuple):
    """A text, and what the column is sorted by: a text, or a figure, where what has none comes last."""

    text: str
    order: float | str


def cells(run: GraphRun, differences: str) -> tuple[Cell, ...]:
    """What stands in the columns, in their order. `differences` are the settings in which the run is not as others."""
    overview = run.overview
    texts = {
        "State": runTexts.state(run),
        "Training": run.name,
        "Differs in": differences,
        "Machine": overview.machine if overview else "",
        "Started": overview.started[:16].replace("T", " ") if overview else "",
    }
    figures = _figures(overview) if overview else {}
    return tuple(
        Cell(texts[name], texts[name]) if name in texts else figures.get(name, Cell("", math.inf)) for name in COLUMNS
    )


def _figures(overview: RunOverview) -> dict[str, Cell]:
    best = _at(overview.hold_out, overview.best_step)
    left = overview.seconds_left
    nothing = Cell("", math.inf)
    return {
        "Step": Cell(runTexts.steps(overview), overview.step),
        "Loss": _last(overview.loss),
        "Hold-out": _last(overview.hold_out),
        "Best": Cell("", math.inf)
        if best is None
        else Cell(f"{number(best, _DIGITS)} at {overview.best_step:,}", best),
        "Left": nothing if left is None else Cell(duration_text(left), left),
        "Trained": Cell(duration_text(overview.seconds), overview.seconds),
    }


def _last(curve: Curve) -> Cell:
    return Cell(number(curve.values[-1], _DIGITS), curve.values[-1]) if curve.values else Cell("", math.inf)


def _at(curve: Curve, step: int | None) -> float | None:
    return curve.values[curve.steps.index(step)] if step in curve.steps else None

"""Trainings as a table of text."""

from collections.abc import Sequence
from pathlib import Path

from filmrecovery.base.duration_text import duration_text
from filmrecovery.base.errors import FileError, RecoveryError
from filmrecovery.training.runs.run_overview import RunOverview, find_runs, read_run

_HEADINGS = ("training", "state", "step", "loss", "hold-outs", "grade alone", "best step", "time", "left", "machine")


def run_table(folders: Sequence[Path]) -> str:
    """A line for each training in the folders; below them, what ended those that failed, and what is damaged.

    Raises FileError where there is no training.
    """
    runs = find_runs(folders)
    if not runs:
        raise FileError(f"{', '.join(map(str, folders))}: no training there; name its folder, or the folder above it")
    rows: list[tuple[str, ...]] = [_HEADINGS]
    notes: list[str] = []
    for run in runs:
        try:
            overview = read_run(run)
        except RecoveryError as error:
            rows.append((str(run), "damaged", *("",) * (len(_HEADINGS) - 2)))
            notes.append(str(error))
            continue
        rows.append(_row(overview))
        notes += [f"{run}: {overview.said}"] if overview.said else []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join(lines + notes)


def _row(run: RunOverview) -> tuple[str, ...]:
    return (
        str(run.path),
        run.state,
        f"{run.step} of {run.steps or '?'}",
        _error(run.loss.values[-1] if run.loss.values else None),
        _error(run.hold_out.values[-1] if run.hold_out.values else None),
        _error(run.baseline),
        "" if run.best_step is None else str(run.best_step),
        duration_text(run.seconds),
        "" if run.seconds_left is None else duration_text(run.seconds_left),
        run.machine,
    )


def _error(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"

"""The journal of a training: a JSON object a line, each with its step and figures.

Standard library alone, so that Gaffer's own interpreter can read it.
"""

from pathlib import Path
from typing import Any

from filmrecovery.base.json_lines import JsonLines
from filmrecovery.base.limits import HIGHEST_ERROR
from filmrecovery.training.runs.run_progress import JOURNAL_NAME


def journal(run: Path) -> JsonLines:
    """The journal of a run folder. Each line has its `step`, and numbers or null."""
    return JsonLines(
        run / JOURNAL_NAME, "the journal of a training", "correct it, or remove it and what follows", _is_entry
    )


def is_figure(value: object) -> bool:
    """Whether a journal may hold the value."""
    if value is None or isinstance(value, bool):
        return value is None
    return isinstance(value, int | float) and abs(value) <= HIGHEST_ERROR


def _is_entry(entry: dict[str, Any]) -> bool:
    step = entry.get("step")
    return type(step) is int and step >= 0 and all(map(is_figure, entry.values()))

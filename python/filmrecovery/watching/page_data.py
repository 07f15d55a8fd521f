"""What the page shows of trainings, as JSON takes it: a line for each, and curves of as many points as it draws."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from filmrecovery.base.duration_text import duration_text
from filmrecovery.training.runs.run_figures import Curve
from filmrecovery.training.runs.run_identity import LENGTHS
from filmrecovery.training.runs.run_overview import RunOverview
from filmrecovery.watching.shown_runs import ShownRun

_MOST_POINTS = 1000
_HASHES = ("pairs_hash", "start_from")
_SHOWN_OF_HASH = 8
_SHOWN_ELSEWHERE = {"steps", LENGTHS}
"""Of the settings: what stands in columns of its own."""


def lines_of(runs: Sequence[ShownRun]) -> list[dict[str, Any]]:
    """A line for each training."""
    differing = _differing([run.overview.settings for run in runs if run.overview])
    return [_line(run, differing) for run in runs]


def _line(run: ShownRun, differing: Sequence[str]) -> dict[str, Any]:
    line: dict[str, Any] = {"key": run.key, "name": run.name, "path": str(run.path), "reason": run.reason}
    seen = run.overview
    if seen is None:
        return line | {"state": "damaged"}
    return line | {
        "state": seen.state,
        "step": seen.step,
        "steps": seen.steps,
        "time": duration_text(seen.seconds),
        "left": "" if seen.seconds_left is None else duration_text(seen.seconds_left),
        "machine": seen.machine,
        "started": seen.started,
        "differing": {name: _short(name, seen.settings[name]) for name in differing if name in seen.settings},
        "settings": {name: _short(name, value) for name, value in seen.settings.items() if name != LENGTHS},
        "loss": _last(seen.loss),
        "holdOut": _last(seen.hold_out),
        "measure": seen.measure,
        "baseline": seen.baseline,
        "best": _best(seen),
        # What is drawn of a curve changes with its length, or with its last point where a call went back.
        "version": f"{len(seen.loss.steps)} {len(seen.hold_out.steps)} {_last(seen.loss)} {_last(seen.hold_out)}",
        "pictures": [
            {"name": name, "kept": [[picture.step, picture.path.name] for picture in kept]}
            for name, kept in (
                ("Contact sheet", seen.contact_sheets),
                *((f"Preview of frame {frame}", kept) for frame, kept in sorted(seen.previews.items())),
                *((f"Doubt of frame {frame}", kept) for frame, kept in sorted(seen.doubts.items())),
            )
            if kept
        ],
        "report": run.report and {"passed": run.report.passed},
    }


def curves_of(seen: RunOverview) -> dict[str, Any]:
    """The curves of a training."""
    return {"loss": _thinned(seen.loss), "holdOut": _thinned(seen.hold_out)}


def _thinned(curve: Curve) -> dict[str, list[float]]:
    """Of each stretch of a long curve the last step, the mean, and the lowest and highest value."""
    size = math.ceil(len(curve.steps) / _MOST_POINTS) or 1
    stretches = [curve.values[start : start + size] for start in range(0, len(curve.values), size)]
    return {
        "steps": [curve.steps[min(start + size, len(curve.steps)) - 1] for start in range(0, len(curve.steps), size)],
        "values": [math.fsum(stretch) / len(stretch) for stretch in stretches],
        "low": [min(stretch) for stretch in stretches],
        "high": [max(stretch) for stretch in stretches],
    }


def _last(curve: Curve) -> float | None:
    return curve.values[-1] if curve.values else None


def _best(seen: RunOverview) -> dict[str, float] | None:
    return None if seen.best_step is None else {"step": seen.best_step, "value": min(seen.hold_out.values)}


def _differing(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The settings that are not the same in all trainings."""
    names: Iterable[str] = dict.fromkeys(itertools.chain.from_iterable(settings))
    return [
        name
        for name in names
        if name not in _SHOWN_ELSEWHERE and any(of_run.get(name) != settings[0].get(name) for of_run in settings)
    ]


def _short(name: str, value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text[:_SHOWN_OF_HASH] if name in _HASHES else text

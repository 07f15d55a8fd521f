"""What the editor says of a run."""

from collections.abc import Mapping, Sequence
from typing import Any

from filmrecovery.base.duration_text import duration_text
from filmrecovery.training.runs.run_overview import RunOverview
from filmrecovery.training.runs.run_status import RunState
from GafferRecoveryUI.trainingEditor.graphRuns import GraphRun

_EXPLANATIONS = {
    RunState.RUNNING: "It trains{where}{left}.",
    RunState.STOPPED: "It was stopped, and its state is saved. {again}",
    RunState.DONE: "It is finished.",
    RunState.FAILED: "It failed: {reason} When that is put right: {again}",
    RunState.GONE: (
        "It is gone: nothing was heard of it for a minute. Its process was killed, its machine is off, or cannot be "
        "reached. What it had saved is still there. {again}"
    ),
}
_NOT_STARTED = "This node has not trained with its present settings yet. Start trains it in the background."
_RESUME = "Resume goes on from the last checkpoint."
_CALL_AGAIN = "The same training, called again, goes on from the last checkpoint."
_LONGEST_VALUE = 16


def state(run: GraphRun) -> str:
    """The state in a word or two."""
    if run.overview is not None:
        return str(run.overview.state)
    return "unreadable" if run.fault else "not started"


def explanation(run: GraphRun) -> str:
    """The state in a sentence or two, and what can be done."""
    if run.overview is None:
        return run.fault or _NOT_STARTED
    overview = run.overview
    return _EXPLANATIONS[overview.state].format(
        where=f" on {overview.machine}" if overview.machine else "",
        left=f", for about {duration_text(overview.seconds_left)} more" if overview.seconds_left is not None else "",
        reason=f"{(overview.said or 'it does not say why').rstrip('.')}.",
        again=_RESUME if run.node else _CALL_AGAIN,
    )


def isFault(run: GraphRun) -> bool:
    """Whether the state is something to look at."""
    if run.overview is None:
        return bool(run.fault)
    return run.overview.state in (RunState.FAILED, RunState.GONE)


def toolTip(run: GraphRun) -> str:
    """All that is known of a run in words: its state, its folder and its settings."""
    if run.overview is None:
        return explanation(run)
    settings = "\n".join(f"{_words(name)}: {_short(value)}" for name, value in run.overview.settings.items())
    return f"{explanation(run)}\n\n{run.path}\n\n{settings}"


def steps(overview: RunOverview) -> str:
    return f"{overview.step:,} of {overview.steps:,}" if overview.steps else f"{overview.step:,}"


def differences(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each of several runs the settings in which they are not all alike; empty texts where all are."""
    names = dict.fromkeys(name for values in settings for name in values)
    differing = [name for name in names if len({repr(values.get(name)) for values in settings}) > 1]
    return [", ".join(f"{_words(name)} {_short(values.get(name))}" for name in differing) for values in settings]


def _words(name: str) -> str:
    return name.removesuffix("_hash").replace("_", " ")


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "not set"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:6]}..."

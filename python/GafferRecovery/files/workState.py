"""What the files of a node's work say of it, in a few words for a graph."""

import functools
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from filmrecovery.base.errors import RecoveryError
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.headers.stated_colour import stated_colour
from filmrecovery.model.model_header import read_model_header
from filmrecovery.training.runs.run_progress import JOURNAL_NAME, MODEL_NAME, last_step, latest_run
from filmrecovery.validation.validation_record import Outcome, read_outcome

_UNITS = {"psnr": ("", " dB"), "ciede2000": ("CIEDE2000 ", "")}
"""Before and after the figures that say how near hold-outs are to their ground truth."""


class Meaning(Enum):
    """How a state is meant: work that is still to do or goes on, work that is done, or something to look at."""

    OPEN = "open"
    DONE = "done"
    WRONG = "wrong"


class WorkState(NamedTuple):
    """How far a node's work is, in a few words, and how that is meant. No words: there is nothing to tell."""

    text: str
    meaning: Meaning


class Work(NamedTuple):
    """Files that a state depends on, and what reads it from them, in any thread.

    `settings` are what else it depends on.
    """

    files: tuple[Path, ...]
    read: Callable[[], WorkState]
    settings: tuple[str, ...] = ()


def element(pattern: str, space: str, curve: str) -> Work:
    """Reading the frames of a pattern in a colour space that has this kind of curve, empty where that is not known."""
    files = (Path(pattern).parent,) if pattern else ()
    return Work(files, functools.partial(_elementState, pattern, space, curve), (pattern, space, curve))


def training(model: Path, steps: int) -> Work:
    """A training that makes this model in so many steps, or 0 where its length is a time."""
    run = latest_run(model)
    files = (model, *((run / JOURNAL_NAME, run / MODEL_NAME) if run else ()))
    return Work(files, functools.partial(_trainingState, model, steps, run))


def inference(model: Path) -> Work:
    """An inference with this model."""
    return Work((model,), functools.partial(_modelState, model))


def validation(record: Path, model: Path) -> Work:
    """A validation with this record, in a graph that now has this model."""
    return Work((record, model), functools.partial(_reportState, record, model))


def _elementState(pattern: str, space: str, curve: str) -> WorkState:
    """What the check of the elements warns of too. Nothing of files that cannot be read, which is told as an error."""
    nothing = WorkState("", Meaning.DONE)
    if not (pattern and curve):
        return nothing
    try:
        stated = stated_colour(find_element(pattern).paths()[0])
    except (RecoveryError, OSError):
        return nothing
    if stated.curve in ("", curve):
        return nothing
    return WorkState(
        f"Its header says: {stated.curve}\n({stated.words}).\n"
        f"The space {space} is {curve},\nand counts: look at a frame.",
        Meaning.WRONG,
    )


def _trainingState(model: Path, steps: int, run: Path | None) -> WorkState:
    if run is not None and not (run / MODEL_NAME).exists():
        step = last_step(run)
        return WorkState(f"step {step or 0}{f' of {steps}' if steps else ''}, not finished", Meaning.OPEN)
    if not model.exists():
        return WorkState("not trained yet", Meaning.OPEN)
    return _ofHeader(model, "trained, {steps} steps")


def _modelState(model: Path) -> WorkState:
    if not model.is_file():
        return WorkState("no model yet", Meaning.OPEN)
    return _ofHeader(model, "{mode} model, {steps} steps")


def _reportState(record: Path, model: Path) -> WorkState:
    if not record.exists():
        return WorkState("no report yet", Meaning.OPEN)
    try:
        outcome = read_outcome(record)
        now = read_model_header(model)["weights_hash"] if model.is_file() else None
    except RecoveryError as error:
        return WorkState(str(error), Meaning.WRONG)
    text = _ofOutcome(outcome)
    if now not in (None, outcome.model):
        return WorkState(f"an earlier model {text}", Meaning.OPEN)
    return WorkState(text, Meaning.DONE if outcome.passed else Meaning.WRONG)


def _ofHeader(model: Path, text: str) -> WorkState:
    try:
        return WorkState(text.format(**read_model_header(model)), Meaning.DONE)
    except RecoveryError as error:
        return WorkState(str(error), Meaning.WRONG)


def _ofOutcome(outcome: Outcome) -> str:
    verdict = "PASSED" if outcome.passed else f"FAILED ({', '.join(outcome.failed)})"
    before, after = _UNITS[outcome.figure]
    words = {"recovery": "{}", "baseline": "LUT {}"}
    figures = [
        words[picture].format(f"{before if picture == 'recovery' else ''}{outcome.likeness[picture]:.1f}{after}")
        for picture in words
        if picture in outcome.likeness
    ]
    first = f"{verdict}: {', '.join(figures)}" if figures else verdict
    # In a graph the text of more would lie over other nodes. The table of the node has all.
    findings = [f"{name}: {text}" for name, text in zip(outcome.failed, outcome.texts, strict=True)]
    others = [f"And {len(findings) - 1} more, in the report."] if len(findings) > 1 else []
    return "\n".join([first, *findings[:1], *others])

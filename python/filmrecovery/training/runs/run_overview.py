"""A training at a glance, from the files of its run folder: state, curves, pictures.

Whoever shares the folder can look, while the training runs and after. Standard library alone, so that Gaffer's own
interpreter can look too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filmrecovery.model.model_header import read_model_header
from filmrecovery.training.runs.deciding_error import MEASURES
from filmrecovery.training.runs.kept_steps import KeptFile, contact_sheets, doubts, previews, step_models
from filmrecovery.training.runs.run_figures import Curve, RunFigures
from filmrecovery.training.runs.run_identity import IDENTITY_NAME, length_of, read_identity
from filmrecovery.training.runs.run_journal import journal
from filmrecovery.training.runs.run_progress import JOURNAL_NAME, MODEL_NAME
from filmrecovery.training.runs.run_status import RunState, read_status, state_now


@dataclass(frozen=True)
class RunOverview:
    """A training at a glance."""

    path: Path
    state: RunState
    said: str
    """The error of a training that failed; otherwise nothing."""
    step: int
    """Steps that are done."""
    steps: int | None
    """Its length; None where that is still to find out."""
    seconds: float
    """Spent on the steps by all calls together."""
    seconds_left: float | None
    """At the pace of the last steps; None where it does not run."""
    machine: str
    started: str
    """When the last call began, in ISO 8601."""
    settings: Mapping[str, Any]
    """What is trained: settings, and hashes of the pairs and of the weights it starts from."""
    loss: Curve
    hold_out: Curve
    """The error by which the best step is known, of the hold-outs; lower is better."""
    measure: str
    """What that error is; nothing where there are no hold-outs."""
    contact_sheets: tuple[KeptFile, ...]
    previews: Mapping[int, tuple[KeptFile, ...]]
    """The previews of each preview frame."""
    doubts: Mapping[int, tuple[KeptFile, ...]]
    """Maps of how far the previews are to be doubted, of each preview frame."""
    step_models: tuple[KeptFile, ...]

    @property
    def baseline(self) -> float | None:
        """The error of the grade alone, from which the training starts."""
        return self.hold_out.values[0] if self.hold_out.steps[:1] == (0,) else None

    @property
    def best_step(self) -> int | None:
        """The step of the lowest error of the hold-outs."""
        errors = self.hold_out.values
        return self.hold_out.steps[errors.index(min(errors))] if errors else None


def find_runs(folders: Iterable[Path]) -> list[Path]:
    """The folders that hold a training, among these and the folders in them; the one changed last comes first."""
    runs = {
        run.absolute()
        for folder in folders
        for run in (folder, *(folder.iterdir() if folder.is_dir() else ()))
        if (run / IDENTITY_NAME).is_file()
    }
    return sorted(runs, key=lambda run: (-_changed(run), run))


def read_run(run: Path) -> RunOverview:
    """A training at a glance. Raises FileError for a folder without one, and for a damaged file."""
    return RunReader(run).read()


class RunReader:
    """Reads a run folder again and again, and of its journal only what is new."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._journal = journal(run)
        self._figures = RunFigures()

    def read(self) -> RunOverview:
        """As `read_run`."""
        identity = read_identity(self._run)
        status = read_status(self._run)
        state = state_now(self._run, status) if status else _state_by_files(self._run)
        mode = status.mode if status else _mode_by_model(self._run)
        figures = self._read_figures()
        hold_out = figures.hold_out(mode) if mode else Curve((), ())
        steps = length_of(identity)
        return RunOverview(
            path=self._run,
            state=state,
            said=status.said if status else "",
            step=figures.step,
            steps=steps,
            seconds=figures.seconds,
            seconds_left=figures.seconds_left(steps - figures.step) if steps and state is RunState.RUNNING else None,
            machine=status.machine if status else "",
            started=status.started if status else "",
            settings=identity,
            loss=figures.loss,
            hold_out=hold_out,
            measure=MEASURES[mode] if mode and hold_out.steps else "",
            contact_sheets=contact_sheets(self._run),
            previews=previews(self._run),
            doubts=doubts(self._run),
            step_models=step_models(self._run),
        )

    def _read_figures(self) -> RunFigures:
        if not (self._run / JOURNAL_NAME).exists():
            self._journal, self._figures = journal(self._run), RunFigures()
            return self._figures
        new = self._journal.read_new()
        if new.begins:
            self._figures = RunFigures()
        self._figures.add(new.objects)
        return self._figures


def _state_by_files(run: Path) -> RunState:
    """The state of a training without a status file."""
    return RunState.DONE if (run / MODEL_NAME).exists() else RunState.STOPPED


def _mode_by_model(run: Path) -> str | None:
    model = run / MODEL_NAME
    return read_model_header(model)["mode"] if model.exists() else None


def _changed(run: Path) -> float:
    try:
        return max((run / name).stat().st_mtime for name in (IDENTITY_NAME, JOURNAL_NAME) if (run / name).exists())
    except (OSError, ValueError):
        return 0.0

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from filmrecovery.base.errors import RecoveryError
from filmrecovery.training.runs.run_figures import Curve
from filmrecovery.training.runs.run_overview import RunOverview, RunReader, find_runs
from filmrecovery.training.runs.run_progress import latest_run
from GafferRecoveryUI.trainingEditor.CurveSummary import CurveSummary
from GafferRecoveryUI.trainingEditor.graphRuns import GraphRun, RunCurves, TrainPlace

_PAUSE = 0.005
"""After each run, in seconds. Python runs one thread at a time: without it the interface would wait for all runs."""

_AWAY = "{}: its disk or machine may be away. Its trainings are shown again when it is back; Folders removes it here."


class _Drawn(NamedTuple):
    """A curve, and what is drawn of it."""

    curve: Curve
    summary: CurveSummary


class _Known:
    """A run, of which what was read and drawn before is kept."""

    def __init__(self, path: Path) -> None:
        self.__reader = RunReader(path)
        self.__drawn: dict[str, _Drawn] = {}

    def read(self) -> RunOverview:
        return self.__reader.read()

    def summary(self, name: str, curve: Curve) -> CurveSummary:
        drawn = self.__drawn.get(name)
        if drawn is None or drawn.curve is not curve:
            drawn = self.__drawn[name] = _Drawn(curve, CurveSummary.of(curve))
        return drawn.summary


class GraphRunsReader:
    """Reads the runs of a graph again and again: of each what is new.

    For a thread: the folders may lie on a slow disk.
    """

    def __init__(self) -> None:
        self.__known: dict[Path, _Known] = {}

    def read(self, places: Sequence[TrainPlace], added: Sequence[Path]) -> list[GraphRun]:
        """All runs of Train nodes, and of folders: those of the nodes' present settings first, then those that
        were started last.

        Nodes that have the same settings share a run, and its line has the names of all.
        """
        latest = {place.node: latest_run(place.model) for place in places}
        nodes: dict[Path, list[str]] = {}
        for node, run in latest.items():
            if run is not None:
                nodes.setdefault(run.absolute(), []).append(node)
        roots = list(dict.fromkeys([*(place.runsDirectory for place in places), *added]))
        found, away = _found(roots)
        paths = list(dict.fromkeys([*nodes, *found]))
        self.__known = {path: self.__known.get(path, _Known(path)) for path in paths}
        present = [
            self.__run(run.absolute(), ", ".join(nodes[run.absolute()]), node) if run else GraphRun(node, node)
            for node, run in latest.items()
            if run is None or nodes[run.absolute()][0] == node
        ]
        others = [self.__run(path, _nameIn(path, roots), "") for path in sorted(paths) if path not in nodes]
        lost = [GraphRun(str(folder), "", folder, fault=away[folder]) for folder in added if folder in away]
        # Not by their last change: lines of trainings that run would jump.
        return [*present, *sorted(others, key=_started, reverse=True), *lost]

    def __run(self, path: Path, name: str, node: str) -> GraphRun:
        time.sleep(_PAUSE)
        known = self.__known[path]
        try:
            overview = known.read()
        except (RecoveryError, OSError) as error:
            return GraphRun(name, node, path, fault=str(error))
        curves = RunCurves(known.summary("loss", overview.loss), known.summary("holdOut", overview.hold_out))
        return GraphRun(name, node, path, overview, curves)


def _started(run: GraphRun) -> str:
    return run.overview.started if run.overview is not None else ""


def _found(roots: Sequence[Path]) -> tuple[list[Path], dict[Path, str]]:
    """The runs in folders, and what is told of folders that are not there or cannot be read."""
    found: list[Path] = []
    away: dict[Path, str] = {}
    for root in roots:
        try:
            if root.is_dir():
                # The runs of a model lie in a folder of its own.
                found += find_runs([root, *root.iterdir()])
            else:
                away[root] = _AWAY.format("This folder is not there")
        except OSError as error:
            away[root] = _AWAY.format(f"This folder cannot be read ({error.strerror})")
    return found, away


def _nameIn(run: Path, roots: Sequence[Path]) -> str:
    """A run by its place in the folder where it was found."""
    for root in map(Path.absolute, roots):
        if run.is_relative_to(root) and run != root:
            return str(run.relative_to(root)).replace("/run-", " ")
    return run.name

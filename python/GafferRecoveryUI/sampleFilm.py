"""Sample film for the graphs: the engine makes the elements of its demo, and a graph is set up for them."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import Gaffer

import GafferRecovery
from filmrecovery.base.message_lines import PROGRESS
from GafferRecovery.engine import engineProcess
from GafferRecovery.plugs import resultsFolder

_FILM, _SHOT = "Sample film", "SAMPLE_010"
_FOLDER = "$HOME/gaffer/projects/sampleFilm"


class Places(NamedTuple):
    """Where the elements of the sample film go, and the results of a graph, as its `Settings` has it."""

    elements: Path
    results: str


def places(settings: Gaffer.Node) -> Places:
    """In the folder of the graph; where none is chosen yet, in one for the sample film, which all graphs can use."""
    script = settings.scriptNode()
    context = script.context()
    if resultsFolder.isChosen(script):
        return Places(Path(context.substitute("${project:rootDirectory}")) / "sample", settings["folder"].getValue())
    graph = Gaffer.Metadata.value(settings, "filmRecovery:graph")
    return Places(Path(context.substitute(_FOLDER)) / "scans", f"{_FOLDER}/{graph}")


def make(folder: Path, show: Callable[[int], None]) -> None:
    """Makes the elements in a folder; those that are there are kept. `show` is called with the per cent that are done.

    Raises RuntimeError, with the engine's message; IECore.Cancelled where the context is cancelled.
    """

    def progress(line: str, headline: str) -> None:
        show(int(line.removeprefix(PROGRESS).rstrip("%")))

    engineProcess.run(["demo", "--film-only", f"--folder={folder}"], "Sample film", progress)


def use(settings: Gaffer.Node, folder: Path) -> None:
    """Sets a graph up for the elements in a folder. Each plug of Settings says in its metadata which it takes."""
    project = tomllib.loads((folder / "project.toml").read_text(encoding="utf-8"))
    script = settings.scriptNode()
    settings["folder"].setValue(places(settings).results)
    settings["film"].setValue(_FILM)
    settings["shot"].setValue(_SHOT)
    for plug in settings.children(Gaffer.StringPlug):
        files = Gaffer.Metadata.value(plug, "filmRecovery:sample")
        if files:
            plug.setValue((folder / files).as_posix())
            settings[plug.getName().replace("Files", "Space")].setValue(_space(project, files))
    stages = {stage["mode"]: stage for stage in project["stages"]}
    for truth in GafferRecovery.GroundTruth.Range(script):
        stage = stages[truth["mode"].getValue()]
        train = script[truth.getName().replace("GroundTruth", "Train")]
        for key, value in stage["train"].items():
            train[_plugName(key)].setValue(value)
        if not truth["median"].isSetToDefault():
            continue
        truth["median"].setValue(stage.get("median", truth["median"].defaultValue()))
    # Each stage of the project says so, since all have the same source.
    settings["severalShots"].setValue("shots" in project["stages"][0])
    first, last = _frames(project)
    script["frameRange"]["start"].setValue(first)
    script["frameRange"]["end"].setValue(last)
    for name, value in project["provenance"].items():
        settings[_plugName(name)].setValue(value)


def _space(project: dict[str, Any], files: str) -> str:
    spaces = {element["pattern"]: element["space"] for element in project["elements"].values()}
    # What was simulated from the same film and is no element of the project has the space of the others.
    return spaces.get(files, next(iter(spaces.values())))


def _frames(project: dict[str, Any]) -> tuple[int, int]:
    source = project["stages"][0]["source"]
    first, last = project["elements"][source]["frames"].split("-")
    return int(first), int(last)


def _plugName(key: str) -> str:
    return re.sub("_(.)", lambda match: match[1].upper(), key)

"""What is planned and recorded of a whole feature, without its frames: shots, matches, alignment, selection, tasks."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from filmrecovery.farm.submit import write_job
from filmrecovery.farm.task_tree import FRAMES, Task, TaskTree, write_tree
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.scope import Scope, write_scopes
from filmrecovery.reference.alignment.alignment_file import Alignment, FrameAlignment, read_alignment, write_alignment
from filmrecovery.reference.curation.frame_choice import FrameChoice
from filmrecovery.reference.curation.selection_file import FrameRole, Selection, read_selection, write_selection
from filmrecovery.reference.curation.selection_settings import SelectSettings
from filmrecovery.reference.curation.shot_list import frames_of_shots
from filmrecovery.reference.matching.frame_match import FrameMatch, read_matches, write_matches
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.trials.feature_film import SHOT_LENGTH

_STAGES = ("match", "align", "select", "pairs", "train", "deliver")
"""The tasks of a shot that follow each other, as a graph has them."""
_CHUNK = 50
_NUMBERS = 58
"""How many numbers tell a frame from another in a selection."""


def _element(frames: int) -> Element:
    return Element("/scans/print.######.exr", tuple(range(1, frames + 1)), "srgb_tx")


def _shots(frames: int) -> tuple[Scope, ...]:
    return tuple(
        Scope(f"shot_{10 * index:05d}", "shot", first, min(first + SHOT_LENGTH - 1, frames))
        for index, first in enumerate(range(1, frames + 1, SHOT_LENGTH), start=1)
    )


def plan_shots(folder: Path, frames: int) -> None:
    """The shots in their file, and the frames of each."""
    write_scopes(folder / "shots.json", _shots(frames))
    frames_of_shots([str(folder / "shots.json")], _element(frames))


def plan_matches(folder: Path, frames: int) -> None:
    """The matches, written and read."""
    write_matches(folder / "matches.json", tuple(FrameMatch(one, one, 0.98) for one in _element(frames).frames))
    read_matches(folder / "matches.json")


def plan_alignment(folder: Path, frames: int) -> None:
    """The alignment, written and read."""
    random, element = np.random.default_rng(1), _element(frames)
    aligned = tuple(
        FrameAlignment(one, one, np.eye(3) + 1e-3 * random.random((3, 3)), 0.1, 0.99, False) for one in element.frames
    )
    size = (2048, 1556)
    write_alignment(folder / "alignment.json", Alignment(AlignSettings(), element, size, element, size, aligned))
    read_alignment(folder / "alignment.json")


def plan_choice(folder: Path, frames: int) -> None:
    """The choice of frames to train on, with descriptors that differ more from shot to shot than within one."""
    random, numbers, shots = np.random.default_rng(1), _element(frames).frames, _shots(frames)
    of_shots = np.repeat(random.random((len(shots), _NUMBERS)), SHOT_LENGTH, axis=0)[:frames]
    descriptors = dict(zip(numbers, of_shots + 0.02 * random.random((frames, _NUMBERS)), strict=True))
    choice = FrameChoice(SelectSettings("sequence"), [shot.of(numbers) for shot in shots], numbers, {}, descriptors)
    choice.choose()


def plan_selection(folder: Path, frames: int) -> None:
    """The selection, written and read."""
    why = "like the chosen"
    roles = [FrameRole(one, 1, "left", why, "like frames that were chosen", one) for one in _element(frames).frames]
    write_selection(folder / "selection.json", Selection(tuple(roles)))
    read_selection(folder / "selection.json")


def plan_tasks(folder: Path, frames: int) -> None:
    """The tasks of all shots as one tree, written for Slurm."""
    tasks: list[Task] = []
    for shot in _shots(frames):
        numbers = range(shot.first, shot.last + 1)
        after: tuple[str, ...] = ()
        for stage in _STAGES:
            tasks.append(Task(f"{shot.name}.{stage}", ("engine", stage, shot.name), after=after))
            after = (tasks[-1].name,)
        chunks = tuple(format_frames(numbers[start : start + _CHUNK]) for start in range(0, len(numbers), _CHUNK))
        tasks.append(Task(f"{shot.name}.render", ("engine", "render", FRAMES), chunks, (tasks[-2].name,)))
    path = folder / "tasks.json"
    write_tree(path, TaskTree("feature", str(folder.absolute()), tuple(tasks), {}))
    write_job(path, "slurm")


PLANS: Mapping[str, Callable[[Path, int], None]] = {
    "shots": plan_shots,
    "matches": plan_matches,
    "alignment": plan_alignment,
    "choice": plan_choice,
    "selection": plan_selection,
    "tasks": plan_tasks,
}
"""Each makes what belongs to a film of so many frames, in a folder."""

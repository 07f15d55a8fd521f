"""Measures a training of several shots by pictures of them that it never saw, beside the grades of the same pairs."""

import csv
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import ElementError, OutputError
from filmrecovery.film.frame_numbers import format_frames
from filmrecovery.film.images import frame_from_rgb, is_supported, read_frame, write_frame
from filmrecovery.matchgrade.lut_file import load_lut
from filmrecovery.matchgrade.match_grade import match_grade
from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings
from filmrecovery.model.grade import NODES
from filmrecovery.model.inference import recover
from filmrecovery.model.model_file import load_model
from filmrecovery.picture.arrays import Picture, Values
from filmrecovery.picture.lattice import trilinear_weights
from filmrecovery.picture.measures import chroma_rms, psnr
from filmrecovery.picture.scattered_fit import ColourCells, fit_grade, fit_shot_grade
from filmrecovery.training.adopt_pairs import adopt_pairs
from filmrecovery.training.load_pairs import Pair, load_pairs
from filmrecovery.training.run_folder import RunFolder
from filmrecovery.training.train import train
from filmrecovery.training.train_settings import TrainSettings
from filmrecovery.validation.flicker import Fields, mean_fields
from filmrecovery.validation.steadiness import FEWEST_FRAMES, steadiness

SHOTS_NAME = "shots.csv"
WORKING_SPACE = "srgb_tx"
COLUMNS = ("input", "gain", "film_lut", "shot_lut", "pooled", "model")
STEADY_COLUMNS = ("input", "film_lut", "shot_lut", "pooled", "model")

_SIDES = ("input", "target")

Grade = Callable[[Picture], Picture]


@dataclass(frozen=True)
class _Row:
    """A line of `shots.csv`: a picture, what it is for, and its shot."""

    part: str
    frame: int
    shot: str


def benchmark_sequence(settings: TrainSettings, film: Path, folder: Path, mode: str) -> None:
    """Trains on `film/train`, recovers the inputs of `film/test`, and prints how far each result is from its target.

    Both folders hold `input.####` and `target.####`, display-referred. `film/shots.csv` has the columns part (train or
    test), frame and shot. Beside the model stand a gain of each channel, the LUT of the whole film, the LUT of the
    picture's own shot, and the grade that the model starts from (pooled), all fitted to the same
    pairs. Figures are chroma rms in chroma mode, where lower is better, and PSNR in dB otherwise.

    Three test pictures or more of a shot, if they are of one size, are taken for whole frames in the order of their
    numbers: `steadiness` in the figures, and a second table, say how much the error of each result flickers and drifts
    over such a shot (see `Steadiness`).

    Writes `pairs/`, `run/`, `luts/`, `result/recovered.####.exr`, `figures.json` and `figures.md` into `folder`. Raises
    ElementError for a folder that does not hold what `shots.csv` says, and what `adopt_pairs` and `train` raise.
    """
    rows = _read_rows(film / SHOTS_NAME)
    folders = _write_pairs(film, [row for row in rows if row.part == "train"], folder / "pairs", mode)
    run = RunFolder(folder / "run")
    network, description = load_model(train(settings, list(folders.values()), run.path))
    # Of the journal, so that a second call, which trains nothing, tells them too.
    seconds = next(entry["seconds"] for entry in reversed(run.entries()) if "seconds" in entry)
    grades = _Grades(folders, folder / "luts")
    measure = chroma_rms if mode == "chroma" else psnr

    pictures, seen = {}, _Seen()
    for row in (row for row in rows if row.part == "test"):
        source, target = (_picture(film / "test", kind, row.frame) for kind in ("input", "target"))
        recovered = recover(network, source, description.shot_number(row.shot))
        write_frame(folder / "result" / f"recovered.{row.frame:04d}.exr", frame_from_rgb(recovered), "float")
        results = {"input": source, **grades.graded(source, row.shot), "model": recovered}
        results = {name: np.clip(results[name], 0.0, 1.0) for name in COLUMNS}
        figures = {name: float(measure(results[name], target)) for name in COLUMNS}
        pictures[str(row.frame)] = {"shot": row.shot, **figures}
        seen.add(row, results, target)
    mean = {name: float(np.mean([figures[name] for figures in pictures.values()])) for name in COLUMNS}
    steady = seen.steadiness()
    content = {"mode": mode, "seconds": seconds, "steps": description.steps, "mean": mean, "pictures": pictures}
    write_text(folder / "figures.json", json.dumps(content | {"steadiness": steady}, indent=2) + "\n")
    table = _table(mean, pictures, mode) + (_steady_table(steady) if steady else "")
    write_text(folder / "figures.md", table)
    print(table, end="")


class _Seen:
    """What is kept of the test pictures: the mean colours of their fields, by shot and result."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, dict[int, Fields]]] = {}
        self._sizes: dict[str, set[tuple[int, ...]]] = {}

    def add(self, row: _Row, results: Mapping[str, Picture], target: Picture) -> None:
        of_shot = self._fields.setdefault(row.shot, {})
        for name, picture in {**results, "target": target}.items():
            of_shot.setdefault(name, {})[row.frame] = mean_fields(picture)
        self._sizes.setdefault(row.shot, set()).add(target.shape)

    def steadiness(self) -> dict[str, dict[str, dict[str, float]]]:
        """By shot, "flicker" and "drift", and result."""
        found = {}
        for shot, fields in self._fields.items():
            if len(fields["target"]) < FEWEST_FRAMES or len(self._sizes[shot]) > 1:
                continue
            steady = {name: steadiness(fields[name], fields["target"]) for name in STEADY_COLUMNS}
            found[shot] = {
                "flicker": {name: one.flicker for name, one in steady.items()},
                "drift": {name: one.drift for name, one in steady.items()},
            }
        return found


class _Grades:
    """The grades of folders of pairs, one for each shot, that a model is compared with."""

    def __init__(self, folders: Mapping[str, Path], work: Path) -> None:
        pairs = [pair for folder in folders.values() for pair in load_pairs(folder)]
        self._gain = _best_gain(pairs)
        self._film_lut = _fitted_lut(folders.values(), work / "film.clf")
        self._shot_luts = {shot: _fitted_lut([folder], work / f"{shot}.clf") for shot, folder in folders.items()}
        cells = {shot: ColourCells() for shot in folders}
        for pair in pairs:
            cells[pair.label].add(pair.input, pair.target)
        self._film_grade = fit_grade(reduce(add, cells.values()), NODES)
        self._pooled = {shot: fit_shot_grade(one, self._film_grade) for shot, one in cells.items()}

    def graded(self, source: Picture, shot: str) -> Mapping[str, Picture]:
        """What each makes of a picture. A shot without pairs has the film's."""
        return {
            "gain": source * self._gain,
            "film_lut": self._film_lut(source),
            "shot_lut": self._shot_luts.get(shot, self._film_lut)(source),
            "pooled": _interpolated(self._pooled.get(shot, self._film_grade), source),
        }


def _fitted_lut(folders: Iterable[Path], path: Path) -> Grade:
    match_grade(MatchGradeSettings(), folders, path)
    return load_lut(path)


def _best_gain(pairs: Iterable[Pair]) -> Values:
    """The gain (3,) of each channel that brings the inputs nearest to the targets, by least squares."""
    products, squares = np.zeros(3), np.zeros(3)
    for pair in pairs:
        products += np.sum(pair.input * pair.target, axis=(0, 1), dtype=np.float64)
        squares += np.sum(np.square(pair.input), axis=(0, 1), dtype=np.float64)
    # An all-black channel has no best gain; any will do.
    return (products / np.maximum(squares, 1e-12)).astype(np.float32)


def _interpolated(lattice: Values, source: Picture) -> Picture:
    """What a lattice (nodes, nodes, nodes, 3) makes of a picture, by trilinear interpolation."""
    table = lattice.reshape(-1, 3)
    rows = [trilinear_weights(row, len(lattice)) @ table for row in source]
    return np.stack(rows).astype(np.float32)


def _read_rows(path: Path) -> list[_Row]:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = [_Row(row["part"], int(row["frame"]), row["shot"]) for row in csv.DictReader(file)]
    except (OSError, KeyError, ValueError) as error:
        raise ElementError(
            f"{path}: not a list of shots ({error!r}); expected the columns part, frame, shot"
        ) from error
    if {row.part for row in rows} != {"train", "test"}:
        raise ElementError(f"{path}: expected rows of the parts 'train' and 'test', and of no other")
    return rows


def _write_pairs(film: Path, rows: list[_Row], folder: Path, mode: str) -> dict[str, Path]:
    """Copies the pairs to train on into a folder for each shot, adopts them, and returns the folders by shot."""
    folders = {row.shot: folder / row.shot for row in rows}
    try:
        for row in rows:
            folders[row.shot].mkdir(parents=True, exist_ok=True)
            for kind in _SIDES:
                path = _path(film / "train", kind, row.frame)
                shutil.copyfile(path, folders[row.shot] / path.name)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
    for shot, one in folders.items():
        frames = format_frames(row.frame for row in rows if row.shot == shot)
        adopt_pairs(one, mode, WORKING_SPACE, label=shot, frames=frames)
    return folders


def _path(folder: Path, kind: str, frame: int) -> Path:
    found = [path for path in sorted(folder.glob(f"{kind}.{frame:04d}.*")) if is_supported(path)]
    if len(found) != 1:
        raise ElementError(
            f"{folder}: {len(found)} pictures are named {kind}.{frame:04d}, expected one as {SHOTS_NAME} says"
        )
    return found[0]


def _picture(folder: Path, kind: str, frame: int) -> Picture:
    return np.clip(read_frame(_path(folder, kind, frame)).rgb, 0.0, 1.0)


def _table(mean: Mapping[str, float], pictures: Mapping[str, Mapping[str, float | str]], mode: str) -> str:
    digits = 4 if mode == "chroma" else 2
    lines = [(frame, str(figures["shot"]), figures) for frame, figures in pictures.items()]
    return _markdown(("picture", "shot"), COLUMNS, [*lines, ("mean", "", mean)], digits)


def _steady_table(steady: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    lines = [(what, shot, figures) for shot, found in steady.items() for what, figures in found.items()]
    return "\n" + _markdown(("error", "shot"), STEADY_COLUMNS, lines, 4)


def _markdown(
    heading: tuple[str, str],
    columns: Iterable[str],
    lines: Iterable[tuple[str, str, Mapping[str, float | str]]],
    digits: int,
) -> str:
    columns = tuple(columns)
    rows = [(*heading, *columns), ("---",) * (2 + len(columns))]
    rows += [(name, shot, *(f"{figures[column]:.{digits}f}" for column in columns)) for name, shot, figures in lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)

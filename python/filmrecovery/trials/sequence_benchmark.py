"""Measures a training of several shots by pictures of them that it never saw, beside the grades of the same pairs."""

import csv
import io
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import ElementError, FileError, OutputError
from filmrecovery.base.read_file import read_text
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.frames.frame import frame_from_rgb, is_supported
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.grade import NODES
from filmrecovery.model.inference import doubt_of, recover
from filmrecovery.model.model_file import load_model
from filmrecovery.picture.arrays import Picture, Values
from filmrecovery.picture.ground_truth import ground_truth
from filmrecovery.picture.lattice import trilinear_weights
from filmrecovery.picture.measures import chroma_rms, luma_psnr, psnr
from filmrecovery.picture.scattered_fit import ColourCells, fit_grade, fit_shot_grade
from filmrecovery.training.fitting.fit_grades import add_colours
from filmrecovery.training.learning.train import train
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.pairs.load_pairs import Pair, load_pairs
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.training.runs.train_settings import TrainSettings
from filmrecovery.trials.baselines import fitted_filter, fitted_lut
from filmrecovery.validation.doubted import doubt_and_error, squares_by_blocks
from filmrecovery.validation.flicker import Fields, mean_fields
from filmrecovery.validation.steadiness import FEWEST_FRAMES, steadiness

SHOTS_NAME = "shots.csv"
WORKING_SPACE = "srgb_tx"
COLUMNS = ("input", "gain", "film_lut", "shot_lut", "pooled", "filter", "model")
STEADY_COLUMNS = ("input", "film_lut", "shot_lut", "pooled", "model")

_MEASURES = {"chroma": chroma_rms, "spatial": luma_psnr, "plain": psnr}
_SIDES = ("input", "target")


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
    picture's own shot, both pooled (the grade that the model starts from), and except in chroma mode the best filter of
    luma after the film's LUT, all fitted to the same pairs. Figures are chroma rms in chroma mode, where lower is
    better, and PSNR in dB otherwise, in spatial mode of luma, which is all that it recovers.

    Where the model knows its doubt, `doubt_rank` is the rank correlation of doubt and true error by blocks, of each
    picture, and in the mean also `pooled_doubt_rank`, over the blocks of all pictures together, and
    `expected_over_true_error`, of root mean squares over all blocks.
    Three test pictures or more of a shot, if they are of one size, are taken for whole frames in the order of their
    numbers: `steadiness` in the figures, and a second table, say how much the error of each result flickers and drifts
    over such a shot (see `Steadiness`), in what the mode recovers.

    Writes `pairs/`, `run/`, `luts/`, `result/recovered.####.exr`, `figures.json` and `figures.md` into `folder`. Raises
    ElementError for a folder that does not hold what `shots.csv` says, and what `adopt_pairs` and `train` raise.
    """
    rows = _read_rows(film / SHOTS_NAME)
    folders = _write_pairs(film, [row for row in rows if row.part == "train"], folder / "pairs", mode)
    run = RunFolder(folder / "run")
    network, description = load_model(train(settings, list(folders.values()), run.path))
    # Read from the journal, so that a second call, which trains nothing, tells them too.
    seconds = next(entry["seconds"] for entry in reversed(run.entries()) if "seconds" in entry)
    grades = _Grades(folders, folder / "luts", mode)
    measure = _MEASURES[mode]

    columns = tuple(name for name in COLUMNS if name != "filter" or mode != "chroma")
    pictures: dict[str, dict[str, Any]] = {}
    squares, seen = [], _Seen()
    for row in (row for row in rows if row.part == "test"):
        source, target = (_picture(film / "test", kind, row.frame) for kind in ("input", "target"))
        recovered = recover(network, source, description.shot_number(row.shot))
        write_frame(folder / "result" / f"recovered.{row.frame:04d}.exr", frame_from_rgb(recovered), "float")
        results = {"input": source, **grades.graded(source, row.shot), "model": recovered}
        results = {name: np.clip(results[name], 0.0, 1.0) for name in columns}
        figures = {name: float(measure(results[name], target)) for name in columns}
        pictures[str(row.frame)] = {"shot": row.shot, **figures}
        # What the mode leaves as it is does not count: a LUT changes that too.
        seen.add(row, {name: ground_truth(target, result, mode) for name, result in results.items()}, target)
        if network.knows_doubt:
            doubt = doubt_of(network, source, description.shot_number(row.shot))
            squares.append(squares_by_blocks(doubt, results["model"], target, mode))
            pictures[str(row.frame)]["doubt_rank"] = doubt_and_error(squares[-1]).rank
    mean = {name: float(np.mean([figures[name] for figures in pictures.values()])) for name in columns}
    mean |= _doubt_over_all(squares, [figures.get("doubt_rank") for figures in pictures.values()])
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
        """How steady each result is: by shot, then "flicker" or "drift", then result."""
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


def _doubt_over_all(squares: Sequence[Values], ranks: Sequence[float | None]) -> dict[str, float | None]:
    """What the doubt tells of all pictures, of the blocks of each; nothing where there is none."""
    if not squares:
        return {}
    agreement = doubt_and_error(np.concatenate(squares, axis=1))
    known = [rank for rank in ranks if rank is not None]
    return {
        "doubt_rank": float(np.mean(known)) if known else None,
        "pooled_doubt_rank": agreement.rank,
        "expected_over_true_error": agreement.expected / agreement.error if agreement.error else None,
    }


class _Grades:
    """The grades of folders of pairs, one for each shot, that a model is compared with."""

    def __init__(self, folders: Mapping[str, Path], work: Path, mode: str) -> None:
        pairs = [pair for folder in folders.values() for pair in load_pairs(folder)]
        self._gain = _best_gain(pairs)
        self._film_lut = fitted_lut(folders.values(), work / "film.clf")
        # In chroma mode the luma is held, and there is nothing to filter.
        self._filter = {} if mode == "chroma" else {"filter": fitted_filter(self._film_lut, pairs)}
        self._shot_luts = {shot: fitted_lut([folder], work / f"{shot}.clf") for shot, folder in folders.items()}
        cells = {shot: ColourCells() for shot in folders}
        for pair in pairs:
            add_colours(cells[pair.label], mode, pair.input, pair.target)
        self._film_grade = fit_grade(reduce(add, cells.values()), NODES)
        self._pooled = {shot: fit_shot_grade(one, self._film_grade) for shot, one in cells.items()}

    def graded(self, source: Picture, shot: str) -> Mapping[str, Picture]:
        """What each makes of a picture. A shot without pairs has the film's."""
        return {
            "gain": source * self._gain,
            "film_lut": self._film_lut(source),
            "shot_lut": self._shot_luts.get(shot, self._film_lut)(source),
            "pooled": _interpolated(self._pooled.get(shot, self._film_grade), source),
            **{name: filtered(source) for name, filtered in self._filter.items()},
        }


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
        table = csv.DictReader(io.StringIO(read_text(path, "a list of shots", "expected a table in CSV")))
        rows = [_Row(row["part"], int(row["frame"]), _name(row["shot"])) for row in table]
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        raise FileError(f"{path}: not a list of shots ({error!r}); expected the columns part, frame, shot") from error
    if {row.part for row in rows} != {"train", "test"}:
        raise ElementError(f"{path}: expected rows of the parts 'train' and 'test', and of no other")
    return rows


def _name(shot: str) -> str:
    """The name of a shot, which is that of a folder too. Raises ValueError for another, TypeError for none."""
    if shot in ("", "..") or Path(shot).name != shot:
        raise ValueError(f"{shot!r} is no name of a shot")
    return shot


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
    for shot, own_folder in folders.items():
        frames = format_frames(row.frame for row in rows if row.shot == shot)
        adopt_pairs(own_folder, PairFacts(mode, WORKING_SPACE, label=shot, frames=frames))
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


def _table(mean: Mapping[str, Any], pictures: Mapping[str, Mapping[str, Any]], mode: str) -> str:
    digits = 4 if mode == "chroma" else 2
    lines = [(frame, str(figures["shot"]), figures) for frame, figures in pictures.items()]
    columns = [name for name in (*COLUMNS, "doubt_rank") if name in mean]
    table = _markdown(("picture", "shot"), columns, [*lines, ("mean", "", mean)], digits)
    if "doubt_rank" in mean:
        rank, ratio = (_shown(mean[name], 2) for name in ("pooled_doubt_rank", "expected_over_true_error"))
        table += f"\nDoubt over all pictures: rank correlation {rank}, expected over true error {ratio}.\n"
    return table


def _steady_table(steady: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    lines = [(what, shot, figures) for shot, found in steady.items() for what, figures in found.items()]
    return "\n" + _markdown(("error", "shot"), STEADY_COLUMNS, lines, 4)


def _markdown(
    heading: tuple[str, str],
    columns: Sequence[str],
    lines: Iterable[tuple[str, str, Mapping[str, Any]]],
    digits: int,
) -> str:
    rows = [(*heading, *columns), ("---",) * (2 + len(columns))]
    rows += [(name, shot, *(_shown(figures[column], digits) for column in columns)) for name, shot, figures in lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _shown(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"

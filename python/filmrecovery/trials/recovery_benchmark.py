"""Measures a training by the pictures it was trained on, or by a quarter of them that it never saw."""

import shutil
from pathlib import Path

import numpy as np

from filmrecovery.base.errors import ElementError, OutputError, RunError
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.inference import recover
from filmrecovery.model.model_file import load_model
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.measures import chroma_rms, luma_rms, psnr
from filmrecovery.training.learning.train import train
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.pairs.load_pairs import Pair, load_pairs
from filmrecovery.training.runs.train_settings import TrainSettings
from filmrecovery.trials.baselines import fitted_filter, fitted_lut

WORKING_SPACE = "srgb_tx"


def benchmark(settings: TrainSettings, film: Path, folder: Path, mode: str, unseen_quadrant: bool) -> None:
    """Trains on the pairs of a folder, writes what the model makes of them, and prints the errors.

    `film` holds `input.####` and `target.####`, display-referred; nothing is written there. `folder` gets copies of the
    pairs, the run, and `result/recovered.####.exr` (float, display-referred). Results are clamped to 0..1 to be
    measured. Beside the model stand the LUT and, unless colour alone is recovered, the filter that were fitted to the
    same pairs. With unseen quadrants each picture counts as a shot of its own, and its own LUT stands there too.
    Raises ElementError where `film` holds no pictures, RunError where `folder` holds those of another film, and the
    errors of `adopt_pairs` and `train`.
    """
    whole = folder / "pairs"
    _copy_pairs(film, whole)
    adopt_pairs(whole, PairFacts(mode, WORKING_SPACE))
    pairs = load_pairs(whole)
    shots = _write_seen_quadrants(pairs, folder / "quadrants", mode) if unseen_quadrant else {}
    trained_on = list(shots.values()) or [whole]
    network, description = load_model(train(settings, trained_on, folder / "run"))
    lut = fitted_lut(trained_on, folder / "luts" / "film.clf")
    shot_luts = {shot: fitted_lut([one], folder / "luts" / f"{shot}.clf") for shot, one in shots.items()}
    every = [pair for one in trained_on for pair in load_pairs(one)]
    compared = {"LUT": lut} if mode == "chroma" else {"LUT": lut, "filter": fitted_filter(lut, every)}

    errors: dict[str, list[list[float]]] = {}
    for pair in pairs:
        shot = _shot(pair)
        recovered = recover(network, pair.input, description.shot_number(shot))
        write_frame(folder / "result" / f"recovered.{pair.frame:04d}.exr", frame_from_rgb(recovered), "float")
        baselines = compared | ({"shot LUT": shot_luts[shot]} if unseen_quadrant else {})
        results = {"input": pair.input, **{name: one(pair.input) for name, one in baselines.items()}}
        for name, picture in {**results, "result": recovered}.items():
            shown, target = np.clip(picture, 0.0, 1.0), pair.target
            if unseen_quadrant:
                shown, target = (_quadrants(one)[-1] for one in (shown, target))
            errors.setdefault(name, []).append([measure(shown, target) for measure in (psnr, chroma_rms, luma_rms)])
    measured = "unseen quadrant" if unseen_quadrant else "trained pictures"
    for name, rows in errors.items():
        peak, chroma, luma = np.mean(rows, axis=0)
        print(f"{film.name}, {measured}: {name:8} PSNR {peak:.2f} dB, chroma rms {chroma:.4f}, luma rms {luma:.4f}")


def _copy_pairs(film: Path, folder: Path) -> None:
    pictures, earlier = (
        [path for kind in ("input", "target") for path in sorted(where.glob(f"{kind}.*"))] for where in (film, folder)
    )
    if not pictures:
        raise ElementError(f"{film}: holds no input.#### and target.####; name the folder with the pictures")
    names = {path.name for path in pictures}
    for path in earlier:
        if path.name not in names:
            raise RunError(f"{path}: is none of the pictures of {film}; choose another folder to work in")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in pictures:
            shutil.copyfile(path, folder / path.name)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error


def _quadrants(picture: Picture) -> list[Picture]:
    """Upper left, upper right, lower left and lower right quarter."""
    row, column = picture.shape[0] // 2, picture.shape[1] // 2
    return [picture[:row, :column], picture[:row, column:], picture[row:, :column], picture[row:, column:]]


def _shot(pair: Pair) -> str:
    return f"picture{pair.frame:04d}"


def _write_seen_quadrants(pairs: list[Pair], folder: Path, mode: str) -> dict[str, Path]:
    """Three quarters of each picture as pairs: the folder of each picture, by the name of its shot."""
    folders = {}
    for pair in pairs:
        shot = _shot(pair)
        folders[shot] = folder / shot
        quadrants = zip(_quadrants(pair.input), _quadrants(pair.target), strict=True)
        for index, (source, target) in enumerate(list(quadrants)[:-1]):
            # Numbers of their own: four to a picture.
            number = 4 * pair.frame + index
            for kind, picture in (("input", source), ("target", target)):
                path = folders[shot] / f"{kind}.{number:04d}.exr"
                write_frame(path, frame_from_rgb(np.ascontiguousarray(picture)), "float")
        adopt_pairs(folders[shot], PairFacts(mode, WORKING_SPACE, label=shot))
    return folders

"""The stages that fit a match grade: to training pairs, or to two elements where no pair exists."""

import importlib.metadata
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

import filmrecovery
from filmrecovery.base.errors import OutputError
from filmrecovery.base.file_hash import file_sha256
from filmrecovery.film.elements.element import Element, refuse_overwriting
from filmrecovery.film.elements.spread_frames import evenly_spread
from filmrecovery.film.products.freshness import is_current, made_from, refuse_other_kind, say_current
from filmrecovery.matchgrade.grade_record import (
    VERSION,
    GradeRecord,
    Residual,
    read_grade_record,
    record_path,
    write_grade_record,
)
from filmrecovery.matchgrade.lut_file import LutText, check_lut_path, load_lut, lut_files, write_lut
from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings, UnpairedSettings
from filmrecovery.matchgrade.transport import transported
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Colours, Values
from filmrecovery.picture.lattice import tetrahedral_weights
from filmrecovery.picture.scattered_fit import ColourCells, fit_lut
from filmrecovery.reference.curation.picture_colours import picture_colours
from filmrecovery.training.pairs.load_pairs import Pair
from filmrecovery.training.pairs.pair_manifest import MANIFEST_NAME
from filmrecovery.training.pairs.training_data import load_training_data

_LOG = logging.getLogger(__name__)

# Frames of each element that are looked at where there are no pairs.
_FRAMES = 16
_MOST_COLOURS = 200_000
_STAGES = ("match grade", "unpaired match grade")
_TITLE, _TITLE_WITHIN = "Match grade", 4096
"""What the title of a LUT begins with, and the bytes of the file in which it stands."""
_HASHES = ("clf_sha256", "cube_sha256")


def match_grade(settings: MatchGradeSettings, folders: Iterable[Path], output: Path) -> GradeRecord:
    """Fits one LUT to the training pairs of the folders, writes it, and returns its record.

    For an output such as `grade.clf` the files are `grade.clf`, `grade.cube` and `grade.json`, the record. The LUT
    takes and gives the pairs' working space, 0..1; where the source of the pairs was balanced or cleaned, it takes the
    source as prepared. Hold-outs and previews have no part in it. The same pairs give the same LUT; one that is current
    is not fitted again.

    Raises SettingsError for an output of another suffix, and where folders do not go together or hold nothing to train
    on; ElementError for pairs that are missing, damaged or changed; OutputError where a file cannot be written
    or the record would overwrite a manifest of pairs.
    """
    check_lut_path(output)
    folders = list(folders)
    refuse_overwriting([record_path(output)], [folder / MANIFEST_NAME for folder in folders])
    data = load_training_data(folders)
    line = made_from(_STAGES[0], VERSION, settings, data.hash)
    if earlier := _current(output, line):
        return earlier
    _refuse_others(output)
    recipe = data.recipe
    pairs = [pair for pair in data.pairs if pair.role == "train"]
    cells = ColourCells()
    for pair in pairs:
        cells.add(pair.input, pair.target)
    coverage = _write(settings, cells, output, recipe.working_space, f"Fitted to {len(pairs)} {recipe.mode} pairs")
    preparation = None if recipe.preparation == SourcePreparation() else str(recipe.preparation)
    found = {"mode": recipe.mode, "pairs_hash": data.hash, "preparation": preparation}
    found["residuals"] = _residuals(output, pairs)
    return _record(settings, output, recipe.working_space, coverage, found, line)


def match_grade_unpaired(settings: UnpairedSettings, source: Element, reference: Element, output: Path) -> GradeRecord:
    """Fits one LUT that gives the source's colours the distribution of the reference's; otherwise as `match_grade`.

    A few frames, spread over each element, are looked at without their borders. Both have to show the same scenes, but
    need be neither matched nor aligned.

    Raises SettingsError for an output of another suffix and for a space that is unknown or not display-referred;
    ElementError for frames that are missing or damaged; OutputError where a file cannot be written.
    """
    check_lut_path(output)
    colour.check_display_referred(settings.working_space)
    line = made_from(_STAGES[1], VERSION, settings, source, reference)
    if earlier := _current(output, line):
        return earlier
    _refuse_others(output)
    ours, theirs = (element.with_frames(evenly_spread(element.frames, _FRAMES)) for element in (source, reference))
    colours = _thinned(picture_colours(ours, settings.working_space))
    wanted = _thinned(picture_colours(theirs, settings.working_space))
    cells = ColourCells()
    cells.add(colours, np.clip(transported(colours, wanted), 0.0, 1.0))
    coverage = _write(settings, cells, output, settings.working_space, "Fitted to the colours of two elements")
    return _record(settings, output, settings.working_space, coverage, {"source": ours, "reference": theirs}, line)


def _current(output: Path, line: str) -> GradeRecord | None:
    """The record of an earlier call, where its LUT is current."""
    path = record_path(output)
    if not is_current(path, line):
        return None
    record = read_grade_record(path)
    if {name: getattr(record, name) for name in _HASHES} != _hashes(output):
        _LOG.warning("%s: is missing, damaged, or was changed since it was written, and is made again", output)
        return None
    say_current(output)
    return record


def _refuse_others(output: Path) -> None:
    """Raises OutputError where files that no match grade wrote have the names of the LUT or its record."""
    refuse_other_kind(record_path(output), _STAGES, read_grade_record)
    for file in lut_files(output):
        # A call that was interrupted leaves LUTs without a record.
        if file.is_file():
            with open(file, "rb") as opened:
                begin = opened.read(_TITLE_WITHIN)
            if _TITLE.encode() not in begin:
                raise OutputError(f"{file}: is no LUT of a match grade, and would be replaced; choose another name")


def _hashes(output: Path) -> dict[str, str | None]:
    """The hashes of the files of a LUT, by their names in the record; None where a file is missing."""
    files = zip(_HASHES, lut_files(output), strict=True)
    return {name: file_sha256(file) if file.is_file() else None for name, file in files}


def _thinned(colours: Colours) -> Colours:
    return colours[:: max(1, -(-len(colours) // _MOST_COLOURS))]


def _write(settings: MatchGradeSettings, cells: ColourCells, output: Path, space: str, description: str) -> float:
    """Writes the LUT and returns the share of its nodes whose colours were seen."""
    lattice = fit_lut(cells, settings.nodes, settings.smoothness)
    write_lut(output, lattice, LutText(f"{_TITLE} {output.stem}", description, space, space))
    weights = tetrahedral_weights(cells.means()[0], settings.nodes)
    return float(np.mean(weights.sum(axis=0) > 0.0))


def _residuals(output: Path, pairs: Iterable[Pair]) -> tuple[Residual, ...]:
    """What the LUT, as it was written, leaves over of the pairs."""
    lut = load_lut(output)
    return tuple(
        Residual(pair.frame, pair.label, _rms(pair.input - pair.target), _rms(lut(pair.input) - pair.target))
        for pair in pairs
    )


def _rms(difference: Values) -> float:
    return float(np.sqrt(np.mean(np.square(difference, dtype=np.float64))))


def _record(
    settings: MatchGradeSettings, output: Path, space: str, coverage: float, found: dict[str, Any], line: str
) -> GradeRecord:
    record = GradeRecord(
        working_space=space,
        config=colour.config_name(),
        settings=MatchGradeSettings(settings.nodes, settings.smoothness),
        coverage=coverage,
        **_hashes(output),
        filmrecovery=filmrecovery.__version__,
        scipy=importlib.metadata.version("scipy"),
        **found,
    )
    write_grade_record(record_path(output), record, line)
    return record

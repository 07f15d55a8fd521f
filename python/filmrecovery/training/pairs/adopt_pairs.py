"""Adopts pairs that were made elsewhere, or edited by hand: writes their manifest from the files that lie there."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.errors import ElementError, SettingsError, named
from filmrecovery.base.overlap import at_once
from filmrecovery.film.checks.code_range import sampled_problem
from filmrecovery.film.elements.filtered_reference import check_filtered
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.pair_roles import optional_frames, pair_roles
from filmrecovery.film.elements.picture_masks import PictureMasks
from filmrecovery.film.elements.scope import Scope, name_of_shot
from filmrecovery.film.frames.frame import is_supported
from filmrecovery.film.frames.frame_encoding import FILTERED_NAME, PREPARATION_NAME
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.products.folder_lock import locked
from filmrecovery.model.clean_settings import check_clean
from filmrecovery.model.source_preparation import SourcePreparation, parse_preparation
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.ground_truth import check_mode
from filmrecovery.reference.alignment.alignment_file import read_confidences
from filmrecovery.training.pairs.clamped_values import MOST_OUTSIDE, outside_text, share_outside
from filmrecovery.training.pairs.pair_manifest import Manifest, refuse_other_manifest, write_manifest
from filmrecovery.training.pairs.pair_masks import refuse_other_masks, write_pair_mask
from filmrecovery.training.pairs.pair_records import PairRecord, Recipe, picture_fields

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class PairFacts:
    """What the files of pairs do not say themselves."""

    mode: str
    """What is recovered."""
    working_space: str
    """The OCIO colour space that the pictures are assumed to be in."""
    hold_out_frames: str = ""
    """Frames that are kept out of the training."""
    label: str = ""
    """The name of the shot, for frames in none of `shots`."""
    frames: str | None = None
    """The frames to train on; then only the frames of the three ranges are taken. None: all files are taken, and an
    input without a target becomes a preview."""
    preview_frames: str = ""
    """Frames without a target, only where `frames` are given."""
    alignment: str | None = None
    """The file that says how well their reference lay over their source, which goes into the manifest."""
    shots: Sequence[Scope] = ()
    """Shots whose names the pairs within them carry."""
    masks: PictureMasks | None = None
    """What nothing is learnt of. Inputs say by their windows what part of the source they are."""


def adopt_pairs(folder: str | Path, facts: PairFacts) -> Manifest:
    """Writes the manifest of pairs made elsewhere, or edited by hand, from the files that lie in the folder.

    The files are `input.####` and `target.####` with the suffix of any image format. Other files are left alone. A
    manifest that is already there is replaced, and so are masks that were written here.

    Inputs that `make_pairs` or Gaffer prepared say so in their headers, and so does the manifest then.

    Training clamps values to 0..1. A warning says where that changes a value by more than filters do; codes of 0..255
    and pictures that are scene-linear or shifted are refused.

    Raises SettingsError for a mode, a space or ranges that do not fit, ElementError for files that are missing, do not
    pair up, differ in size or preparation, hold NaN or lie outside 0..1, FileError for a damaged header, RunError where
    another process makes pairs in the folder, and OutputError where a file of another kind has the name of the manifest
    or of a mask.
    """
    folder = Path(folder)
    check_mode(facts.mode, 0)
    colour.check_display_referred(facts.working_space)
    if not folder.is_dir():
        raise ElementError(f"{folder}: no such folder; expected a folder of pairs")
    with locked(folder, "making pairs in"):
        return _adopted(folder, facts)


def _adopted(folder: Path, facts: PairFacts) -> Manifest:
    refuse_other_manifest(folder)
    files = {kind: _numbered_files(folder, kind) for kind in ("input", "target")}
    if facts.frames is None:
        roles = _roles_of_files(folder, files, facts.hold_out_frames)
    else:
        roles = pair_roles(facts.frames, facts.hold_out_frames, facts.preview_frames)
        for frame, role in roles.items():
            for kind in ("input",) if role == "preview" else ("input", "target"):
                if frame not in files[kind]:
                    raise ElementError(f"{folder}: the {kind} of the {role} frame {frame} is missing; write it first")

    for kind, there in files.items():
        headers = {there[frame]: read_header(there[frame]) for frame in roles if frame in there}
        if problem := sampled_problem(f"{folder / kind}.####", headers):
            raise ElementError(f"{problem}, and adopt the pairs again")
    if facts.masks:
        refuse_other_masks(folder, roles)
    preparation = _preparation([files["input"][frame] for frame in roles], facts.mode, facts.working_space)
    confidences = read_confidences(facts.alignment)

    def adopted(frame: int) -> tuple[PairRecord, dict[Path, str]]:
        """A pair, and how much of its pictures is clamped."""
        role, clamped = roles[frame], dict[Path, str]()
        input_path = files["input"][frame]
        picture = _read(input_path, clamped)
        if role == "preview":
            fields = picture_fields(input_path.name, picture)
        else:
            target_path = files["target"][frame]
            truth = _read(target_path, clamped)
            with named(str(target_path)):
                check_filtered(read_header(target_path).get_string_attribute(FILTERED_NAME), facts.mode)
            _check_same_size(picture, input_path, truth, target_path)
            fields = picture_fields(input_path.name, picture, target_path.name, truth)
        if facts.masks:
            fields |= write_pair_mask(folder, frame, facts.masks.covered(frame, read_header(input_path)))
        confidence = confidences.get(frame)
        shot = name_of_shot(facts.shots, frame, facts.label)
        return PairRecord(frame=frame, role=role, label=shot, alignment_confidence=confidence, **fields), clamped

    found = at_once(adopted, list(roles), "Pairs")
    # For one warning: scans have such values in every frame.
    clamped = {path: share for _, of_pair in found for path, share in of_pair.items()}
    if clamped:
        path, share = next(iter(clamped.items()))
        _LOG.warning("%s: %s; training clamps them, and those of %d pictures in all", path, share, len(clamped))
    recipe = Recipe(facts.mode, facts.working_space, colour.config_name(), preparation=preparation)
    return write_manifest(folder, Manifest(recipe, tuple(record for record, _ in found)))


def _preparation(inputs: Sequence[Path], mode: str, working_space: str) -> SourcePreparation:
    """What was done to the source of these inputs, as their headers say.

    Raises ElementError where they differ, FileError for a damaged header, and SettingsError for what does not fit.
    """
    first, *others = inputs
    preparation = _prepared(first)
    for path in others:
        if _prepared(path) != preparation:
            raise ElementError(
                f"{path}: its source was balanced or cleaned otherwise than that of {first.name}; make all inputs, and "
                "previews, of the same picture"
            )
    with named(str(first)):
        check_clean(preparation.clean, mode)
        if preparation.balance and preparation.balance.working_space != working_space:
            raise SettingsError(
                f"its balance is for the working space '{preparation.balance.working_space}', and the pairs are in "
                f"'{working_space}'; estimate the balance again in that"
            )
    return preparation


def _prepared(path: Path) -> SourcePreparation:
    return parse_preparation(read_header(path).get_string_attribute(PREPARATION_NAME), str(path))


def _read(path: Path, clamped: dict[Path, str]) -> Picture:
    """A picture whose values are 0..1, as far as it matters. Raises ElementError for another.

    Where some are not, adds to `clamped` how many.
    """
    picture = read_frame(path).rgb
    outside = share_outside(picture)
    if outside > MOST_OUTSIDE:
        raise ElementError(
            f"{path}: {outside_text(picture)}; expected a display-referred picture: scale or convert it to 0..1, or "
            "clamp it, and adopt the pairs again"
        )
    if outside:
        clamped[path] = outside_text(picture)
    return picture


def _roles_of_files(folder: Path, files: dict[str, dict[int, Path]], hold_out_frames: str) -> dict[int, str]:
    """The role of each frame that lies in the folder."""
    lone = sorted(files["target"].keys() - files["input"].keys())
    if lone or not files["target"]:
        missing = f"the input of {files['target'][lone[0]].name} is missing" if lone else "there are no pairs"
        raise ElementError(f"{folder}: {missing}; expected files such as input.0001.png and target.0001.png")
    hold_out = optional_frames(hold_out_frames)
    if unknown := sorted(set(hold_out) - files["target"].keys()):
        raise SettingsError(f"hold-out frames {format_frames(unknown)}: {folder} has no pairs of these frames")
    if files["target"].keys() <= set(hold_out):
        raise SettingsError(f"hold-out frames {hold_out_frames}: {folder} has no other pairs; leave some to train on")
    roles = {frame: "hold-out" if frame in hold_out else "train" for frame in files["target"]}
    return {frame: roles.get(frame, "preview") for frame in sorted(files["input"])}


def _check_same_size(picture: Picture, input_path: Path, truth: Picture, target_path: Path) -> None:
    if truth.shape != picture.shape:
        sizes = [f"{array.shape[1]}x{array.shape[0]} pixels" for array in (truth, picture)]
        raise ElementError(f"{target_path}: {sizes[0]}, expected {sizes[1]} as in {input_path.name}")


def _numbered_files(folder: Path, kind: str) -> dict[int, Path]:
    files: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        match = re.fullmatch(rf"{kind}\.(\d+)", path.stem)
        if not (match and is_supported(path)):
            continue
        frame = int(match[1])
        if frame in files:
            raise ElementError(f"{folder}: {files[frame].name} and {path.name} are the same frame; remove one")
        files[frame] = path
    return files

"""Training pairs on disk: `input.####.exr`, `target.####.exr`, and a manifest that says what they are.

The manifest, `manifest.json`, is written last, so that a folder with a manifest is complete. It holds a hash of every
picture: pairs that were changed after it was written are noticed before they are trained on or overwritten.
"""

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from filmrecovery.base.atomic import write_text
from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import ElementError, OutputError, RunError, SettingsError
from filmrecovery.base.file_hash import file_sha256
from filmrecovery.base.progress import progress
from filmrecovery.base.records import parse_record
from filmrecovery.base.recovery_modes import MODES
from filmrecovery.film.images import frame_from_rgb, is_supported, read_frame, write_frame
from filmrecovery.film.pair_roles import ROLES, optional_frames, pair_roles
from filmrecovery.film.parity import check_element, check_parity
from filmrecovery.film.sequences import Sequence, find_sequence, format_frames, refuse_overwriting
from filmrecovery.model.balance import read_balance
from filmrecovery.model.clean import CleanSettings, check_clean
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.picture import colour
from filmrecovery.picture.ground_truth import check_mode, ground_truth
from filmrecovery.reference.alignment.alignment_file import read_alignment
from filmrecovery.reference.curation.shared_crop import SharedCrop, read_crop

MANIFEST_NAME = "manifest.json"
VERSION = 1
CHROMA_MEDIAN = 10

_REMEDY = "make the pairs again, or adopt the files as they are now"


@dataclass(frozen=True)
class PairSettings:
    """Which frames become pairs, and how the ground truth is made."""

    mode: str = setting(dataclasses.MISSING, "what is recovered", choices=MODES)
    frames: str = setting(dataclasses.MISSING, 'frames to train on, such as "1,24,48"')
    hold_out_frames: str = setting("", "frames kept out of training, to measure it against")
    preview_frames: str = setting("", "frames without reference, shown during training")
    median: int | None = setting(
        None,
        f"width of the reference's median in pixels, chroma mode only (default: {CHROMA_MEDIAN}; 0: none)",
        minimum=0,
    )
    source_space: str = setting("srgb_tx", "OCIO colour space of the source's files")
    reference_space: str = setting("srgb_tx", "OCIO colour space of the reference's files")
    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space of the pairs")
    crop: str | None = setting(None, "file with the part of the picture to train on, from crop (default: the whole)")
    balance: str | None = setting(None, "file with the balance of the source, from balance (default: none)")
    clean: CleanSettings = setting(CleanSettings(), "cleaning of the source for the network, chroma mode only")
    alignment: str | None = setting(
        None, "file that says how well the reference lies over the source, from align; noted in the manifest"
    )
    label: str = setting("", "name of the shot, shown on contact sheets")


@dataclass(frozen=True)
class Recipe:
    """How the pairs of a folder were made. Of pairs made elsewhere the elements are not known."""

    mode: str = setting(dataclasses.MISSING, "recovery mode", choices=MODES)
    working_space: str = setting(dataclasses.MISSING, "OCIO colour space of the pictures")
    config: str = setting(dataclasses.MISSING, "name of the OCIO config")
    source: str | None = setting(None, "pattern of the source's files")
    source_space: str | None = setting(None, "OCIO colour space of the source's files")
    reference: str | None = setting(None, "pattern of the reference's files")
    reference_space: str | None = setting(None, "OCIO colour space of the reference's files")
    median: int = setting(0, "width of the reference's median in pixels", minimum=0)
    preparation: SourcePreparation = setting(SourcePreparation(), "what was done to the source first")
    crop: str | None = setting(None, 'part of the picture, "left,top,right,bottom" in pixels')


@dataclass(frozen=True)
class PairRecord:
    """One pair in the manifest. Pictures are hashed by content, the elements' files byte by byte."""

    frame: int = setting(dataclasses.MISSING, "frame number", minimum=0)
    role: str = setting(dataclasses.MISSING, "use of the pair", choices=ROLES)
    label: str = setting(dataclasses.MISSING, "name of the shot")
    width: int = setting(dataclasses.MISSING, "width in pixels", minimum=1)
    height: int = setting(dataclasses.MISSING, "height in pixels", minimum=1)
    input: str = setting(dataclasses.MISSING, "file name of the input")
    input_sha256: str = setting(dataclasses.MISSING, "hash of the input's pixels")
    target: str | None = setting(None, "file name of the target, none for a preview")
    target_sha256: str | None = setting(None, "hash of the target's pixels")
    source_sha256: str | None = setting(None, "hash of the source's file")
    reference_sha256: str | None = setting(None, "hash of the reference's file")
    alignment_confidence: float | None = setting(
        None, "probability that the reference lay well over the source", minimum=0, maximum=1
    )


@dataclass(frozen=True)
class Manifest:
    """What lies in a folder of pairs, in the order of the frame numbers."""

    recipe: Recipe
    pairs: tuple[PairRecord, ...]


@dataclass(frozen=True)
class Pair:
    """The pictures of a pair, (height, width, 3) float32 in 0..1, in the working space. A preview has no target."""

    frame: int
    role: str
    label: str
    input: np.ndarray
    target: np.ndarray | None


def make_pairs(settings: PairSettings, source: str, reference: str, folder: str | Path) -> Manifest:
    """Writes the pairs of two aligned elements, given by their patterns, and returns their manifest.

    The input is the source, balanced and cleaned where the settings say so, and so is what the target takes of the
    source: luma in chroma mode, chroma in spatial mode.

    Everything is checked before anything is written. Pairs that an earlier call made from the same files with the same
    settings are kept.

    Raises SettingsError for bad settings, among them a frame with two roles; ElementError for frames that are missing,
    damaged or do not fit, and for earlier pairs that were edited since; RunError where the folder holds pairs made
    elsewhere; OutputError where a pair cannot be written or would overwrite an element.
    """
    folder = Path(folder)
    # A misspelt space is told before the frames are read, which can take minutes.
    colour.check_display_referred(settings.working_space)
    for space in (settings.source_space, settings.reference_space):
        colour.converter(space, settings.working_space)
    roles = pair_roles(settings.frames, settings.hold_out_frames, settings.preview_frames)
    crop = read_crop(Path(settings.crop)) if settings.crop else None
    recipe = _recipe(settings, source, reference, crop)
    sources = find_sequence(source, format_frames(roles))
    references = find_sequence(reference, format_frames(frame for frame, role in roles.items() if role != "preview"))
    _check_elements(sources, references, folder)

    hashes = {
        frame: (file_sha256(sources.path(frame)), file_sha256(references.path(frame)) if role != "preview" else None)
        for frame, role in roles.items()
    }
    records = {
        frame: record
        for frame, record in _earlier_pairs(folder, recipe).items()
        if hashes.get(frame) == (record.source_sha256, record.reference_sha256)
    }
    missing = [frame for frame in roles if frame not in records]
    if missing:
        _withdraw_manifest(folder)
    for frame in progress(missing, len(roles), "Pairs", done=len(records)):
        reference_path = references.path(frame) if roles[frame] != "preview" else None
        fields = _make_pair(recipe, crop, frame, sources.path(frame), reference_path, folder)
        source_hash, reference_hash = hashes[frame]
        records[frame] = PairRecord(
            frame=frame,
            role=roles[frame],
            label=settings.label,
            **fields,
            source_sha256=source_hash,
            reference_sha256=reference_hash,
        )
    confidences = _confidences(settings.alignment)
    pairs = (
        dataclasses.replace(
            records[frame], role=role, label=settings.label, alignment_confidence=confidences.get(frame)
        )
        for frame, role in roles.items()
    )
    return _write_manifest(folder, Manifest(recipe, tuple(pairs)))


def adopt_pairs(
    folder: str | Path,
    mode: str,
    working_space: str,
    hold_out_frames: str = "",
    label: str = "",
    frames: str | None = None,
    preview_frames: str = "",
    alignment: str | None = None,
) -> Manifest:
    """Writes the manifest of pairs made elsewhere, or edited by hand, from the files that lie in the folder.

    They are `input.####` and `target.####` with the suffix of any image format. Without `frames`, the frames to train
    on, all that are there are taken, and an input without a target becomes a preview; with it, those of the three
    ranges and no others. Other files are left alone. The pictures are taken to be in `working_space`. `alignment` is
    the file that says how well their reference lay over their source, which goes into the manifest, where there is one.
    A manifest that is already there is replaced.

    Raises SettingsError for a mode, a space or ranges that do not fit, ElementError for files that are missing, do not
    pair up, differ in size or hold NaN.
    """
    folder = Path(folder)
    check_mode(mode, 0)
    colour.check_display_referred(working_space)
    files = {kind: _numbered_files(folder, kind) for kind in ("input", "target")}
    if frames is None:
        roles = _roles_of_files(folder, files, hold_out_frames)
    else:
        roles = pair_roles(frames, hold_out_frames, preview_frames)
        for frame, role in roles.items():
            for kind in ("input",) if role == "preview" else ("input", "target"):
                if frame not in files[kind]:
                    raise ElementError(f"{folder}: the {kind} of the {role} frame {frame} is missing; write it first")

    confidences = _confidences(alignment)
    records = []
    for frame, role in roles.items():
        input_path = files["input"][frame]
        picture = read_frame(input_path).rgb
        if role == "preview":
            fields = _picture_fields(input_path.name, picture)
        else:
            target_path = files["target"][frame]
            truth = read_frame(target_path).rgb
            _check_same_size(picture, input_path, truth, target_path)
            fields = _picture_fields(input_path.name, picture, target_path.name, truth)
        confidence = confidences.get(frame)
        records.append(PairRecord(frame=frame, role=role, label=label, alignment_confidence=confidence, **fields))
    recipe = Recipe(mode, working_space, colour.config_name())
    return _write_manifest(folder, Manifest(recipe, tuple(records)))


def _confidences(alignment: str | None) -> dict[int, float]:
    """The confidence of the alignment by the frames of the source that it has."""
    return {frame.source: frame.confidence for frame in read_alignment(alignment).frames} if alignment else {}


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


def read_manifest(folder: str | Path) -> Manifest:
    """The manifest of a folder of pairs; `load_pairs` reads the pictures.

    Raises ElementError where it is missing, foreign, edited, of another version, or lists files that are not there.
    """
    folder = Path(folder)
    manifest = _parse_manifest(folder / MANIFEST_NAME)
    for record in manifest.pairs:
        for name in (record.input, record.target):
            if name and not (folder / name).is_file():
                raise ElementError(f"{folder / name}: missing, though the manifest lists it; {_REMEDY}")
    return manifest


def load_pairs(folder: str | Path) -> list[Pair]:
    """The pictures of all pairs of a folder, clamped to 0..1, in the order of the frame numbers.

    Raises ElementError as `read_manifest` does, for damaged files, and for pictures that were changed after the
    manifest was written.
    """
    folder = Path(folder)
    return [_load_pair(folder, record) for record in read_manifest(folder).pairs]


def pairs_hash(manifest: Manifest) -> str:
    """The identity of the training data: sha256, in hexadecimal, over mode, spaces, preparation, roles and pixels.

    It stays the same where a folder is moved or renamed, and where only previews or labels change.
    """
    recipe = manifest.recipe
    content = [
        [recipe.mode, recipe.working_space, recipe.config, dataclasses.asdict(recipe.preparation)],
        *([p.frame, p.role, p.input_sha256, p.target_sha256] for p in manifest.pairs if p.role != "preview"),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _recipe(settings: PairSettings, source: str, reference: str, crop: SharedCrop | None) -> Recipe:
    median = settings.median
    if median is None:
        median = CHROMA_MEDIAN if settings.mode == "chroma" else 0
    check_mode(settings.mode, median)
    return Recipe(
        mode=settings.mode,
        working_space=settings.working_space,
        config=colour.config_name(),
        source=source,
        source_space=settings.source_space,
        reference=reference,
        reference_space=settings.reference_space,
        median=median,
        preparation=_preparation(settings),
        crop=crop.area if crop else None,
    )


def _preparation(settings: PairSettings) -> SourcePreparation:
    check_clean(settings.clean, settings.mode)
    if not settings.balance:
        return SourcePreparation(clean=settings.clean)
    balance = read_balance(Path(settings.balance))
    if balance.working_space != settings.working_space:
        raise SettingsError(
            f"{settings.balance}: was estimated in the working space '{balance.working_space}', and the pairs are made "
            f"in '{settings.working_space}'; estimate the balance again in that"
        )
    return SourcePreparation(balance.without_origin(), settings.clean)


def _check_elements(sources: Sequence, references: Sequence, folder: Path) -> None:
    outputs = [folder / _file_name(kind, frame) for kind in ("input", "target") for frame in sources.frames]
    refuse_overwriting(outputs, [element.path(frame) for element in (sources, references) for frame in element.frames])
    if sources.frames != references.frames:
        # Parity has no say about previews, which have no reference.
        check_element(sources)
    check_parity(Sequence(sources.pattern, references.frames), references)


def _earlier_pairs(folder: Path, recipe: Recipe) -> dict[int, PairRecord]:
    """Pairs that an earlier call made by the same recipe and that are still whole."""
    path = folder / MANIFEST_NAME
    if not path.exists():
        return {}
    manifest = _parse_manifest(path)
    if manifest.recipe.source is None:
        raise RunError(f"{folder}: holds pairs that were made elsewhere; choose another folder for the new ones")
    whole = {}
    for record in manifest.pairs:
        if all((folder / name).is_file() for name in (record.input, record.target) if name):
            _load_pair(folder, record)
            whole[record.frame] = record
    return whole if manifest.recipe == recipe else {}


def _withdraw_manifest(folder: Path) -> None:
    # Files that are about to change must not be taken for edited ones, should the work be interrupted.
    path = folder / MANIFEST_NAME
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be removed ({error.strerror}); choose another folder") from error


def _write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    content = {"version": VERSION, "pairs_sha256": pairs_hash(manifest), **dataclasses.asdict(manifest)}
    write_text(folder / MANIFEST_NAME, json.dumps(content, indent=2) + "\n")
    return manifest


def _parse_manifest(path: Path) -> Manifest:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ElementError(
            f"{path}: missing, so that {path.parent} is no finished folder of pairs; {_REMEDY}"
        ) from error
    except (OSError, ValueError) as error:
        raise ElementError(f"{path}: cannot be read ({error}); {_REMEDY}") from error
    if not isinstance(content, dict) or not isinstance(content.get("pairs"), list):
        raise ElementError(f"{path}: is not a manifest of pairs; {_REMEDY}")
    if content.get("version") != VERSION:
        raise ElementError(f"{path}: version {content.get('version')!r}, expected {VERSION}; {_REMEDY}")
    recipe = parse_record(Recipe, content.get("recipe"), f"{path}, recipe", _REMEDY)
    records = [
        parse_record(PairRecord, item, f"{path}, pair {index}", _REMEDY) for index, item in enumerate(content["pairs"])
    ]
    manifest = Manifest(recipe, tuple(records))
    for record in records:
        if any(Path(name).name != name for name in (record.input, record.target) if name):
            raise ElementError(f"{path}: frame {record.frame} lies in another folder; {_REMEDY}")
    if content.get("pairs_sha256") != pairs_hash(manifest):
        raise ElementError(f"{path}: was edited after it was written; {_REMEDY}")
    return manifest


def _make_pair(
    recipe: Recipe, crop: SharedCrop | None, frame: int, source_path: Path, reference_path: Path | None, folder: Path
) -> dict[str, Any]:
    """Writes one pair and returns the fields of its record that describe the pictures."""
    source = _in_working_space(source_path, recipe.source_space, recipe, crop)
    picture = np.clip(recipe.preparation.prepared(source), 0.0, 1.0)
    input_path = folder / _file_name("input", frame)
    write_frame(input_path, frame_from_rgb(picture), "float")
    if reference_path is None:
        return _picture_fields(input_path.name, picture)
    reference = _in_working_space(reference_path, recipe.reference_space, recipe, crop)
    truth = ground_truth(picture, reference, recipe.mode, recipe.median)
    target_path = folder / _file_name("target", frame)
    write_frame(target_path, frame_from_rgb(truth), "float")
    return _picture_fields(input_path.name, picture, target_path.name, truth)


def _in_working_space(path: Path, space: str, recipe: Recipe, crop: SharedCrop | None) -> np.ndarray:
    picture = read_frame(path).rgb
    return colour.converter(space, recipe.working_space)(
        picture[crop.slices(path, *picture.shape[:2])] if crop else picture
    )


def _load_pair(folder: Path, record: PairRecord) -> Pair:
    picture = _load_picture(folder / record.input, record.input_sha256)
    truth = _load_picture(folder / record.target, record.target_sha256) if record.target else None
    return Pair(record.frame, record.role, record.label, picture, truth)


def _load_picture(path: Path, expected_hash: str) -> np.ndarray:
    picture = read_frame(path).rgb
    if _pixel_hash(picture) != expected_hash:
        raise ElementError(
            f"{path}: was changed after the manifest was written; adopt the pairs as they are now, or delete this file "
            "and make the pairs again"
        )
    return np.clip(picture, 0.0, 1.0)


def _picture_fields(
    input_name: str, picture: np.ndarray, target_name: str | None = None, truth: np.ndarray | None = None
) -> dict[str, Any]:
    """The fields of a record that follow from its pictures."""
    return {
        "width": picture.shape[1],
        "height": picture.shape[0],
        "input": input_name,
        "input_sha256": _pixel_hash(picture),
        "target": target_name,
        "target_sha256": _pixel_hash(truth) if truth is not None else None,
    }


def _check_same_size(picture: np.ndarray, input_path: Path, truth: np.ndarray, target_path: Path) -> None:
    if truth.shape != picture.shape:
        sizes = [f"{array.shape[1]}x{array.shape[0]} pixels" for array in (truth, picture)]
        raise ElementError(f"{target_path}: {sizes[0]}, expected {sizes[1]} as in {input_path.name}")


def _numbered_files(folder: Path, kind: str) -> dict[int, Path]:
    if not folder.is_dir():
        raise ElementError(f"{folder}: no such folder; expected a folder of pairs")
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        match = re.fullmatch(rf"{kind}\.(\d+)", path.stem)
        if not (match and is_supported(path)):
            continue
        frame = int(match[1])
        if frame in found:
            raise ElementError(f"{folder}: {found[frame].name} and {path.name} are the same frame; remove one")
        found[frame] = path
    return found


def _file_name(kind: str, frame: int) -> str:
    return f"{kind}.{frame:04d}.exr"


def _pixel_hash(picture: np.ndarray) -> str:
    digest = hashlib.sha256(f"{picture.shape}".encode())
    digest.update(np.ascontiguousarray(picture, dtype="<f4").tobytes())
    return digest.hexdigest()

"""Makes training pairs of two aligned elements: `input.####.exr` and `target.####.exr`, with a manifest."""

import dataclasses
import itertools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from filmrecovery.base.errors import ElementError, OutputError, RunError, SettingsError, named
from filmrecovery.base.file_hash import file_sha256
from filmrecovery.base.overlap import at_once, on_all_cores
from filmrecovery.film.checks.parity import check_element, check_parity
from filmrecovery.film.elements.element import Element, check_on_disk, refuse_overwriting
from filmrecovery.film.elements.filtered_reference import check_filtered
from filmrecovery.film.elements.pair_roles import pair_roles
from filmrecovery.film.elements.picture_masks import PictureMasks
from filmrecovery.film.elements.scope import Scope, name_of_shot
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.frame_encoding import FILTERED_NAME, PREPARATION_NAME
from filmrecovery.film.frames.frame_header import with_texts
from filmrecovery.film.frames.frame_seal import SEAL_NAME
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.products.folder_lock import locked
from filmrecovery.film.products.freshness import is_same, made_from, refuse_other_frames, say_current
from filmrecovery.model.balance import read_balance
from filmrecovery.model.clean_settings import check_clean
from filmrecovery.model.source_preparation import SourcePreparation, preparation_text
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.composed_reference import composed_reference
from filmrecovery.picture.ground_truth import check_mode, ground_truth
from filmrecovery.reference.alignment.alignment_file import read_confidences
from filmrecovery.reference.curation.shared_crop import SharedCrop, part_inside, read_crop
from filmrecovery.training.pairs.clamped_values import MOST_OUTSIDE, outside_text, share_outside
from filmrecovery.training.pairs.load_pairs import load_pair
from filmrecovery.training.pairs.pair_manifest import MANIFEST_NAME, VERSION, Manifest, parse_manifest, write_manifest
from filmrecovery.training.pairs.pair_masks import refuse_other_masks, write_pair_mask
from filmrecovery.training.pairs.pair_records import PairRecord, Part, Recipe, picture_fields
from filmrecovery.training.pairs.pair_settings import CHROMA_MEDIAN, PairSettings

_LOG = logging.getLogger(__name__)


def make_pairs(
    settings: PairSettings,
    source: Element,
    reference: Element,
    folder: str | Path,
    shots: Sequence[Scope] = (),
    parts: Sequence[Part] = (),
) -> Manifest:
    """Writes the pairs of two aligned elements and returns their manifest.

    Where `parts` of the reference come from other elements, aligned like it, it is composed of all (see
    `composed_reference`). One of them may be the source.

    The input is the source, balanced and cleaned where the settings say so, and so is what the target takes of the
    source: luma in chroma mode, chroma in spatial mode.

    Pairs within one of `shots` carry its name, others the label of the settings.

    Everything is checked before anything is written. Pairs that are current are kept.

    Raises SettingsError for bad settings, among them a frame with two roles; ElementError for frames that are missing,
    damaged or do not fit, and for earlier pairs that were edited since; RunError where the folder holds pairs made
    elsewhere, or another process makes pairs in it; OutputError where a pair cannot be written, or would overwrite an
    element or a picture that was not written here.
    """
    folder = Path(folder)
    # A misspelt space is an error before the frames are read, which can take minutes.
    colour.check_display_referred(settings.working_space)
    for element in (source, reference, *(part.element for part in parts)):
        colour.converter(element.space, settings.working_space)
    roles = pair_roles(settings.frames, settings.hold_out_frames, settings.preview_frames)
    crop = read_crop(Path(settings.crop)) if settings.crop else None
    masks = PictureMasks(settings.mask_files, settings.mask_boxes)
    sources = source.with_frames(roles)
    references = reference.with_frames(frame for frame, role in roles.items() if role != "preview")
    parts = tuple(dataclasses.replace(part, element=part.element.with_frames(references.frames)) for part in parts)
    recipe = _recipe(settings, sources, references, parts, crop)
    learnt_from = (references, *(part.element for part in parts))
    _check_elements(sources, learnt_from, folder)
    for path in itertools.chain.from_iterable(element.paths() for element in learnt_from):
        with named(str(path)):
            check_filtered(_filters(path), settings.mode)

    making = _Making(settings, recipe, sources, references, crop, masks, folder, roles, shots)
    with locked(folder, "making pairs in"):
        return making.write()


@dataclass(frozen=True)
class _Making:
    """The pairs of two elements, on their way into a folder."""

    settings: PairSettings
    recipe: Recipe
    source: Element
    reference: Element
    crop: SharedCrop | None
    masks: PictureMasks
    folder: Path
    roles: Mapping[int, str]
    shots: Sequence[Scope]

    def write(self) -> Manifest:
        """Writes what is not current of the pairs, and their manifest."""
        folder, roles = self.folder, self.roles
        made = {frame: self._made_from(frame) for frame in roles}
        earlier = _earlier_pairs(folder)
        records = {
            frame: record
            for frame, record in earlier.items()
            if frame in made and is_same(record.made_from, made[frame])
        }
        missing = [frame for frame in roles if frame not in records]
        if missing:
            new = {frame: roles[frame] for frame in missing if frame not in earlier}
            _refuse_other_pictures(folder, new, bool(self.masks))
            _withdraw_manifest(folder)
        else:
            say_current(folder)
        written = on_all_cores(lambda frame: self._pair(frame, made[frame]), missing, "Pairs")
        records |= dict(zip(missing, written, strict=True))
        confidences = read_confidences(self.settings.alignment)
        pairs = (
            dataclasses.replace(
                records[frame], role=role, label=self._label(frame), alignment_confidence=confidences.get(frame)
            )
            for frame, role in roles.items()
        )
        return write_manifest(folder, Manifest(self.recipe, tuple(pairs)))

    def _label(self, frame: int) -> str:
        return name_of_shot(self.shots, frame, self.settings.label)

    def _made_from(self, frame: int) -> str:
        """The line of one pair: the recipe, and the pictures of its frame; a preview has none of a reference."""
        recipe = self.recipe
        area = self.crop.at(frame).area if self.crop else None
        how = dataclasses.replace(recipe, source=None, reference=None, parts=(), crop=area)
        elements = self.source, self.reference, *(part.element for part in recipe.parts)
        of_frame = (element.with_frames({frame} & {*element.frames}) for element in elements)
        parts = [part.part for part in recipe.parts]
        return made_from("pair", VERSION, (how, parts), *of_frame, *self.masks.made_of(frame))

    def _pair(self, frame: int, made_from: str) -> PairRecord:
        """Writes the pictures and the mask of a pair, and returns its record."""
        role, path = self.roles[frame], self.source.path(frame)
        fields = self._write_pictures(frame)
        header = read_header(path)
        part = part_inside(self.crop, frame, path, header.height, header.width)
        fields |= write_pair_mask(self.folder, frame, self.masks.covered(frame, header, part))
        return PairRecord(
            frame=frame,
            role=role,
            label=self._label(frame),
            **fields,
            source_sha256=file_sha256(path),
            reference_sha256=file_sha256(self.reference.path(frame)) if role != "preview" else None,
            made_from=made_from,
        )

    def _write_pictures(self, frame: int) -> dict[str, Any]:
        """Writes the pictures of a pair, and returns the fields of its record that describe them."""
        recipe, source_path = self.recipe, self.source.path(frame)
        prepared = recipe.preparation.prepared(self._read(self.source, frame))
        _tell_outside(source_path, prepared)
        picture = np.clip(prepared, 0.0, 1.0)
        input_path = self.folder / _file_name("input", frame)
        text = preparation_text(recipe.preparation)
        written = frame_from_rgb(picture)
        write_frame(input_path, with_texts(written, {PREPARATION_NAME: text}) if text else written, "float")
        if self.roles[frame] == "preview":
            return picture_fields(input_path.name, picture)

        def learnt_from(element: Element) -> Picture:
            path = element.path(frame)
            if path == source_path:
                return picture
            read = self._read(element, frame)
            _tell_outside(path, read)
            return read

        parts: dict[str, list[Picture]] = {}
        for part in recipe.parts:
            parts.setdefault(part.part, []).append(learnt_from(part.element))
        reference = composed_reference(learnt_from(self.reference), parts)
        truth = ground_truth(picture, reference, recipe.mode, recipe.median)
        target_path = self.folder / _file_name("target", frame)
        target, filters = frame_from_rgb(truth), _filters(self.reference.path(frame))
        write_frame(target_path, with_texts(target, {FILTERED_NAME: filters}) if filters else target, "float")
        return picture_fields(input_path.name, picture, target_path.name, truth)

    def _read(self, element: Element, frame: int) -> Picture:
        """The part of a frame that the pair is made of, in the working space."""
        path = element.path(frame)
        picture = read_frame(path).rgb
        part = part_inside(self.crop, frame, path, *picture.shape[:2])
        return colour.converter(element.space, self.recipe.working_space)(picture[part])


def _recipe(
    settings: PairSettings, source: Element, reference: Element, parts: tuple[Part, ...], crop: SharedCrop | None
) -> Recipe:
    median = settings.median
    if median is None:
        median = CHROMA_MEDIAN if settings.mode == "chroma" else 0
    check_mode(settings.mode, median)
    return Recipe(
        mode=settings.mode,
        working_space=settings.working_space,
        config=colour.config_name(),
        source=source,
        reference=reference,
        parts=parts,
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


def _check_elements(sources: Element, references: Sequence[Element], folder: Path) -> None:
    """Checks the source and all that is learnt from, of which the last ones give parts."""
    elements = (sources, *references)
    for element in elements:
        check_on_disk(element)
    outputs = [folder / _file_name(kind, frame) for kind in ("input", "target") for frame in sources.frames]
    refuse_overwriting(outputs, [path for element in elements for path in element.paths()])
    if sources.frames != references[0].frames:
        # Parity has no say about previews, which have no reference.
        check_element(sources)
    for element in references:
        check_parity(sources.with_frames(element.frames), element)


def _earlier_pairs(folder: Path) -> dict[int, PairRecord]:
    """Pairs that an earlier call made and that are still whole."""
    path = folder / MANIFEST_NAME
    if not path.exists():
        return {}
    manifest = parse_manifest(path)
    if manifest.recipe.source is None:
        raise RunError(f"{folder}: holds pairs that were made elsewhere; choose another folder for the new ones")
    whole = at_once(lambda record: _is_whole(folder, record), manifest.pairs, "Pairs made before")
    return {record.frame: record for record, is_whole in zip(manifest.pairs, whole, strict=True) if is_whole}


def _is_whole(folder: Path, record: PairRecord) -> bool:
    """Whether the pictures of a pair are there and not damaged. Raises ElementError for pictures that were edited."""
    paths = [folder / name for name in record.files]
    if not all(path.is_file() for path in paths):
        return False
    try:
        load_pair(folder, record)
    except ElementError:
        if all([_is_readable(path) for path in paths]):
            raise
        return False
    return True


def _refuse_other_pictures(folder: Path, roles: Mapping[int, str], with_masks: bool) -> None:
    """Raises OutputError where pictures of pairs that no manifest vouches for were made by somebody else.

    Pairs whose making was interrupted have no manifest, but the seal of all frames that are written here.
    """
    inputs = (folder / _file_name("input", frame) for frame in roles)
    targets = (folder / _file_name("target", frame) for frame, role in roles.items() if role != "preview")
    refuse_other_frames(itertools.chain(inputs, targets), SEAL_NAME)
    if with_masks:
        refuse_other_masks(folder, roles)


def _is_readable(path: Path) -> bool:
    """Whether a picture can be read: one that cannot was damaged, and not painted."""
    try:
        read_frame(path)
    except ElementError:
        _LOG.warning("%s: is damaged, and its pair is made again", path)
        return False
    return True


def _withdraw_manifest(folder: Path) -> None:
    # Files that are about to change must not be taken for edited ones, should the work be interrupted.
    path = folder / MANIFEST_NAME
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be removed ({error.strerror}); choose another folder") from error


def _filters(path: Path) -> str:
    """What smoothed a reference when its movie was unpacked; empty for nothing."""
    return read_header(path).get_string_attribute(FILTERED_NAME)


def _tell_outside(path: Path, picture: Picture) -> None:
    if share_outside(picture) > MOST_OUTSIDE:
        _LOG.warning(
            "%s: in the working space %s; they are clamped: check the colour space", path, outside_text(picture)
        )


def _file_name(kind: str, frame: int) -> str:
    return f"{kind}.{frame:04d}.exr"

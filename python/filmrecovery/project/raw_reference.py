"""A reference as the archive delivers it, made ready for pairs: matched, aligned and cropped, and frames chosen."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.errors import ElementError
from filmrecovery.film.elements.element import Element, find_element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.scope import Scope
from filmrecovery.reference.alignment.align_frames import write_aligned
from filmrecovery.reference.alignment.align_shots import current_alignment
from filmrecovery.reference.alignment.alignment_file import Alignment, agreed, read_alignment
from filmrecovery.reference.curation.crop_detection import current_crop
from filmrecovery.reference.curation.frame_choice import warn_of_few
from filmrecovery.reference.curation.selection import current_selection
from filmrecovery.reference.curation.selection_file import Selection, read_selection
from filmrecovery.reference.curation.selection_settings import SelectSettings
from filmrecovery.reference.curation.shared_crop import CropSettings, SharedCrop
from filmrecovery.reference.matching.frame_match import FrameMatch, summary
from filmrecovery.reference.matching.match_settings import MatchSettings
from filmrecovery.reference.matching.match_shots import current_matches
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.training.pairs.pair_settings import PairSettings

MATCHES_NAME = "matches.json"
ALIGNMENT_NAME = "alignment.json"
CROP_NAME = "crop.json"
SOURCE_CROP_NAME = "source_crop.json"
SELECTION_NAME = "selection.json"


@dataclass(frozen=True)
class RawReference:
    """What `prepare_reference` found out, all of it in files of one folder."""

    folder: Path
    source: Element
    alignment: Alignment
    selection: Selection | None
    further: Mapping[str, Alignment] = dataclasses.field(default_factory=dict)
    """Where further references lie, which give parts, by their names."""

    @property
    def crop(self) -> Path:
        """What both elements show: the part to train on."""
        return self.folder / CROP_NAME

    @property
    def source_crop(self) -> Path:
        """What the source shows: the part to recover, which may be more than the reference has."""
        return self.folder / SOURCE_CROP_NAME

    def pair_settings(self, settings: PairSettings) -> PairSettings:
        """The settings with the crop and, where frames were chosen, with these."""
        if self.selection:
            settings = dataclasses.replace(
                settings,
                frames=self.selection.frames,
                hold_out_frames=self.selection.hold_out_frames,
                preview_frames=self.selection.preview_frames,
            )
        return dataclasses.replace(settings, crop=str(self.crop), alignment=str(self.folder / ALIGNMENT_NAME))

    def aligned(self, frames: Iterable[int], name: str | None = None) -> Element:
        """Writes the reference as the source frames it, at some frames of the source, in the reference's own space.

        With a name, that is the further reference of this name.

        Frames that an earlier call finished are kept. Raises ElementError for a frame that has no place in the
        alignment or is flagged there, and as `write_aligned` does.
        """
        alignment = self.further[name] if name else self.alignment
        reference = alignment.reference
        wanted = set(frames)
        placed = {frame.source: frame for frame in alignment.frames}
        if lacking := wanted - placed.keys():
            raise ElementError(
                f"{reference.pattern}: shows nothing of the frames {format_frames(lacking)} of "
                f"{self.source.pattern}; choose other training frames"
            )
        if flagged := [placed[frame] for frame in sorted(wanted) if placed[frame].flagged]:
            reasons = "; ".join(f"frame {frame.source}: {frame.reason}" for frame in flagged)
            raise ElementError(f"{reference.pattern}: cannot be trained on: {reasons}. Choose other frames")
        kept = tuple(placed[frame] for frame in sorted(wanted))
        trusted = dataclasses.replace(alignment, frames=kept)
        folder = self.folder / name if name else self.folder
        return write_aligned(trusted, self.source, reference, _aligned_pattern(folder))


def aligned_frames(folder: Path, space: str) -> Element:
    """The frames of the reference in the source's framing that `RawReference.aligned` wrote into a folder, in the
    reference's colour space.

    Raises ElementError where there are none.
    """
    return find_element(_aligned_pattern(folder), space=space)


def _aligned_pattern(folder: Path) -> str:
    return str(folder / "aligned" / "aligned.####.exr")


def prepare_reference(
    align: AlignSettings,
    crop: CropSettings,
    select: SelectSettings | None,
    source: Element,
    reference: Element,
    folder: Path,
    shots: Sequence[Scope] = (),
    further: Mapping[str, Element] | None = None,
) -> RawReference:
    """Finds where the reference lies over the source, what both show and, where asked to, the frames to train on.

    Writes `matches.json`, `alignment.json`, `crop.json`, `source_crop.json` and `selection.json` (`.csv` beside some of
    them) into the folder. Each of `shots` is matched, aligned and cropped by itself, and represented among the frames
    to train on; without them the source is one shot. `further` references, by their names, are matched and aligned
    likewise, in folders of these names; the crop is what all of them show, and frames are chosen where all of them lie
    well. What is current of an earlier call is kept (see `made_from`).

    Raises SettingsError and ElementError as the four stages do, and OutputError.
    """
    by_shot = [shot.of(source.frames) for shot in shots]
    if select:
        # Matching a reel takes hours.
        warn_of_few(select, by_shot)
    others: dict[str, Alignment] = {}
    shared = None
    for name, element in (further or {}).items():
        print(f"{name}:")
        _, others[name], shared = _aligned(align, crop, source, element, folder / name, shots, shared)
    matches, alignment, shared = _aligned(align, crop, source, reference, folder, shots, shared)
    print(f"shared crop: {shared}")
    current_crop(folder / SOURCE_CROP_NAME, crop, source)
    selection = None
    if select:
        placed = agreed(alignment.frames, others.values())
        selection = current_selection(folder / SELECTION_NAME, select, source, by_shot, matches, placed)
    return RawReference(folder, source, alignment, selection, others)


def _aligned(
    align: AlignSettings,
    crop: CropSettings,
    source: Element,
    reference: Element,
    folder: Path,
    shots: Sequence[Scope],
    within: SharedCrop | None,
) -> tuple[tuple[FrameMatch, ...], Alignment, SharedCrop]:
    """Matches and aligns one reference, and finds what it shows of the source within the crop of another."""
    matches = current_matches(folder / MATCHES_NAME, MatchSettings(align.working_space), source, reference, shots)
    print(summary(matches))
    alignment = current_alignment(folder / ALIGNMENT_NAME, align, matches, source, reference, shots)
    print(alignment)
    shared = current_crop(folder / CROP_NAME, crop, source, reference, alignment.frames, within, shots)
    return tuple(matches), alignment, shared


def placed_frames(folder: Path, further: Iterable[str] = ()) -> set[int]:
    """The frames that a pair can be made of: those where the reference, and all further ones, lie well.

    Raises FileError where an alignment of the folder is missing or damaged.
    """
    main = read_alignment(folder / ALIGNMENT_NAME)
    others = [read_alignment(folder / name / ALIGNMENT_NAME) for name in further]
    return {frame.source for frame in agreed(main.frames, others) if not frame.flagged}


def spoilt_frames(folder: Path) -> set[int]:
    """The frames of a reference folder whose own picture is at fault; none where no frames were chosen.

    Raises FileError where the selection of the folder is damaged.
    """
    path = folder / SELECTION_NAME
    return read_selection(path).spoilt_frames if path.exists() else set()

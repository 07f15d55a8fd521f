"""A reference as the archive delivers it, made ready for pairs: matched, aligned and cropped, and frames chosen."""

import dataclasses
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.alignment.settings import AlignSettings
from filmrecovery.alignment.stage import align_frames, read_alignment, write_aligned, write_alignment
from filmrecovery.atomic import write_text
from filmrecovery.curation.crop_detection import find_crop
from filmrecovery.curation.selection import Selection, read_selection, select_frames, write_selection
from filmrecovery.curation.selection_settings import SelectSettings
from filmrecovery.curation.shared_crop import CropSettings, write_crop
from filmrecovery.errors import ElementError
from filmrecovery.matching.frame_match import summary, write_matches
from filmrecovery.matching.settings import MatchSettings
from filmrecovery.matching.stage import match_frames
from filmrecovery.pairs import PairSettings
from filmrecovery.sequences import Sequence, format_frames

MATCHES_NAME = "matches.json"
ALIGNMENT_NAME = "alignment.json"
CROP_NAME = "crop.json"
SOURCE_CROP_NAME = "source_crop.json"
SELECTION_NAME = "selection.json"


@dataclass(frozen=True)
class RawReference:
    """What `prepare_reference` found out, all of it in files of one folder."""

    folder: Path
    selection: Selection | None

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
        return dataclasses.replace(settings, crop=str(self.crop))

    def aligned(self, frames: Iterable[int]) -> Sequence:
        """Writes the reference as the source frames it, at some frames of the source, in the reference's own space.

        Frames that an earlier call finished are kept. Raises ElementError for a frame that has no place in the
        alignment or is flagged there, and as `write_aligned` does.
        """
        alignment = read_alignment(self.folder / ALIGNMENT_NAME)
        wanted = set(frames)
        placed = {frame.source: frame for frame in alignment.frames}
        if lacking := wanted - placed.keys():
            raise ElementError(
                f"{alignment.reference}: shows nothing of the frames {format_frames(lacking)} of {alignment.source}; "
                "choose others to train on"
            )
        if flagged := [placed[frame] for frame in sorted(wanted) if placed[frame].flagged]:
            reasons = "; ".join(f"frame {frame.source}: {frame.reason}" for frame in flagged)
            raise ElementError(f"{alignment.reference}: cannot be trained on, {reasons}. Choose other frames")
        kept = tuple(placed[frame] for frame in sorted(wanted))
        return write_aligned(
            dataclasses.replace(alignment, frames=kept), str(self.folder / "aligned" / "aligned.####.exr")
        )


def prepare_reference(
    align: AlignSettings,
    crop: CropSettings,
    select: SelectSettings | None,
    source: Sequence,
    reference: Sequence,
    folder: Path,
) -> RawReference:
    """Finds where the reference lies over the source, what both show and, where asked to, the frames to train on.

    Writes `matches.json`, `alignment.json`, `crop.json`, `source_crop.json` and `selection.json` (`.csv` beside some of
    them) into the folder. The elements are taken to be one shot. What an earlier call found out of the same files with
    the same settings is kept.

    Raises SettingsError and ElementError as the four stages do, and OutputError.
    """
    stamp = folder / "prepared.txt"
    made_from = _made_from((align, crop, select), source, reference)
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from):
        stamp.unlink(missing_ok=True)
        spaces = {name: getattr(align, name) for name in ("source_space", "reference_space", "working_space")}
        matches = match_frames(MatchSettings(**spaces), source, reference)
        write_matches(folder / MATCHES_NAME, matches)
        print(summary(matches))
        frames = align_frames(align, matches, source, reference)
        print(write_alignment(folder / ALIGNMENT_NAME, align, source, reference, frames))
        found = find_crop(crop, source, reference, frames)
        write_crop(folder / CROP_NAME, found)
        print(f"shared crop: {found}")
        write_crop(folder / SOURCE_CROP_NAME, find_crop(crop, source))
        if select:
            write_selection(folder / SELECTION_NAME, select_frames(select, source, (), matches, frames))
        write_text(stamp, made_from)
    return RawReference(folder, read_selection(folder / SELECTION_NAME) if select else None)


def _made_from(settings: tuple[object, ...], *elements: Sequence) -> str:
    """A hash over settings and files: their names, sizes and times of modification.

    Not over their content, which for a long element would take as long as the work that is to be spared.
    """
    digest = hashlib.sha256(repr(settings).encode())
    for element in elements:
        for path in map(element.path, element.frames):
            status = path.stat()
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()

"""What was recovered, merged onto the original plate, in the manner of the blend modes Color and Luminosity."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import ElementError
from filmrecovery.base.progress import progress
from filmrecovery.film.frame_encoding import ENCODINGS, check_encoding
from filmrecovery.film.frame_mark import is_finished, mark_of, with_mark
from filmrecovery.film.images import Frame, read_frame, write_frame
from filmrecovery.film.sequences import Sequence, find_sequence, format_frames, refuse_overwriting
from filmrecovery.picture import colour
from filmrecovery.picture.aces import DELIVERY_SPACE
from filmrecovery.picture.merge import OPERATIONS, merge
from filmrecovery.provenance.frame_header import texts_of, with_provenance
from filmrecovery.provenance.provenance_settings import ProvenanceSettings


@dataclass(frozen=True)
class MergeSettings:
    """What is merged, and the colour spaces of the files."""

    operation: str = setting(
        dataclasses.MISSING,
        "color: the recovered chroma onto the original's luma; luminosity: the recovered luma onto its chroma",
        choices=OPERATIONS,
    )
    original_space: str = setting("srgb_tx", "OCIO colour space of the original's files")
    recovered_space: str = setting(DELIVERY_SPACE, "OCIO colour space of the recovered files")
    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space to merge in")
    output_space: str = setting(DELIVERY_SPACE, "OCIO colour space of the result")
    encoding: str = setting("zip", "EXR encoding of the result", choices=ENCODINGS)


def merge_sequences(
    settings: MergeSettings,
    original: str,
    recovered: str,
    output: str,
    frames: str | None = None,
    provenance: ProvenanceSettings | None = None,
) -> Sequence:
    """Merges two sequences, given by their patterns, frame by frame into a third, and returns that.

    Without `frames`, the frames are those that the recovered sequence has on disk. Other channels, windows and metadata
    are the original's. Frames that an earlier call finished, from the same files with the same settings, are skipped;
    formats other than EXR do not record that, and their frames are merged again.

    Raises SettingsError for a bad pattern, range, colour space or encoding; ElementError for frames that are missing,
    damaged or differ in size; OutputError where a frame cannot be written or would overwrite its own input.
    """
    check_encoding(settings.encoding, settings.output_space)
    provenance = provenance or ProvenanceSettings()
    recovered_frames = find_sequence(recovered, frames)
    original_frames = find_sequence(original, format_frames(recovered_frames.frames))
    merged = Sequence(output, recovered_frames.frames)
    inputs = [element.path(frame) for element in (original_frames, recovered_frames) for frame in merged.frames]
    refuse_overwriting(map(merged.path, merged.frames), inputs)
    original_to_working = colour.converter(settings.original_space, settings.working_space)
    recovered_to_working = colour.converter(settings.recovered_space, settings.working_space)
    to_output = colour.converter(settings.working_space, settings.output_space)

    for number in progress(merged.frames, len(merged.frames), "Merge"):
        original_path, recovered_path = original_frames.path(number), recovered_frames.path(number)
        path = merged.path(number)
        mark = mark_of("merge", (settings, provenance), original_path, recovered_path)
        if is_finished(path, mark):
            continue
        plate, recovery = read_frame(original_path), read_frame(recovered_path)
        _check_same_size(plate, original_path, recovery, recovered_path)
        rgb = merge(original_to_working(plate.rgb), recovered_to_working(recovery.rgb), settings.operation)
        merged_frame = with_mark(plate.with_rgb(to_output(rgb)), mark, settings.output_space)
        made_by = texts_of(recovery.spec)
        write_frame(path, with_provenance(merged_frame, provenance, [], made_by, settings.operation), settings.encoding)
    return merged


def _check_same_size(plate: Frame, plate_path: Path, recovery: Frame, recovery_path: Path) -> None:
    windows = [(spec.x, spec.y, spec.width, spec.height) for spec in (plate.spec, recovery.spec)]
    if windows[0] != windows[1]:
        described = ["{2}x{3} at ({0}, {1})".format(*window) for window in windows]
        raise ElementError(
            f"{recovery_path}: its data window is {described[1]}, expected {described[0]} as in {plate_path}"
        )

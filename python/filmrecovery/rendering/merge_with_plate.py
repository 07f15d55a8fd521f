"""What was recovered, merged onto the original plate, in the manner of the blend modes Color and Luminosity."""

from pathlib import Path

from filmrecovery.base.errors import ElementError
from filmrecovery.base.interruption import sigterm_as_interrupt
from filmrecovery.base.overlap import on_all_cores
from filmrecovery.film.elements.element import Element, check_on_disk, refuse_overwriting
from filmrecovery.film.frames.frame import Frame
from filmrecovery.film.frames.frame_encoding import DOUBT_CHANNEL, check_encoding, holds_other_channels
from filmrecovery.film.frames.frame_header import texts_of, with_mark, with_texts
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.products.freshness import is_current, made_from, refuse_other_frames
from filmrecovery.picture import colour
from filmrecovery.picture.merge import merge
from filmrecovery.provenance.frame_description import provenance_description
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.rendering.merge_settings import MergeSettings

# While one frame is merged, others are read and written.
_FEWEST_WORKERS = 3


def merge_sequences(
    settings: MergeSettings,
    original: Element,
    recovered: Element,
    output: str,
    provenance: ProvenanceSettings | None = None,
) -> Element:
    """Merges the recovered frames with the original's of the same numbers, and returns the result.

    Other channels, windows and metadata are the original's. Where the recovered frames say how far they are to be
    doubted (recovery.doubt), so does the result, if its files can hold more than R, G, B and A.
    Frames that an earlier call finished, from the same files with the same settings, are skipped; formats other than
    EXR do not record that, and their frames are merged again.

    Raises SettingsError for a bad pattern, range or encoding, and for a colour space that is unknown or, to work in,
    not display-referred; ElementError for frames that are missing, damaged or differ in size; OutputError where a frame
    cannot be written or would overwrite its own input. KeyboardInterrupt, which SIGTERM raises too, leaves finished
    frames alone.
    """
    check_encoding(settings.encoding, settings.output_space)
    colour.check_display_referred(settings.working_space)
    provenance = provenance or ProvenanceSettings()
    description = provenance_description(provenance, [], settings.operation)
    original = original.with_frames(recovered.frames)
    merged = Element(output, recovered.frames, settings.output_space)
    for element in (original, recovered):
        check_on_disk(element)
    refuse_overwriting(merged.paths(), original.paths() + recovered.paths())
    refuse_other_frames(merged.paths())
    original_to_working, recovered_to_working = (
        colour.converter(element.space, settings.working_space) for element in (original, recovered)
    )
    to_output = colour.converter(settings.working_space, settings.output_space)

    def merge_frame(number: int) -> None:
        original_path, recovered_path = original.path(number), recovered.path(number)
        path = merged.path(number)
        frames = original.with_frames((number,)), recovered.with_frames((number,))
        line = made_from("merge", 1, (settings, provenance), *frames)
        if is_current(path, line):
            return
        plate, recovery = read_frame(original_path), read_frame(recovered_path)
        _check_same_size(plate, original_path, recovery, recovered_path)
        rgb = merge(original_to_working(plate.rgb), recovered_to_working(recovery.rgb), settings.operation)
        merged_frame = with_mark(plate.with_rgb(to_output(rgb)), line, settings.output_space)
        doubt = recovery.channel(DOUBT_CHANNEL)
        if doubt is not None and holds_other_channels(path, settings.encoding):
            merged_frame = merged_frame.with_channel(DOUBT_CHANNEL, doubt)
        texts = description.texts(texts_of(recovery.spec), number)
        write_frame(path, with_texts(merged_frame, texts), settings.encoding)

    with sigterm_as_interrupt():
        for _ in on_all_cores(merge_frame, merged.frames, "Merge", _FEWEST_WORKERS):
            pass
    return merged


def _check_same_size(plate: Frame, plate_path: Path, recovery: Frame, recovery_path: Path) -> None:
    windows = [(spec.x, spec.y, spec.width, spec.height) for spec in (plate.spec, recovery.spec)]
    if windows[0] != windows[1]:
        described = ["{2}x{3} at ({0}, {1})".format(*window) for window in windows]
        raise ElementError(
            f"{recovery_path}: its data window is {described[1]}, expected {described[0]} as in {plate_path}"
        )

"""A model on every frame of a shot."""

import dataclasses
from pathlib import Path

import numpy as np
import torch

from filmrecovery.base.errors import RunError
from filmrecovery.film.changed_frames import Spaces, check_delivery, deliver_frames
from filmrecovery.film.frame_mark import mark_of
from filmrecovery.film.images import Frame
from filmrecovery.film.sequences import Sequence, find_sequence
from filmrecovery.model.device import find_device
from filmrecovery.model.inference import recover_source
from filmrecovery.model.model_file import ModelDescription, load_model
from filmrecovery.provenance.frame_header import with_provenance
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.reference.curation.shared_crop import SharedCrop, read_crop
from filmrecovery.rendering.render_settings import RenderSettings


def render(
    settings: RenderSettings,
    model_path: Path,
    source: str,
    output: str,
    frames: str | None = None,
    provenance: ProvenanceSettings | None = None,
) -> Sequence:
    """Recovers the frames of a source, given by its pattern, into EXR frames of another, and returns these.

    The source is balanced and cleaned by the model as its training input was (see `recover_source`). Without `frames`,
    the frames are those on disk. Alpha, other channels, windows and metadata are the source's, and values outside 0..1
    survive; the header says how the frame was made (see `header_keys`). Frames that an earlier call finished are
    skipped, unless the model, the settings or the source's file changed. Frames that cannot be read do not stop the
    others; they are named in the end.

    Raises SettingsError for a bad pattern, range, colour space, encoding or device; ModelError for a model that cannot
    be used; ElementError for frames that are missing, damaged or out of range; RunError where the device's memory is
    too small; OutputError where a frame cannot be written or would overwrite its own input. KeyboardInterrupt, which
    SIGTERM raises too, leaves finished frames alone.
    """
    source_frames = find_sequence(source, frames)
    rendered = Sequence(output, source_frames.frames)
    # Before the model is loaded, which takes longer.
    check_delivery(source_frames, rendered, settings.output_space, settings.encoding)
    provenance = provenance or ProvenanceSettings()
    network, description = load_model(Path(model_path))
    network.to(find_device(settings.device), memory_format=torch.channels_last)
    crop = read_crop(Path(settings.crop)) if settings.crop else None

    def recovered(rgb: np.ndarray, path: Path) -> np.ndarray:
        area = crop.slices(path, *rgb.shape[:2]) if crop else ...
        whole = rgb.copy()
        try:
            whole[area] = recover_source(network, description.preparation, rgb[area])
        except torch.OutOfMemoryError as error:
            raise RunError(
                f"{path}: too large for the memory of the GPU ({error}); render with the device cpu"
            ) from error
        return whole

    def described(frame: Frame) -> Frame:
        return with_provenance(frame, provenance, [dataclasses.asdict(description)])

    spaces = Spaces(settings.input_space, description.working_space, settings.output_space, settings.encoding)
    deliver_frames(
        "Render",
        source_frames,
        rendered,
        spaces,
        lambda path: _mark(spaces, provenance, description, crop, path),
        recovered,
        described,
    )
    return rendered


def _mark(
    spaces: Spaces,
    provenance: ProvenanceSettings,
    description: ModelDescription,
    crop: SharedCrop | None,
    source: Path,
) -> str:
    # Not the device: frames that another machine of a farm has finished stay finished.
    area = [crop.area] if crop else []
    return mark_of("render", (description.weights_hash, description.preparation, spaces, *area, provenance), source)

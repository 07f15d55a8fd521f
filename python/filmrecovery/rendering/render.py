"""A model on every frame of a shot."""

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from filmrecovery.base.errors import RunError, SettingsError
from filmrecovery.base.overlap import workers
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.picture_masks import PictureMasks
from filmrecovery.film.elements.scope import Scope, unknown_shots
from filmrecovery.film.frames.frame import Frame
from filmrecovery.film.frames.frame_encoding import DOUBT_CHANNEL, holds_other_channels
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.film.products.changed_frames import Change, check_delivery, write_changed_frames
from filmrecovery.film.products.freshness import made_from
from filmrecovery.model.device import find_device, move_to
from filmrecovery.model.inference import recover_source, recover_with_doubt
from filmrecovery.model.model_file import ModelDescription, check_knows_doubt, load_model
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.picture.arrays import Mask, Values
from filmrecovery.picture.torch_threads import shared_cores
from filmrecovery.provenance.frame_description import provenance_description
from filmrecovery.provenance.header_keys import grade_of
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.reference.curation.shared_crop import SharedCrop, part_inside, read_crop
from filmrecovery.reference.curation.shot_list import read_shots
from filmrecovery.rendering.render_settings import RenderSettings

_LOG = logging.getLogger(__name__)

# One frame of 4096x3112 takes up to 2 GiB; such frames are seen one by one.
_PIXELS_AT_ONCE = 2**23

VERSION = 5
"""Counted up when the stage makes something else of the same model and source (see `made_from`)."""


def render(
    settings: RenderSettings,
    model_path: Path,
    source: Element,
    output: str,
    provenance: ProvenanceSettings | None = None,
) -> Element:
    """Recovers the frames of a source into EXR frames of the pattern `output`, and returns these.

    The source is balanced and cleaned by the model as its training input was (see `recover_source`). Alpha, other
    channels, windows and metadata are the source's, and values outside 0..1 survive; the header says how the frame was
    made (see `header_keys`). Frames that are current are not made again; where only the provenance changed, their
    header is written again. Frames that cannot be read do not stop the others; they are named in the end.

    A model of several shots has a grade for each; the header names the one that a frame was given. Shots without pairs
    get that of the whole film, and a warning names them.

    What the settings keep, such as subtitles, stays as the source has it.

    With `doubt` the frames have the channel recovery.doubt besides: the error to be expected (see `doubt_of`), 0
    outside the crop. Where the source has such a channel, of an earlier stage, theirs is the root of the sum of both
    squares.

    Raises SettingsError for a bad pattern, range, colour space, encoding or device; ModelError for a model that cannot
    be used; ElementError for frames that are missing, damaged or out of range; RunError where the device's memory is
    too small; OutputError where a frame cannot be written or would overwrite its own input. KeyboardInterrupt, which
    SIGTERM raises too, leaves finished frames alone.
    """
    rendered = Element(output, source.frames, settings.output_space)
    # Before the model is loaded, which takes longer.
    check_delivery(source, rendered, settings.encoding)
    if settings.doubt and not holds_other_channels(Path(output), settings.encoding):
        raise SettingsError(
            f"encoding '{settings.encoding}' holds the channels R, G, B and A alone, and no doubt; choose the encoding "
            "zip or dwaa, from which a delivery makes ACES containers"
        )
    network, description = load_model(Path(model_path))
    if settings.doubt:
        check_knows_doubt(network, model_path)
    device = find_device(settings.device)
    move_to(network, device)
    shots = read_shots(settings.shots, source) if settings.shots else ()
    if description.shots:
        _say_grades(settings, model_path, description.shots, shots, source)

    recovery = _Recovery(
        settings,
        source,
        network,
        description,
        read_crop(Path(settings.crop)) if settings.crop else None,
        PictureMasks(settings.keep_files, settings.keep_boxes),
        {frame: shot.name for shot in shots for frame in shot.of(source.frames)},
    )
    change = Change(
        description.working_space,
        recovery.recovered,
        recovery.made_from,
        provenance_description(
            provenance or ProvenanceSettings(), [dataclasses.asdict(description)], grade=recovery.grade
        ),
        most_at_once=_frames_at_once(source) if device.type == "cpu" else 1,
    )
    with shared_cores(change.most_at_once):
        write_changed_frames("Render", source, rendered, settings.encoding, change)
    return rendered


@dataclass(frozen=True)
class _Recovery:
    """A model at work on the frames of a source."""

    settings: RenderSettings
    source: Element
    network: RecoveryNetwork
    description: ModelDescription
    crop: SharedCrop | None
    masks: PictureMasks
    """What of the frames stays as it is."""
    shot_names: Mapping[int, str]
    """By the frames that are in a shot."""

    def recovered(self, frame: Frame, number: int) -> Frame:
        """The frame with the colour that the model gives it, and with its doubt where that is wanted."""
        path = self.source.path(number)
        rgb = frame.rgb
        part = part_inside(self.crop, number, path, *rgb.shape[:2])
        kept = self.masks.covered(number, frame.spec, part)
        arguments = self.network, self.description.preparation, rgb[part], self._shot_number(number)
        try:
            if self.settings.doubt:
                colours, own_doubt = recover_with_doubt(*arguments)
            else:
                colours, own_doubt = recover_source(*arguments), None
        except torch.OutOfMemoryError as error:
            raise RunError(
                f"{path}: too large for the memory of the GPU ({error}); render with the device cpu"
            ) from error
        rgb[part] = _but_for(kept, colours, rgb[part])
        changed = frame.with_rgb(rgb)
        if own_doubt is None:
            return changed
        doubt = frame.channel(DOUBT_CHANNEL)
        if doubt is None:
            doubt = np.zeros(rgb.shape[:2], np.float32)
        doubt[part] = _but_for(kept, np.hypot(doubt[part], own_doubt), doubt[part])
        return changed.with_channel(DOUBT_CHANNEL, doubt)

    def made_from(self, number: int) -> str:
        """What the recovered frame of a number is made from."""
        area = self.crop.at(number).area if self.crop else None
        # Not the device: frames that another machine of a farm has finished stay finished.
        made_with = (
            self.description.weights_hash,
            self.description.preparation,
            self.settings.output_space,
            self.settings.encoding,
            area,
            self.settings.doubt,
        )
        how = made_with, self._shot_number(number)
        return made_from("render", VERSION, how, self.source.with_frames((number,)), *self.masks.made_of(number))

    def grade(self, number: int) -> str:
        """The name of the grade that the frame of a number is given."""
        return grade_of(self.description.shots, self.shot_names.get(number))

    def _shot_number(self, number: int) -> int:
        return self.description.shot_number(self.shot_names.get(number))


def _but_for(kept: Mask | None, new: Values, old: Values) -> Values:
    """The new values, (height, width) or (height, width, 3), but the old ones where the mask is set."""
    if kept is None:
        return new
    return np.where(kept if new.ndim == 2 else kept[..., np.newaxis], old, new)


def _frames_at_once(source: Element) -> int:
    """How many frames the network sees at once: it is quicker on several than on several parts of one."""
    header = read_header(source.path(source.frames[0]))
    return min(workers(), max(1, _PIXELS_AT_ONCE // (header.width * header.height)))


def _say_grades(
    settings: RenderSettings, model: Path, known: Sequence[str], shots: Sequence[Scope], source: Element
) -> None:
    """Says where frames get the grade of the whole film, because the model knows no better."""
    if not shots:
        _LOG.info(
            "%s: knows the shots %s; without a list of them (--shots) all frames get the grade of the whole film",
            model,
            ", ".join(known),
        )
        return
    missing = unknown_shots(shots, known, source.frames)
    if len(missing) == len(shots):
        _LOG.warning(
            "%s: none of its shots (%s) is among those of the model %s (%s), and all frames get the grade of the whole "
            "film; name the shots as the labels of the pairs do, or add pairs of them",
            settings.shots,
            ", ".join(missing),
            model,
            ", ".join(known),
        )
    elif missing:
        _LOG.warning(
            "%s: shots without pairs get the grade of the whole film: %s; add pairs of them to be sure",
            model,
            ", ".join(f"{name} (frames {format_frames(frames)})" for name, frames in missing.items()),
        )

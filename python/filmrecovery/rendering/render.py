"""A model on every frame of a shot."""

import dataclasses
import logging
from collections.abc import Sequence
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
from filmrecovery.film.products.changed_frames import check_delivery, write_changed_frames
from filmrecovery.film.products.freshness import made_from
from filmrecovery.model.device import find_device, move_to
from filmrecovery.model.inference import recover_source, recover_with_doubt
from filmrecovery.model.model_file import check_knows_doubt, load_model
from filmrecovery.picture.arrays import Mask
from filmrecovery.picture.torch_threads import shared_cores
from filmrecovery.provenance.frame_description import provenance_description
from filmrecovery.provenance.header_keys import grade_of
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.reference.curation.shared_crop import part_inside, read_crop
from filmrecovery.reference.curation.shot_list import read_shots
from filmrecovery.rendering.render_settings import RenderSettings

_LOG = logging.getLogger(__name__)

# One frame of 4096x3112 takes up to 2 GiB; such frames are seen one by one.
_PIXELS_AT_ONCE = 2**23

VERSION = 4
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
    provenance = provenance or ProvenanceSettings()
    network, description = load_model(Path(model_path))
    if settings.doubt:
        check_knows_doubt(network, model_path)
    device = find_device(settings.device)
    move_to(network, device)
    crop = read_crop(Path(settings.crop)) if settings.crop else None
    shots = read_shots(settings.shots, source) if settings.shots else ()
    names = {source.path(frame): shot.name for shot in shots for frame in shot.of(source.frames)}
    if description.shots:
        _say_grades(settings, model_path, description.shots, shots, source)

    masks = PictureMasks(settings.keep_files, settings.keep_boxes)
    numbers = {source.path(frame): frame for frame in source.frames}

    def number(path: Path) -> int:
        return description.shot_number(names.get(path))

    def kept(frame: Frame, path: Path) -> Mask:
        """What of a frame stays as it is."""
        mask = masks.covered(numbers[path], frame.spec)
        return np.zeros(frame.pixels.shape[:2], bool) if mask is None else mask

    def recovered(frame: Frame, path: Path) -> Frame:
        whole, mask = frame.rgb, kept(frame, path)
        area = part_inside(crop, numbers[path], path, *whole.shape[:2])
        arguments = network, description.preparation, whole[area], number(path)
        try:
            if not settings.doubt:
                whole[area] = recover_source(*arguments)
                return frame.with_rgb(np.where(mask[..., np.newaxis], frame.rgb, whole))
            doubt = frame.channel(DOUBT_CHANNEL)
            if doubt is None:
                doubt = np.zeros(whole.shape[:2], np.float32)
            whole[area], own = recover_with_doubt(*arguments)
        except torch.OutOfMemoryError as error:
            raise RunError(
                f"{path}: too large for the memory of the GPU ({error}); render with the device cpu"
            ) from error
        before = doubt.copy()
        doubt[area] = np.hypot(doubt[area], own)
        whole = np.where(mask[..., np.newaxis], frame.rgb, whole)
        return frame.with_rgb(whole).with_channel(DOUBT_CHANNEL, np.where(mask, before, doubt))

    def origin(frame: Element) -> str:
        area = crop.at(frame.frames[0]).area if crop else None
        how = (*made_with, area, settings.doubt), number(frame.paths()[0])
        return made_from("render", VERSION, how, frame, *masks.made_of(frame.frames[0]))

    # Not the device: frames that another machine of a farm has finished stay finished.
    made_with = (
        description.weights_hash,
        description.preparation,
        rendered.space,
        settings.encoding,
    )
    most_changes = _frames_at_once(source) if device.type == "cpu" else 1
    with shared_cores(most_changes):
        write_changed_frames(
            "Render",
            source,
            rendered,
            description.working_space,
            settings.encoding,
            origin,
            recovered,
            provenance_description(
                provenance,
                [dataclasses.asdict(description)],
                grade=lambda path: grade_of(description.shots, names.get(path)),
            ),
            most_changes,
        )
    return rendered


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

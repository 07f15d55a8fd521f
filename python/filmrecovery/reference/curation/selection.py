"""The stage: which frames of a shot, scene or sequence to train on, to hold out and to preview, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from filmrecovery.base.errors import SettingsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.thumbnails import read_thumbnails
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.film.products.freshness import kept_or_made, made_from
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Mask, Picture, Values
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.reference.alignment.alignment_file import FrameAlignment
from filmrecovery.reference.curation.frame_choice import FrameChoice, Reason
from filmrecovery.reference.curation.selection_file import (
    VERSION,
    FrameRole,
    Selection,
    Why,
    read_selection,
    write_selection,
)
from filmrecovery.reference.curation.selection_settings import SelectSettings
from filmrecovery.reference.matching.frame_match import FrameMatch

_LENGTH = 320
_SMALL = (9, 12)
_TINY = (3, 4)
# How much luma, chroma and texture count against each other; each is a share of white.
_CHROMA_WEIGHT, _TEXTURE_WEIGHT = 3.0, 4.0

# Frames to either side: flashes last a few frames at most, blurred passages of a pan longer.
_FLASH_NEIGHBOURS, _BLUR_NEIGHBOURS = 4, 12
_BLURRED, _BLUR_DEVIATIONS = 0.9, 4.0
_FLASH = 0.04
_FLASH_DEVIATIONS = 6.0
_DAMAGE, _LEAST_DAMAGE = 2.5, 0.01


def current_selection(
    path: Path,
    settings: SelectSettings,
    source: Element,
    shots: Sequence[Sequence[int]] = (),
    matches: Sequence[FrameMatch] | None = None,
    alignments: Sequence[FrameAlignment] | None = None,
) -> Selection:
    """`select_frames`, kept in a file: chosen again only where an argument or a file changed. Raises OutputError."""
    line = made_from("selection", VERSION, settings, source, shots, matches, alignments)
    return kept_or_made(
        path,
        line,
        read_selection,
        lambda: select_frames(settings, source, shots, matches, alignments),
        write_selection,
    )


def select_frames(
    settings: SelectSettings,
    source: Element,
    shots: Sequence[Sequence[int]] = (),
    matches: Iterable[FrameMatch] | None = None,
    alignments: Iterable[FrameAlignment] | None = None,
) -> Selection:
    """Chooses frames of the source that stand for all of its frames.

    `shots` are the frames of each shot; without them the source is one shot. Of every shot the first, the middle and
    the last frame that are fit are always chosen, then the frame that is least like any chosen one, again and again
    (Gonzalez, Theor. Comput. Sci. 38, 1985), by luma, chroma and texture over the picture. A frame is not fit
    when it is blurred, flashed or damaged beside its neighbours. Where `matches` or `alignments` are given, it is also
    not fit without a frame of the reference, or when its alignment is flagged or missing. Hold-outs are spread over the
    time between the training frames, and not next to one if that is possible. Outliers come in addition: a hold-out
    stays a hold-out unless it is an outlier itself.

    The same arguments give the same selection.

    Raises SettingsError for a number that the shots' first, middle and last frames exceed already, and for outliers
    that cannot be trained on; ElementError where no frame is fit, or frames are missing or damaged.
    """
    shots = [tuple(sorted(shot)) for shot in shots] or [source.frames]
    frames = tuple(sorted({frame for shot in shots for frame in shot}))
    unknown = set(frames) - set(source.frames)
    if unknown:
        raise SettingsError(f"shots: {source.pattern} has no frames {format_frames(unknown)}; correct the shots")
    colour.check_display_referred(settings.working_space)
    shot_of = {frame: number for number, shot in enumerate(shots, start=1) for frame in shot}
    references, unfit = _references(frames, matches, alignments)
    looks = _looks(source.with_frames(frames), settings)
    descriptors: dict[int, Values] = {}
    for shot in shots:
        # What one frame alone has, such as dirt, must not get it chosen.
        steady = ndimage.median_filter([looks[frame].descriptor for frame in shot], (3, 1), mode="mirror")
        descriptors |= dict(zip(shot, steady, strict=True))
        for frame, fault in _faults({frame: looks[frame] for frame in shot}).items():
            unfit.setdefault(frame, fault)

    choice = FrameChoice(settings, shots, frames, unfit, descriptors)
    choice.choose()
    return Selection(
        tuple(
            FrameRole(frame, shot_of[frame], role, reason.why, reason.text, references.get(frame))
            for frame, (role, reason) in choice.roles.items()
        )
    )


def _references(
    frames: tuple[int, ...],
    matches: Iterable[FrameMatch] | None,
    alignments: Iterable[FrameAlignment] | None,
) -> tuple[dict[int, int], dict[int, Reason]]:
    """The reference's frame for each frame, and why frames cannot have a target."""
    references: dict[int, int] = {}
    unfit: dict[int, Reason] = {}
    if matches is not None:
        matched = {match.source: match.reference for match in matches}
        for frame in frames:
            reference = matched.get(frame)
            if reference is None:
                unfit[frame] = Reason(Why.NO_REFERENCE, "no frame of the reference shows it")
            else:
                references[frame] = reference
    if alignments is not None:
        aligned = {found.source: found for found in alignments}
        for frame in frames:
            if frame not in aligned:
                unfit.setdefault(frame, Reason(Why.NOT_ALIGNED, "not aligned"))
                continue
            references[frame] = aligned[frame].reference
            if aligned[frame].flagged:
                unfit[frame] = Reason(Why.BADLY_ALIGNED, f"badly aligned: {aligned[frame].reason}")
    return references, unfit


@dataclass(frozen=True)
class _Look:
    """What is kept of a frame: a tiny picture of luma, its sharpness, and what tells it from other frames."""

    small: Picture
    sharpness: float
    descriptor: Values


def _looks(source: Element, settings: SelectSettings) -> dict[int, _Look]:
    header = read_header(source.path(source.frames[0]))
    # Enlarged, a picture would seem blurred.
    length = min(_LENGTH, max(header.width, header.height))
    thumbnails = read_thumbnails(source, settings.working_space, length)
    return {frame: _look(picture) for frame, picture in zip(source.frames, thumbnails, strict=True)}


def _look(picture: Picture) -> _Look:
    y = luma(picture)
    # Between grain, which is finer, and what blur leaves, which is coarser.
    fine = ndimage.gaussian_filter(y, 0.8) - ndimage.gaussian_filter(y, 1.6)
    coarse = ndimage.gaussian_filter(y, 1.6) - ndimage.gaussian_filter(y, 6.4)
    # Edges, and not what lies between them: the share of their contrast that is in fine detail.
    edges = np.abs(coarse) >= np.quantile(np.abs(coarse), 0.9)
    sharpness = _rms(fine[edges]) / max(_rms(coarse[edges]), 1e-6)
    small = _means(y, _SMALL)
    colours = np.stack([_means(channel, _TINY) for channel in np.moveaxis(chroma(picture), -1, 0)])
    texture = np.stack([np.sqrt(_means(np.square(band), _TINY)) for band in (fine, coarse)])
    levels = np.quantile(y, np.linspace(0.05, 0.95, 7))
    parts = (
        small.ravel() / np.sqrt(small.size),
        levels / np.sqrt(levels.size),
        _CHROMA_WEIGHT * colours.ravel() / np.sqrt(colours.size),
        _TEXTURE_WEIGHT * texture.ravel() / np.sqrt(texture.size),
    )
    return _Look(small, sharpness, np.concatenate(parts))


def _means(picture: Picture, shape: tuple[int, int]) -> Values:
    """The means of the fields that a picture (height, width) is divided into."""
    rows, columns = (np.arange(count) * size // count for count, size in zip(shape, picture.shape, strict=True))
    sums = np.add.reduceat(np.add.reduceat(picture.astype(np.float64), rows, axis=0), columns, axis=1)
    areas = np.outer(np.diff(rows, append=picture.shape[0]), np.diff(columns, append=picture.shape[1]))
    return sums / areas


def _rms(values: Values) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _faults(looks: dict[int, _Look]) -> dict[int, Reason]:
    """What is wrong with frames of a shot beside their neighbours in it."""
    if len(looks) < 3:
        return {}
    small = np.stack([look.small for look in looks.values()])
    sharpness = np.array([look.sharpness for look in looks.values()])
    brightness = small.mean(axis=(1, 2))
    jumps = brightness - _running_median(brightness, _FLASH_NEIGHBOURS)
    flashed = np.abs(jumps) > max(_FLASH, _FLASH_DEVIATIONS * _deviation(jumps))
    softness = 1 - sharpness / _running_median(sharpness, _BLUR_NEIGHBOURS)
    blurred = softness > max(1 - _BLURRED, _BLUR_DEVIATIONS * _deviation(softness))
    damaged = _unlike_neighbours(small / np.maximum(brightness, 1e-3)[:, None, None])

    faults = {}
    for index, frame in enumerate(looks):
        if flashed[index]:
            change = "lighter" if jumps[index] > 0 else "darker"
            faults[frame] = Reason(Why.FLASHED, f"flashed: {change} than its neighbours")
        elif damaged[index]:
            faults[frame] = Reason(Why.UNLIKE_NEIGHBOURS, "unlike both neighbours: a splice, a tear or dirt")
        elif blurred[index]:
            faults[frame] = Reason(Why.BLURRED, "blurred, beside its neighbours")
    return faults


def _deviation(values: Values) -> float:
    """The standard deviation about 0, from the median, so that outliers do not count."""
    return 1.4826 * float(np.median(np.abs(values)))


def _running_median(values: Values, neighbours: int) -> Values:
    return ndimage.median_filter(values, 2 * neighbours + 1, mode="mirror")


def _unlike_neighbours(pictures: Values) -> Mask:
    """Whether each picture differs from the mean of its neighbours far more than motion explains.

    What moves evenly differs from that mean by half of what the neighbours differ by.
    """
    off, motion = np.zeros(len(pictures)), np.zeros(len(pictures))
    for index in range(1, len(pictures) - 1):
        before, picture, after = pictures[index - 1 : index + 2]
        off[index] = _rms(picture - (before + after) / 2)
        motion[index] = _rms(after - before) / 2
    return off > _DAMAGE * np.maximum(motion, max(float(np.median(off[1:-1])), _LEAST_DAMAGE))

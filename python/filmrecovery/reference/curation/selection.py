"""The stage: which frames of a shot, scene or sequence to train on, to hold out and to preview, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.pair_roles import optional_frames
from filmrecovery.film.elements.thumbnails import read_thumbnails
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.film.products.freshness import kept_or_made, made_from
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Mask, Picture, Values
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.reference.alignment.alignment_file import FrameAlignment
from filmrecovery.reference.curation.selection_file import (
    SPOILT,
    VERSION,
    WITHOUT_TARGET,
    FrameRole,
    Selection,
    Why,
    read_selection,
    write_selection,
)
from filmrecovery.reference.curation.selection_settings import SCOPES, TRAIN_FOR_HOLD_OUT, SelectSettings
from filmrecovery.reference.matching.frame_match import FrameMatch

_LENGTH = 320
_SMALL = (9, 12)
_TINY = (3, 4)
# How much luma, chroma and texture count against each other; each is a share of white.
_CHROMA_WEIGHT, _TEXTURE_WEIGHT = 3.0, 4.0
# A frame is worth training on while it is farther from all others than this part of how far frames are on the whole.
_LEAST_GAIN = 0.35

# Frames to either side: flashes last a few frames at most, blurred passages of a pan longer.
_FLASH_NEIGHBOURS, _BLUR_NEIGHBOURS = 4, 12
_BLURRED, _BLUR_DEVIATIONS = 0.9, 4.0
_FLASH = 0.04
_FLASH_DEVIATIONS = 6.0
_DAMAGE, _LEAST_DAMAGE = 2.5, 0.01


@dataclass(frozen=True)
class _Reason:
    """Why a frame has its role, or is not fit: the kind, which decides, and the text for people."""

    why: Why
    text: str


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

    choice = _Choice(settings, shots, frames, unfit, descriptors)
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
) -> tuple[dict[int, int], dict[int, _Reason]]:
    """The reference's frame for each frame, and why frames cannot have a target."""
    references: dict[int, int] = {}
    unfit: dict[int, _Reason] = {}
    if matches is not None:
        matched = {match.source: match.reference for match in matches}
        for frame in frames:
            reference = matched.get(frame)
            if reference is None:
                unfit[frame] = _Reason(Why.NO_REFERENCE, "no frame of the reference shows it")
            else:
                references[frame] = reference
    if alignments is not None:
        aligned = {found.source: found for found in alignments}
        for frame in frames:
            if frame not in aligned:
                unfit.setdefault(frame, _Reason(Why.NOT_ALIGNED, "not aligned"))
                continue
            references[frame] = aligned[frame].reference
            if aligned[frame].flagged:
                unfit[frame] = _Reason(Why.BADLY_ALIGNED, f"badly aligned: {aligned[frame].reason}")
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


def _faults(looks: dict[int, _Look]) -> dict[int, _Reason]:
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
            faults[frame] = _Reason(Why.FLASHED, f"flashed: {change} than its neighbours")
        elif damaged[index]:
            faults[frame] = _Reason(Why.UNLIKE_NEIGHBOURS, "unlike both neighbours: a splice, a tear or dirt")
        elif blurred[index]:
            faults[frame] = _Reason(Why.BLURRED, "blurred, beside its neighbours")
    return faults


def _deviation(values: Values) -> float:
    """The standard deviation about 0, of which outliers know nothing."""
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


class _Choice:
    """The roles as they are given out; no step changes what the steps before it chose."""

    def __init__(
        self,
        settings: SelectSettings,
        shots: list[tuple[int, ...]],
        frames: tuple[int, ...],
        unfit: dict[int, _Reason],
        descriptors: dict[int, Values],
    ) -> None:
        self.settings, self.shots, self.frames, self.unfit = settings, shots, frames, unfit
        self.descriptors = descriptors
        self.fit = [frame for frame in frames if frame not in unfit]
        like_chosen = _Reason(Why.LIKE_CHOSEN, "like frames that were chosen")
        self.roles = {frame: ("left", unfit.get(frame, like_chosen)) for frame in frames}
        self.outliers = [frame for frame in optional_frames(settings.outliers)]

    def choose(self) -> None:
        """Gives every frame its role."""
        if not self.fit:
            reasons = sorted({reason.text for reason in self.unfit.values()})
            raise ElementError(f"frames {format_frames(self.frames)}: none is fit to train on ({'; '.join(reasons)})")
        self._check_outliers()
        self._take_first_middle_last()
        self._take_by_coverage()
        self._take_hold_outs()
        self._take_outliers()
        self._take_preview()

    def _having(self, role: str) -> list[int]:
        return [frame for frame, (given, _) in self.roles.items() if given == role]

    def _free(self) -> list[int]:
        return [frame for frame in self.fit if self.roles[frame][0] == "left"]

    def _distances(self, frames: Sequence[int], chosen: Sequence[int]) -> Values:
        """How unlike each of the frames is to the chosen one that is most like it."""
        all_frames, all_chosen = (np.stack([self.descriptors[frame] for frame in some]) for some in (frames, chosen))
        return np.sqrt(np.square(all_frames[:, None] - all_chosen[None]).sum(axis=-1)).min(axis=1)

    def _check_outliers(self) -> None:
        for frame in self.outliers:
            if frame not in self.roles:
                raise SettingsError(f"outlier {frame}: is in none of the shots; leave it out")
            reason = self.unfit.get(frame)
            if reason and reason.why in WITHOUT_TARGET:
                raise SettingsError(
                    f"outlier {frame}: {reason.text}; align it by hand, paint a target, or leave it out"
                )

    def _take_first_middle_last(self) -> None:
        for number, shot in enumerate(self.shots, start=1):
            fit = [frame for frame in shot if frame not in self.unfit]
            where = f" of shot {number}" if len(self.shots) > 1 else ""
            for place, wanted in (("first", shot[0]), ("middle", shot[len(shot) // 2]), ("last", shot[-1])):
                if not fit:
                    break
                frame = min(fit, key=lambda one, wanted=wanted: abs(one - wanted))
                reason = f"{place} frame{where}"
                if frame != wanted:
                    reason = f"nearest fit frame to the {reason}, {wanted} ({self.unfit[wanted].text})"
                if self.roles[frame][0] == "left":
                    self.roles[frame] = ("train", _Reason(Why.PLACE, reason))
        musts = len(self._having("train"))
        if self.settings.count is not None and self.settings.count < musts:
            raise SettingsError(
                f"count {self.settings.count}: the first, middle and last frames of {len(self.shots)} shots are "
                f"{musts} already; ask for more frames, or for fewer shots"
            )

    def _take_by_coverage(self) -> None:
        fewest, most = SCOPES[self.settings.scope]
        count = self.settings.count
        if count is None:
            # A short shot needs frames to hold out, and to recover.
            most = min(most, max(len(self.fit) // 2, 1))
            fewest = min(fewest, most)
        typical = self._typical_distance()
        while free := self._free():
            chosen = self._having("train")
            if len(chosen) >= (most if count is None else count):
                break
            distances = self._distances(free, chosen)
            farthest = int(np.argmax(distances))
            gain = float(distances[farthest]) / typical
            if count is None and len(chosen) >= fewest and gain < _LEAST_GAIN:
                break
            nearest = min(chosen, key=lambda one: self._distances([free[farthest]], [one])[0])
            reason = f"least like the frames chosen before it: {gain:.2f} of the usual difference from frame {nearest}"
            self.roles[free[farthest]] = ("train", _Reason(Why.COVERAGE, reason))

    def _typical_distance(self) -> float:
        """The mean difference of two frames that are fit: the same whichever are chosen."""
        descriptors = np.stack([self.descriptors[frame] for frame in self.fit])
        # The mean square of the distances is twice the variance.
        return max(float(np.sqrt(2 * descriptors.var(axis=0).sum())), 1e-6)

    def _take_hold_outs(self) -> None:
        train = self._having("train")
        count = self.settings.hold_outs
        if count is None:
            count = max(1, round(len(train) / TRAIN_FOR_HOLD_OUT))
        held: list[int] = []
        for _ in range(min(count, len(self._free()))):
            free = self._free()
            from_train = [min(abs(frame - other) for other in train) for frame in free]
            from_held = [min((abs(frame - other) for other in held), default=len(self.frames)) for frame in free]
            # Twice as far from the other hold-outs as from training: else all would lie in one wide gap.
            scores = [min(2 * one, two) if one > 1 else 0 for one, two in zip(from_train, from_held, strict=True)]
            best = int(np.argmax(scores))
            distance = from_train[best]
            reason = f"kept out of training, {distance} frames from the nearest frame of it"
            if distance == 1:
                reason = "kept out of training, though beside a frame of it: no other frame is left"
            held.append(free[best])
            self.roles[free[best]] = ("hold-out", _Reason(Why.HELD_OUT, reason))

    def _take_outliers(self) -> None:
        for frame in self.outliers:
            role, _ = self.roles[frame]
            if role == "train":
                continue
            was = ", no hold-out any more" if role == "hold-out" else ""
            fault = f", though {self.unfit[frame].text}" if frame in self.unfit else ""
            self.roles[frame] = ("train", _Reason(Why.ASKED_FOR, f"outlier that was asked for{was}{fault}"))

    def _take_preview(self) -> None:
        """What training has seen least of; it needs no reference."""
        free = [frame for frame, (role, reason) in self.roles.items() if role == "left" and reason.why not in SPOILT]
        if free:
            distances = self._distances(free, self._having("train"))
            reason = _Reason(Why.PREVIEWED, "least like the frames to train on")
            self.roles[free[int(np.argmax(distances))]] = ("preview", reason)

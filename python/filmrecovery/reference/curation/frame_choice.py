"""Which of many frames stand for all of them, by what tells them apart, and the reason for each."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.pair_roles import optional_frames
from filmrecovery.picture.arrays import Values
from filmrecovery.reference.curation.selection_file import SPOILT, WITHOUT_TARGET, Why
from filmrecovery.reference.curation.selection_settings import SCOPES, TRAIN_FOR_HOLD_OUT, SelectSettings

_LOG = logging.getLogger(__name__)

# A frame is worth training on while it is farther from all others than this part of how far frames are on the whole.
_LEAST_GAIN = 0.35


@dataclass(frozen=True)
class Reason:
    """Why a frame has its role, or is not fit: the kind, which decides, and the text for people."""

    why: Why
    text: str


def warn_of_few(settings: SelectSettings, shots: Sequence[Collection[int]]) -> None:
    """Warns, before the work on which a choice waits, of a number that the frames of so many shots will exceed.

    It is no error yet: frames that turn out unfit, or that the reference lacks, are not chosen.
    """
    musts = sum(min(len(shot), 3) for shot in shots)
    if settings.count is not None and settings.count < musts:
        _LOG.warning(
            "count %d: the first, middle and last frames of %d shots are %d, so that the choice of frames will fail "
            "unless enough of these are unfit; ask for more frames, or for fewer shots",
            settings.count,
            len(shots),
            musts,
        )


class FrameChoice:
    """The roles as they are given out; no step changes what the steps before it chose.

    `frames` are those of all `shots`, in ascending order; `descriptors` (numbers,) float64 tell them apart. `roles` has
    the role of each frame, or "left", and the reason.
    """

    def __init__(
        self,
        settings: SelectSettings,
        shots: list[tuple[int, ...]],
        frames: tuple[int, ...],
        unfit: dict[int, Reason],
        descriptors: dict[int, Values],
    ) -> None:
        self.settings, self.shots, self.frames, self.unfit = settings, shots, frames, unfit
        self.descriptors = descriptors
        self.fit = [frame for frame in frames if frame not in unfit]
        like_chosen = Reason(Why.LIKE_CHOSEN, "like frames that were chosen")
        self.roles = {frame: ("left", unfit.get(frame, like_chosen)) for frame in frames}
        self.outliers = [frame for frame in optional_frames(settings.outliers)]

    def choose(self) -> None:
        """Gives every frame its role. Raises as `select_frames` does."""
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
        of_frames = np.stack([self.descriptors[frame] for frame in frames])
        nearest = np.full(len(of_frames), np.inf)
        for frame in chosen:
            # One at a time: all differences of a feature's frames at once fill any memory.
            nearest = np.minimum(nearest, np.sqrt(np.square(of_frames - self.descriptors[frame]).sum(axis=-1)))
        return nearest

    def _farthest(self, frames: Sequence[int], chosen: Sequence[int]) -> int:
        """The first of the frames that are farthest by `_distances`."""
        places, are_chosen = {frame: index for index, frame in enumerate(frames)}, set(chosen)
        at_most = np.full(len(frames), np.inf)
        for shot in self.shots:
            within = [frame for frame in shot if frame in places]
            of_shot = [frame for frame in shot if frame in are_chosen]
            if within and of_shot:
                at_most[[places[frame] for frame in within]] = self._distances(within, of_shot)
        # The frames of another shot may only be nearer: of a feature few frames have to be held against all chosen.
        of_chosen = np.stack([self.descriptors[frame] for frame in chosen])
        best, farthest = -np.inf, 0
        for index in np.argsort(-at_most, kind="stable").tolist():
            if at_most[index] < best:
                break
            off = of_chosen - self.descriptors[frames[index]]
            distance = float(np.sqrt(np.square(off).sum(axis=-1)).min())
            if distance > best or (distance == best and index < farthest):
                best, farthest = distance, index
        return frames[farthest]

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
                    self.roles[frame] = ("train", Reason(Why.PLACE, reason))
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
        free, chosen = self._free(), self._having("train")
        wanted = most if count is None else count
        if len(chosen) >= wanted or not free:
            return
        distances = self._distances(free, chosen)
        for _ in range(min(wanted - len(chosen), len(free))):
            farthest = int(np.argmax(distances))
            gain = float(distances[farthest]) / typical
            if count is None and len(chosen) >= fewest and gain < _LEAST_GAIN:
                break
            frame = free[farthest]
            nearest = min(chosen, key=lambda one, frame=frame: self._distances([frame], [one])[0])
            reason = f"least like the frames chosen before it: {gain:.2f} of the usual difference from frame {nearest}"
            self.roles[frame] = ("train", Reason(Why.COVERAGE, reason))
            chosen = self._having("train")
            distances = np.minimum(distances, self._distances(free, [frame]))
            # It is not free any more.
            distances[farthest] = -np.inf

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
        free, edges = np.array(self._free()), np.array([-np.inf, *train, np.inf])
        after = np.searchsorted(edges, free)
        from_train = np.minimum(free - edges[after - 1], edges[after] - free)
        from_held = np.full(len(free), np.inf)
        for _ in range(min(count, len(free))):
            # Twice as far from the other hold-outs as from training: else all would lie in one wide gap.
            apart = np.where(np.isinf(from_held), len(self.frames), from_held)
            scores = np.where(from_train > 1, np.minimum(2 * from_train, apart), 0)
            # Those that are held out are not free any more.
            best = int(np.argmax(np.where(from_held > 0, scores, -1)))
            distance, frame = int(from_train[best]), int(free[best])
            from_held = np.minimum(from_held, np.abs(free - frame))
            reason = f"kept out of training, {distance} frames from the nearest frame of it"
            if distance == 1:
                reason = "kept out of training, though beside a frame of it: no other frame is left"
            self.roles[frame] = ("hold-out", Reason(Why.HELD_OUT, reason))

    def _take_outliers(self) -> None:
        for frame in self.outliers:
            role, _ = self.roles[frame]
            if role == "train":
                continue
            was = ", no hold-out any more" if role == "hold-out" else ""
            fault = f", though {self.unfit[frame].text}" if frame in self.unfit else ""
            self.roles[frame] = ("train", Reason(Why.ASKED_FOR, f"outlier that was asked for{was}{fault}"))

    def _take_preview(self) -> None:
        """What training has seen least of; it needs no reference."""
        free = [frame for frame, (role, reason) in self.roles.items() if role == "left" and reason.why not in SPOILT]
        if free:
            reason = Reason(Why.PREVIEWED, "least like the frames to train on")
            self.roles[self._farthest(free, self._having("train"))] = ("preview", reason)

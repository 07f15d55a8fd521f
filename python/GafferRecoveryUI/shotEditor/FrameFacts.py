import itertools
from dataclasses import dataclass

from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.pair_roles import ROLES

LEFT = "left"
"""The role of a frame that is not used."""

ROLE_NAMES = {"train": "trained on", "hold-out": "held out", "preview": "previewed", LEFT: "left out"}


@dataclass(frozen=True)
class FrameFacts:
    """What the files of a stage tell of a frame of the source. None where no file tells.

    `timing` says how the reference goes on from the frame before: "" steadily, "none" where it lacks the frame,
    "doubled" where it stands still, "dropped" where it leaves frames out. `confidence` is that of the match, 0..1;
    `error` that of the alignment in pixels, and `flagged` why it is doubtful. `role` is empty where nobody has chosen
    frames yet. `unfit` says that the frame cannot or should not be trained on. `doubt` is the error to be expected of
    the recovery, a share of the range. `fails` says what is wrong with it, `severity` by how much, as a multiple of the
    limit, and `outlier` that training on it helps.
    """

    frame: int
    shot: int = 0
    reference: int | None = None
    matched: bool = False
    timing: str = ""
    confidence: float | None = None
    error: float | None = None
    flagged: str = ""
    role: str = LEFT
    reason: str = ""
    unfit: bool = False
    doubt: float | None = None
    fails: str = ""
    severity: float | None = None
    outlier: bool = False

    def sentences(self) -> list[str]:
        """The same in words."""
        found = [f"Frame {self.frame}"]
        if self.matched:
            shown = "no frame of the reference shows it" if self.reference is None else f"reference {self.reference}"
            doubled = {"doubled": ", the same as before", "dropped": ", frames before it are left out"}
            sure = f", confidence {self.confidence:.2f}" if self.confidence is not None else ""
            found.append(f"{shown}{doubled.get(self.timing, '')}{sure}")
        if self.error is not None:
            found.append(f"alignment error {self.error:.2f} pixels" + (f": {self.flagged}" if self.flagged else ""))
        if self.role:
            found.append(ROLE_NAMES[self.role] + (f": {self.reason}" if self.reason else ""))
        if self.doubt is not None:
            found.append(f"expected error of the recovery {100 * self.doubt:.1f} %")
        if self.fails:
            found.append(f"fails: {self.fails}" + ("; training on it would help" if self.outlier else ""))
        return found


@dataclass(frozen=True)
class ShotFacts:
    """What is known of the frames of a stage, in the order of their numbers.

    `byHand` says whether the roles were named by hand. `threshold` is the alignment error in pixels above which a frame
    is doubtful. `passed` is the verdict of the report, and None where there is none. `faults` are sentences on files
    that cannot be read.
    """

    frames: tuple[FrameFacts, ...] = ()
    byHand: bool = False
    threshold: float | None = None
    passed: bool | None = None
    faults: tuple[str, ...] = ()

    def spans(self) -> list[tuple[int, int]]:
        """For each shot the place of its first frame, and that after its last one."""
        starts = [
            index for index, facts in enumerate(self.frames) if index == 0 or facts.shot != self.frames[index - 1].shot
        ]
        return list(itertools.pairwise([*starts, len(self.frames)]))

    def roles(self) -> dict[int, str]:
        """The role of each frame that is used, by its number."""
        return {facts.frame: facts.role for facts in self.frames if facts.role in ROLES}

    def summary(self) -> str:
        """The whole in a line."""
        if not self.frames:
            return "No frames."
        count = {role: sum(facts.role == role for facts in self.frames) for role in ROLES}
        chosen = "named by hand" if self.byHand else "chosen"
        roles = f"{count['train']} trained on and {count['hold-out']} held out, {chosen}"
        parts = [f"{len(self.frames)} frames", roles if any(facts.role for facts in self.frames) else "none chosen yet"]
        lacking = [facts.frame for facts in self.frames if facts.matched and facts.reference is None]
        flagged = [facts.frame for facts in self.frames if facts.flagged]
        failing = [facts.frame for facts in self.frames if facts.fails]
        if lacking:
            parts.append(f"without a reference: {format_frames(lacking)}")
        if flagged:
            parts.append(f"doubtful alignment: {format_frames(flagged)}")
        if self.passed is not None:
            fails = f", {len(failing)} frames fail" if failing else ""
            parts.append(f"report {'passed' if self.passed else 'failed'}{fails}")
        return "  ·  ".join(parts)

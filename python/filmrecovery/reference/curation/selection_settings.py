"""What can be chosen about the selection of frames, apart from the stage: reading it does not wait for torch."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting

SCOPES = {"shot": (4, 9), "scene": (12, 24), "sequence": (24, 64)}
"""How many frames to train on, at least and at most, where the user names no number."""

TRAIN_FOR_HOLD_OUT = 4
"""Frames to train on for each one that is held out, where the user names no number."""


@dataclass(frozen=True)
class SelectSettings:
    """How many frames are wanted, which have to be among them, and how they are looked at."""

    scope: str = setting(
        "shot",
        "what the frames stand for, from which their number follows: "
        + ", ".join(f"{fewest} to {most} for a {scope}" for scope, (fewest, most) in SCOPES.items()),
        choices=tuple(SCOPES),
    )
    count: int | None = setting(
        None,
        "number of frames to train on (default: as many as add much, within the limits of the scope)",
        minimum=1,
        maximum=1000,
    )
    hold_outs: int | None = setting(
        None,
        f"number of frames kept out of training (default: one for every {TRAIN_FOR_HOLD_OUT} to train on)",
        minimum=0,
        maximum=1000,
    )
    outliers: str = setting("", "frames with a bad result, to train on in addition to the chosen frames")
    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space to look at them in")

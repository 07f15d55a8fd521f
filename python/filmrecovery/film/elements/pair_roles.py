"""Which frames of a shot become pairs, and for what. Standard library alone, so that Gaffer can ask before any work."""

from filmrecovery.base.errors import SettingsError
from filmrecovery.film.elements.frame_numbers import parse_frames

ROLES = ("train", "hold-out", "preview")


def pair_roles(frames: str, hold_out_frames: str = "", preview_frames: str = "") -> dict[int, str]:
    """The role of each frame of the three ranges, in the order of the frame numbers.

    Raises SettingsError for a bad range, for no frames to train on, and for a frame with two roles.
    """
    roles: dict[int, str] = {}
    named = (parse_frames(frames), optional_frames(hold_out_frames), optional_frames(preview_frames))
    for role, numbers in zip(ROLES, named, strict=True):
        for frame in numbers:
            if frame in roles:
                raise SettingsError(f"frame {frame} is both a {roles[frame]} and a {role} frame; leave one out")
            roles[frame] = role
    return dict(sorted(roles.items()))


def optional_frames(text: str) -> tuple[int, ...]:
    """Frame numbers of a range that may be empty. Raises SettingsError as `parse_frames` does."""
    return parse_frames(text) if text.strip() else ()

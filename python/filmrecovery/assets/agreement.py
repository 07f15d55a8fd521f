"""What a user says of an element beside what the asset manager says of it.

What the user leaves open is taken from the manager. Where both speak and disagree, it is an error and no warning: one
of them is wrong, a wrong colour space gives a picture that looks right at first, and hours of work would rest on it.
Whoever knows better than the manager names the files and no reference.

Standard library alone, so that Gaffer's own process can load it: who asks says how names of colour spaces are compared.
"""

from collections.abc import Callable

from filmrecovery.assets.asset import Asset
from filmrecovery.base.errors import SettingsError, named
from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames

_REMEDY = "leave yours out, correct the asset, or name its files in place of the reference"


def agreed_space(by_user: str | None, by_manager: str, reference: str, same: Callable[[str, str], bool]) -> str | None:
    """The colour space of the files; None where nobody names one.

    `by_manager` is what the manager says of the reference, empty where it says nothing. `same` tells whether two names
    are of one space. Raises SettingsError where both speak and disagree.
    """
    if not by_user or not by_manager:
        return by_user or by_manager or None
    if by_user != by_manager and not same(by_user, by_manager):
        raise SettingsError(
            f"{reference}: its asset manager says the colour space '{by_manager}', but you say '{by_user}'; {_REMEDY}"
        )
    return by_user


def agreed_frames(by_user: str | None, asset: Asset) -> str | None:
    """The frames to take; None where nobody says. Raises SettingsError where the user names some that it lacks."""
    if not by_user:
        return asset.frames or None
    if asset.all_frames:
        with named(asset.reference):
            lacking = set(parse_frames(by_user)).difference(parse_frames(asset.all_frames))
        if lacking:
            raise SettingsError(
                f"{asset.reference}: its asset manager says the frames {asset.all_frames}, but you ask for "
                f"{format_frames(lacking)}; {_REMEDY}"
            )
    return by_user

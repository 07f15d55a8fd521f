"""Settings of a delivery. Standard library alone."""

import dataclasses
from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import SettingsError

MASTERS = ("zip", "dwaa", "aces")
"""The encodings that are delivered: half float, all of them ACES2065-1."""

REVIEWS = ("mp4", "png", "none")


@dataclass(frozen=True)
class DeliverSettings:
    """What is delivered of which shot, and what the review is seen through."""

    film: str = setting(dataclasses.MISSING, "title of the film, in the names of folder and files")
    shot: str = setting(dataclasses.MISSING, 'name of the shot, in these names too, such as "MK_010"')
    version: int | None = setting(
        None, "version of the delivery (default: the one of these inputs, or the next that is free)", minimum=1
    )
    masters: str = setting("zip", f"encodings of the masters, one or more of {', '.join(MASTERS)}, by commas")
    review: str = setting("mp4", "a movie (MPEG-4), PNG frames of 16 bit, or none", choices=REVIEWS)
    display: str = setting("sRGB - Display", "OCIO display that the review is made for")
    view: str = setting("Un-tone-mapped", "OCIO view of that display; the default shows a scan as it is")
    width: int = setting(1920, "pixels across the review, at most; larger frames are reduced", minimum=16)
    rate: float = setting(24.0, "frames of the movie in a second", minimum=1.0, maximum=120.0)

    @property
    def presets(self) -> tuple[str, ...]:
        """The encodings of the masters. Raises SettingsError for an unknown one, and where there is none."""
        presets = tuple(dict.fromkeys(part.strip() for part in self.masters.split(",")))
        for preset in presets:
            if preset not in MASTERS:
                raise SettingsError(f"masters '{self.masters}': '{preset}' is not one of {', '.join(MASTERS)}")
        return presets

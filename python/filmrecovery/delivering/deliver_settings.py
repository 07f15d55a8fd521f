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
    """Which shot is delivered, in which formats, and the display that the review is made for."""

    film: str = setting(dataclasses.MISSING, "title of the film, in the names of folder and files")
    shot: str = setting(dataclasses.MISSING, 'name of the shot, such as "MK_010", also in these names')
    version: int | None = setting(
        None,
        "version of the delivery (default: the version made from these inputs, or the next free one)",
        minimum=1,
        maximum=9999,
    )
    masters: str = setting("zip", f"encodings of the masters, one or more of {', '.join(MASTERS)}, separated by commas")
    review: str = setting("mp4", "a movie (MPEG-4), PNG frames of 16 bit, or none", choices=REVIEWS)
    display: str = setting("sRGB - Display", "OCIO display that the review is made for")
    view: str = setting("Un-tone-mapped", "OCIO view of that display; the default shows a scan as it is")
    width: int = setting(
        1920, "greatest width of the review in pixels; larger frames are reduced", minimum=16, maximum=16384
    )
    rate: float = setting(24.0, "frames per second of the movie", minimum=1.0, maximum=120.0)

    @property
    def presets(self) -> tuple[str, ...]:
        """The encodings of the masters. Raises SettingsError for an unknown one, and where there is none."""
        presets = tuple(dict.fromkeys(part.strip() for part in self.masters.split(",")))
        for preset in presets:
            if preset not in MASTERS:
                raise SettingsError(f"masters '{self.masters}': '{preset}' is not one of {', '.join(MASTERS)}")
        return presets

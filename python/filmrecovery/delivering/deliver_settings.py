"""Settings of a delivery. Standard library alone."""

import dataclasses
from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import SettingsError

EXR_MASTERS = ("zip", "dwaa", "aces")
"""Half float, all of them ACES2065-1."""
DPX_MASTER = "dpx"
LOSSLESS_MOVIES = ("ffv1-10", "ffv1-12", "ffv1-16")
MOVIE_MASTERS = (*LOSSLESS_MOVIES, "prores-4444", "prores-422hq")
MASTERS = (*EXR_MASTERS, DPX_MASTER, *MOVIE_MASTERS)
CODE_MASTERS = (DPX_MASTER, *LOSSLESS_MOVIES)
"""Those that hold whole numbers, in the space that is asked for."""

BAG = "bagit"
PACKAGES = ("folder", BAG)

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
    code_space: str | None = setting(
        None,
        "colour space of the masters dpx and ffv1, which need one: that of the scan, to have it as scanned, or ADX10 "
        "for 10-bit log",
    )
    package: str = setting(
        "folder",
        "folder: the files in a folder with a hash list; bagit: the same as a BagIt bag for an archive, with PREMIS "
        "events",
        choices=PACKAGES,
    )
    review: str = setting("mp4", "a movie (MPEG-4), PNG frames of 16 bit, or none", choices=REVIEWS)
    display: str = setting("sRGB - Display", "OCIO display that the review is made for")
    view: str = setting("Un-tone-mapped", "OCIO view of that display; the default shows a scan as it is")
    width: int = setting(
        1920, "greatest width of the review in pixels; larger frames are reduced", minimum=16, maximum=16384
    )
    rate: float = setting(
        24.0,
        "frames per second of the review, and of movie masters where the frames do not say theirs",
        minimum=1.0,
        maximum=120.0,
    )

    @property
    def presets(self) -> tuple[str, ...]:
        """The encodings of the masters, in the order in which they are asked for.

        Raises SettingsError for an unknown one, and where there is none.
        """
        presets = tuple(dict.fromkeys(part.strip() for part in self.masters.split(",")))
        for preset in presets:
            if preset not in MASTERS:
                raise SettingsError(f"masters '{self.masters}': '{preset}' is not one of {', '.join(MASTERS)}")
        return presets

"""An element as a project file names it: numbered frames, or a movie that is unpacked into such first."""

from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import SettingsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.movies.unpack_settings import UnpackSettings

MOVIES_FOLDER = "movies"
"""Under the folder of the results: the frames of each element that is a movie, in a folder of its name."""


@dataclass(frozen=True, kw_only=True)
class ProjectElement(Element):
    """A copy of the film: frames, or a movie that is unpacked first."""

    pattern: str = setting(
        "",
        'its files, such as "scans/print.####.exr", or the reference of an asset, which may say frames and space; a '
        "movie has none",
    )
    movie: str | None = setting(
        None, 'the movie that it is, such as "scans/video.mkv": its frames are unpacked first, and count from 1'
    )
    unpack: UnpackSettings = setting(UnpackSettings(), "how the movie is read, and what it does not say; a table")

    def __post_init__(self) -> None:
        """Raises SettingsError for a pattern without exactly one placeholder."""
        # That of a movie's frames follows from the folder of the results.
        if self.pattern:
            super().__post_init__()

    def as_frames(self) -> Element:
        """The numbered frames alone, as records of the stages name them."""
        return Element(self.pattern, self.frames, self.space, self.name, self.entity)

    def check_files(self) -> None:
        """Raises SettingsError where the element, as the project file has it, names no files, or two kinds of them."""
        if bool(self.movie) == bool(self.pattern):
            raise SettingsError("expected one of the keys 'pattern' (of numbered frames) and 'movie'")
        if self.unpack != UnpackSettings() and not self.movie:
            raise SettingsError("key 'unpack' is for a movie; name that by the key 'movie', or leave 'unpack' out")


def frames_of_movie(output: str, name: str) -> str:
    """The pattern of the frames that are made of an element's movie, under the folder of the results."""
    return str(Path(output) / MOVIES_FOLDER / name / f"{name}.####.exr")

"""Elements of a project that are movies become numbered frames, which its stages read."""

from pathlib import Path

from filmrecovery.base.errors import named
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.movies.unpack import unpack
from filmrecovery.project.project_file import Project


def unpack_movies(project: Project) -> None:
    """Unpacks the frames of each element that is a movie, unless that is done.

    Raises SettingsError, ElementError, RunError and OutputError as `unpack` does.
    """
    for name, element in project.elements.items():
        if element.movie:
            with named(f"element '{name}'"):
                frames = format_frames(element.frames)
                unpack(element.unpack, Path(element.movie), element.pattern, frames, element.space)

"""Of which pictures of a movie a frame of the film is. Standard library alone."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import HIGHEST_FRAME


@dataclass(frozen=True)
class FilmFrame:
    """The pictures of the movie, counted from 0, that its top and its bottom field are in; None where a cut lost it."""

    top: int | None = setting(None, "picture of its top field", minimum=0, maximum=HIGHEST_FRAME)
    bottom: int | None = setting(None, "picture of its bottom field", minimum=0, maximum=HIGHEST_FRAME)

"""What a movie says of its curve and its primaries, held against the colour space that the user gave.

No value is changed by it: movies often say it wrongly. But then someone should know.
"""

import logging
from pathlib import Path

from filmrecovery.film.movies.movie_facts import MovieFacts
from filmrecovery.picture import colour
from filmrecovery.picture.curve_kinds import DISPLAY, HDR, LINEAR, LOG

_LOG = logging.getLogger(__name__)
_CURVES = {"linear": LINEAR, "log": LOG, "pq": HDR, "hlg": HDR}
"""By names of `MovieFacts`; all others are curves of displays."""
_WIDE = ("bt2020", "p3", "p3d65", "xyz")
_LIKE_REC709 = ("bt709", "bt470bg", "smpte170m", "smpte240m")
"""The primaries of television before, which differ little."""


def warn_of_colour(movie: Path, facts: MovieFacts, space: str) -> None:
    """Warns where a movie says another kind of curve, or other primaries, than the space has.

    Where no space is given, it warns of what is not read right as video of Rec.709.
    """
    differ = [problem for problem in (_curve_problem(facts, space), _primaries_problem(facts, space)) if problem]
    if differ and space:
        _LOG.warning(
            "%s: %s; no colour is converted, and the space counts: look at a frame, and give another space if it looks "
            "wrong",
            movie,
            ", and ".join(differ),
        )
    elif differ:
        _LOG.warning("%s: %s; give such a colour space wherever its frames are read", movie, ", and ".join(differ))


def _curve_problem(facts: MovieFacts, space: str) -> str:
    if not facts.transfer:
        return ""
    movie_curve = _CURVES.get(facts.transfer, DISPLAY)
    space_curve = colour.curve_of(space) if space else DISPLAY
    if not space_curve or space_curve == movie_curve:
        return ""
    words = f"says that its values are {movie_curve} (transfer {facts.transfer})"
    return f"{words}, and the space '{space}' is {space_curve}" if space else words


def _primaries_problem(facts: MovieFacts, space: str) -> str:
    primaries = facts.primaries or (facts.matrix if facts.matrix in _WIDE else "")
    if primaries not in (*_WIDE, *_LIKE_REC709):
        return ""
    is_wide = colour.is_wider_than_rec709(space) if space else False
    if is_wide is None or is_wide == (primaries in _WIDE):
        return ""
    words = f"says that its primaries are {primaries}"
    if not space:
        return words
    return f"{words}, and those of the space '{space}' are {'wider' if is_wide else 'those of Rec.709, or near them'}"

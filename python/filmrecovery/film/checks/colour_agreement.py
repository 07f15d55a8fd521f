"""What the headers of an element say of its colour, held against each other and against the space that the user gave.

No value is changed by it: headers are often wrong. But then someone should know.
"""

import logging
from collections import Counter
from collections.abc import Mapping

from filmrecovery.film.elements.element import Element
from filmrecovery.film.headers.stated_colour import StatedColour
from filmrecovery.picture import colour

_LOG = logging.getLogger(__name__)
_PRIMARIES = {False: "those of Rec.709, or near them", True: "wider than those of Rec.709"}


def colour_problems(element: Element, stated: Mapping[int, StatedColour]) -> dict[int, str]:
    """By frame number, what is wrong: another colour than most frames say, of those that say any."""
    counted = Counter(header.words for header in stated.values() if header.words)
    if len(counted) < 2:
        return {}
    expected = counted.most_common(1)[0][0]
    return {
        frame: (
            f"{element.path(frame)}: its header says of the colour: {header.words}; expected {expected} as in most "
            f"frames: convert it, or correct the header (frame {frame})"
        )
        for frame, header in stated.items()
        if header.words and header.words != expected
    }


def warn_of_colour(element: Element, stated: Mapping[int, StatedColour]) -> None:
    """Warns where headers that say nothing of the colour stand beside others, say another curve or primaries than the
    space, or codes of limited range."""
    if limited := [frame for frame, header in stated.items() if header.range]:
        _LOG.warning(
            "%s: the header says that the codes of black and white are %s, as those of video are, and black and white "
            "are read at the ends of all codes: look at a frame, and write the files again with full range if it looks "
            "flat (%d of %d frames)",
            *(element.path(limited[0]), stated[limited[0]].range, len(limited), len(stated)),
        )
    telling = [frame for frame, header in stated.items() if header.words]
    if not telling:
        return
    if silent := [frame for frame, header in stated.items() if not header.words]:
        odd = min(silent, telling, key=len)[0]
        _LOG.warning(
            "%s: the headers of %d frames say of the colour %s, those of %d say nothing; all are read alike: look "
            "whether they look alike (frame %d)",
            *(element.path(odd), len(telling), stated[telling[0]].words, len(silent), odd),
        )
    header = stated[telling[0]]
    space_curve = colour.curve_of(element.space) if header.curve and element.space else ""
    if space_curve and space_curve != header.curve:
        _LOG.warning(
            "%s: the header says that the values are %s (%s), and the space '%s' is %s; the space counts: look at a "
            "frame, and give another space if it looks wrong",
            element.path(telling[0]),
            header.curve,
            header.words,
            element.space,
            space_curve,
        )
    elif header.wide is not None and element.space:
        is_wide = colour.is_wider_than_rec709(element.space)
        if is_wide is not None and is_wide != header.wide:
            _LOG.warning(
                "%s: the header says that the primaries are %s (%s), and those of the space '%s' are %s; the space "
                "counts: look at a frame, and give another space if its colours look wrong",
                *(element.path(telling[0]), _PRIMARIES[header.wide], header.words, element.space, _PRIMARIES[is_wide]),
            )

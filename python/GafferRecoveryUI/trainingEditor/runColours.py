"""The colours that tell the selected runs apart, in the table and in the curves."""

from collections.abc import Sequence
from pathlib import Path

from Qt import QtGui

_COLOURS = ("#5ab4f0", "#f0a030", "#5fd38d", "#e77fb8", "#f2e05a", "#e8643c", "#a99bff", "#c8c8c8")
"""Told apart on dark grey, with most kinds of colour blindness too."""
_SHADES = (100, 160, 65)
"""Per cent of the colour's darkness. No dashes: Qt takes seconds to draw those of twenty noisy curves."""


class RunColours:
    """Gives each selected run a colour, which it keeps as long as it is selected."""

    def __init__(self) -> None:
        self.__places: dict[Path, int] = {}

    def choose(self, runs: Sequence[Path]) -> None:
        """Gives the runs their colours, and frees those of all others."""
        self.__places = {run: place for run, place in self.__places.items() if run in runs}
        for run in runs:
            if run not in self.__places:
                self.__places[run] = min(set(range(len(runs))) - set(self.__places.values()))

    def colour(self, run: Path) -> QtGui.QColor | None:
        """The colour of a run; None of one that is not selected. After eight they come again, darker, then lighter."""
        place = self.__places.get(run)
        if place is None:
            return None
        return QtGui.QColor(_COLOURS[place % len(_COLOURS)]).darker(_SHADES[place // len(_COLOURS) % len(_SHADES)])

from typing import Any

import Gaffer
import GafferUI

from filmrecovery.training.runs.train_settings import MOST_STEPS


class LengthDialogue(GafferUI.Dialogue):
    """Asks for the length of a training in steps."""

    def __init__(self, steps: int, done: int) -> None:
        GafferUI.Dialogue.__init__(self, "Length of the Training", sizeMode=GafferUI.Window.SizeMode.Fixed)
        with GafferUI.ListContainer(spacing=8) as column:
            GafferUI.Label(
                f"Steps in all; {done:,} are done. A training that runs takes the new length at once.\n"
                "One that does not run takes it when it is started again."
            )
            self.__steps = GafferUI.NumericWidget(steps)
        self._setWidget(column)
        self._addButton("Cancel")
        self.__confirm = self._addButton("Set Length")
        self.__steps.activatedSignal().connect(Gaffer.WeakMethod(self.__activated))

    def waitForSteps(self, **kw: Any) -> int | None:
        """The length; None where the artist cancels, or names one that no training can have."""
        self.__steps.grabFocus()
        if self.waitForButton(**kw) is not self.__confirm:
            return None
        steps = self.__steps.getValue()
        return steps if 1 <= steps <= MOST_STEPS else None

    def __activated(self, widget: GafferUI.NumericWidget) -> None:
        self.__confirm.clickedSignal()(self.__confirm)

from typing import Any

import Gaffer
import GafferUI
from Qt import QtWidgets

from GafferRecovery.engine import assetManager
from GafferRecovery.plugs import sentences


class AssetChooserDialogue(GafferUI.Dialogue):
    """A window in which the asset manager shows its assets, by what it brings for that."""

    def __init__(self, reference: str, **kw: Any) -> None:
        """`reference` is where it begins. Raises IECore.Exception where the manager offers nothing to choose in."""
        GafferUI.Dialogue.__init__(self, "Choose an Asset", **kw)
        self.__reference = ""
        container = GafferUI.Widget(QtWidgets.QWidget())
        self._setWidget(container)
        self._addButton("Cancel")
        self.__choose = self._addButton("Choose")
        self.__choose.setEnabled(False)
        with sentences.ofEngine():
            # Not the method itself: what the manager holds would keep this window alive.
            chosen = Gaffer.WeakMethod(self.__chosen, fallbackResult=None)
            self.__chooser = assetManager.chooser(container._qtWidget(), reference, chosen)

    def waitForReference(self, parentWindow: GafferUI.Window | None = None) -> str:
        """Shows the window until it is closed, and returns the reference that was chosen; empty where it is none."""
        button = self.waitForButton(parentWindow=parentWindow)
        self.__chooser.close()
        return self.__reference if button is self.__choose else ""

    def __chosen(self, reference: str) -> None:
        self.__reference = reference
        self.__choose.setEnabled(bool(reference))

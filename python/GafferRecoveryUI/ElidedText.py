from typing import Any

import GafferUI
from Qt import QtCore, QtGui, QtWidgets


class ElidedText(GafferUI.Widget):
    """A line of text that ends in dots where there is no room for all of it."""

    def __init__(self, **kw: Any) -> None:
        self.__text = _Text()
        GafferUI.Widget.__init__(self, self.__text, **kw)

    def setText(self, text: str) -> None:
        self.__text.setWhole(text)


class _Text(QtWidgets.QLabel):
    def __init__(self) -> None:
        QtWidgets.QLabel.__init__(self)
        self.__whole = ""
        # It takes what room there is, and asks for none.
        self.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Preferred)

    def setWhole(self, text: str) -> None:
        self.__whole = text
        self.setText(self.fontMetrics().elidedText(text, QtCore.Qt.ElideRight, self.width()))

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        QtWidgets.QLabel.resizeEvent(self, event)
        self.setWhole(self.__whole)

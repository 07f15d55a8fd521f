import math
from typing import Any

import GafferUI
from Qt import QtCore, QtGui, QtWidgets

# As the labels of Gaffer, whose style sheet knows no such widget.
_STYLE = "background: transparent; border: none; padding: 0; font: 10px; selection-background-color: rgb(119, 156, 189)"
_COLOR, _FAULT_COLOR = "rgb(224, 224, 224)", "rgb(224, 166, 80)"


class WrappedText(GafferUI.Widget):
    """A text that is shown whole at every width, over as many lines as it takes. It can be selected.

    A label breaks lines between words alone, and cuts what is longer than a line: a path, as a rule. With `leastLines`
    it keeps the room of so many lines for a text that often changes, so that what lies above does not move.
    """

    def __init__(self, leastLines: int = 1, **kw: Any) -> None:
        self.__text = _Text(leastLines)
        GafferUI.Widget.__init__(self, self.__text, **kw)
        self.__shown: tuple[str, bool] | None = None
        self.setText("")

    def setText(self, text: str, fault: bool = False) -> None:
        """Shows a text, in the colour of faults where it is one."""
        if (text, fault) == self.__shown:
            # What somebody selects stays selected.
            return
        self.__shown = text, fault
        self.__text.setStyleSheet(f"{_STYLE}; color: {_FAULT_COLOR if fault else _COLOR}")
        self.__text.setPlainText(text)
        self.__text.fit()

    def getText(self) -> str:
        return self.__text.toPlainText()


class _Text(QtWidgets.QTextEdit):
    def __init__(self, leastLines: int) -> None:
        QtWidgets.QTextEdit.__init__(self)
        self.__leastLines = leastLines
        self.setReadOnly(True)
        self.setWordWrapMode(QtGui.QTextOption.WrapAtWordBoundaryOrAnywhere)
        self.setFrameShape(QtWidgets.QFrame.NoFrame)
        self.document().setDocumentMargin(0)
        self.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(QtCore.Qt.ScrollBarAlwaysOff)
        self.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Fixed)
        # Keys go on to the window, and the tabulator passes by.
        self.setFocusPolicy(QtCore.Qt.ClickFocus)

    def fit(self) -> None:
        """Takes the height of its lines."""
        least = self.__leastLines * self.fontMetrics().lineSpacing()
        self.setFixedHeight(math.ceil(max(least, self.document().size().height())))

    def minimumSizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(0, self.height())

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        QtWidgets.QTextEdit.resizeEvent(self, event)
        self.fit()

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        # It scrolls what this text lies in.
        event.ignore()

from Qt import QtGui, QtWidgets

BACKGROUND, GROUND = QtGui.QColor(52, 52, 52), QtGui.QColor(38, 38, 38)
TEXT, FAINT = QtGui.QColor(224, 224, 224), QtGui.QColor(150, 150, 150)


class StillWidget(QtWidgets.QWidget):
    """A widget that is drawn by hand, most of which stays the same while the mouse moves.

    That is drawn once, into a picture. A subclass says in `_drawStill` how, and in `_drawOver` what lies over it.
    """

    def __init__(self) -> None:
        QtWidgets.QWidget.__init__(self)
        self.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Expanding)
        self.setMouseTracking(True)
        self.__picture: QtGui.QPixmap | None = None

    def redraw(self) -> None:
        """Draws all again; `update` draws only what lies over the picture."""
        self.__picture = None
        self.update()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        self.redraw()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        if self.__picture is None:
            self.__picture = self.__drawn()
        painter = QtGui.QPainter(self)
        painter.drawPixmap(0, 0, self.__picture)
        self._drawOver(painter)
        painter.end()

    def _drawStill(self, painter: QtGui.QPainter) -> None:
        """Draws on the background what stays the same."""
        raise NotImplementedError

    def _drawOver(self, painter: QtGui.QPainter) -> None:
        """Draws what changes with the mouse."""
        raise NotImplementedError

    def __drawn(self) -> QtGui.QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QtGui.QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(BACKGROUND)
        painter = QtGui.QPainter(picture)
        painter.setFont(self.font())
        self._drawStill(painter)
        painter.end()
        return picture

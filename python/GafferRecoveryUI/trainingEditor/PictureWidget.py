from collections.abc import Callable

from Qt import QtCore, QtGui, QtWidgets

from GafferRecoveryUI.mousePlace import mousePlace
from GafferRecoveryUI.StillWidget import FAINT, GROUND

_WHEEL, _MOST_ZOOM = 1.0015, 16.0


class PictureWidget(QtWidgets.QWidget):
    """A picture, as large as there is room. The wheel zooms, the mouse drags, a double click shows the whole again.

    `clicked` is called for a click that is none of these.
    """

    def __init__(self, clicked: Callable[[], None]) -> None:
        QtWidgets.QWidget.__init__(self)
        self.__pressed: QtCore.QPointF | None = None
        self.__click = QtCore.QTimer()
        self.__click.setSingleShot(True)
        self.__click.setInterval(QtWidgets.QApplication.doubleClickInterval())
        self.__click.timeout.connect(clicked)
        # Three of them go one below the other into a panel of a small window.
        self.setMinimumSize(160, 50)
        self.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Expanding)
        self.__pixmap = QtGui.QPixmap()
        self.__text = ""
        self.__zoom, self.__offset = 1.0, QtCore.QPointF(0, 0)
        self.__dragged: QtCore.QPointF | None = None

    def setImage(self, image: QtGui.QImage) -> None:
        """Shows a picture. One of the same size as that before keeps its zoom, so that steps can be compared."""
        before = self.__pixmap.size()
        self.__pixmap, self.__text = QtGui.QPixmap.fromImage(image), ""
        if self.__pixmap.size() != before:
            self.__reset()
        self.update()

    def setText(self, text: str) -> None:
        """Shows a text in place of a picture."""
        self.__pixmap, self.__text = QtGui.QPixmap(), text
        self.update()

    def zoom(self) -> float:
        """How many times as large the picture is as when the whole is shown."""
        return self.__zoom

    def hasPicture(self) -> bool:
        return not self.__pixmap.isNull()

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(380, 240)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.fillRect(self.rect(), GROUND)
        if self.__pixmap.isNull():
            painter.setPen(FAINT)
            place = QtCore.QRectF(self.rect().adjusted(12, 12, -12, -12))
            painter.drawText(place, self.__text, QtGui.QTextOption(QtCore.Qt.AlignCenter))
        else:
            # Large pixels are shown as they are.
            painter.setRenderHint(QtGui.QPainter.SmoothPixmapTransform, self.__scale() < 2)
            painter.drawPixmap(self.__place(), self.__pixmap, QtCore.QRectF(self.__pixmap.rect()))
        painter.end()

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        if self.__pixmap.isNull():
            return
        mouse = event.position() - QtCore.QPointF(self.rect().center())
        zoom = min(max(1.0, self.__zoom * _WHEEL ** event.angleDelta().y()), _MOST_ZOOM)
        # What is under the mouse stays there.
        self.__offset = mouse - (mouse - self.__offset) * (zoom / self.__zoom)
        self.__zoom = zoom
        if zoom == 1.0:
            self.__reset()
        self.update()

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        self.__dragged = mousePlace(event)
        if event.button() == QtCore.Qt.LeftButton:
            self.__pressed = mousePlace(event)

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        if self.__dragged is not None and self.__zoom > 1.0:
            self.__offset += mousePlace(event) - self.__dragged
            self.__dragged = mousePlace(event)
            self.update()

    def mouseReleaseEvent(self, event: QtGui.QMouseEvent) -> None:
        self.__dragged = None
        if self.__pressed is not None and not self.__pixmap.isNull():
            moved = mousePlace(event) - self.__pressed
            if moved.manhattanLength() < QtWidgets.QApplication.startDragDistance():
                # It may be the first half of a double click.
                self.__click.start()
        self.__pressed = None

    def mouseDoubleClickEvent(self, event: QtGui.QMouseEvent) -> None:
        self.__click.stop()
        self.__pressed = None
        self.__reset()
        self.update()

    def __reset(self) -> None:
        self.__zoom, self.__offset = 1.0, QtCore.QPointF(0, 0)

    def __scale(self) -> float:
        """Pixels of the widget for one of the picture."""
        size = self.__pixmap.size()
        return self.__zoom * min(self.width() / size.width(), self.height() / size.height())

    def __place(self) -> QtCore.QRectF:
        size = QtCore.QSizeF(self.__pixmap.size()) * self.__scale()
        place = QtCore.QRectF(QtCore.QPointF(0, 0), size)
        place.moveCenter(QtCore.QRectF(self.rect()).center() + self.__offset)
        return place

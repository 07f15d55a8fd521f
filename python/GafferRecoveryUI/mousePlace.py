"""Where the mouse is, in Qt 5 and in Qt 6."""

from Qt import QtCore, QtGui


def mousePlace(event: QtGui.QMouseEvent) -> QtCore.QPointF:
    """Where in its widget an event of the mouse happened."""
    # Qt 5 has no `position`, and what it has instead is to go from Qt 6.
    return event.position() if hasattr(event, "position") else event.localPos()

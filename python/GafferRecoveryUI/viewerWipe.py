"""A wipe between two nodes in a Viewer, until one of them goes."""

import weakref

import Gaffer
import GafferUI
from GafferImageUI import ImageViewUI
from Qt import QtCore

_COMPARED = "filmRecovery:comparedBookmark"
_MODE = "replace"
_widgets: "weakref.WeakKeyDictionary[CompareImageWidget, Gaffer.Plug]" = weakref.WeakKeyDictionary()
"""A toolbar lies over the Viewer, and is none of its children."""
_wipes: "weakref.WeakKeyDictionary[GafferUI.Viewer, _Wipe]" = weakref.WeakKeyDictionary()


class CompareImageWidget(ImageViewUI._CompareImageWidget):
    """Gaffer's widget for the image that a Viewer compares with, which tells what it is set to.

    It begins with the node of a wipe that is on, for it may be made later than that; else with that of `bookmark`.
    """

    def __init__(self, plug: Gaffer.Plug, bookmark: int | None = None) -> None:
        self.__state: tuple[Gaffer.Set, str] | None = None
        ImageViewUI._CompareImageWidget.__init__(self, plug)
        _widgets[self] = plug
        script = plug.node()["in"].getInput().node().scriptNode()
        bookmark = Gaffer.Metadata.value(plug.node(), _COMPARED) or bookmark
        if script is not None and bookmark:
            self._setState(Gaffer.NumericBookmarkSet(script, bookmark), "")

    def state(self) -> tuple[Gaffer.Set, str]:
        """What it was set to last."""
        assert self.__state is not None, "Gaffer's widget sets its state when it is made"
        return self.__state

    def setState(self, nodeSet: Gaffer.Set, catalogueOutputPreset: str) -> None:
        """Sets it, as a choice from its menu does."""
        self._setState(nodeSet, catalogueOutputPreset)

    def _setState(self, nodeSet: Gaffer.Set, catalogueOutputPreset: str) -> None:
        self.__state = nodeSet, catalogueOutputPreset
        ImageViewUI._CompareImageWidget._setState(self, nodeSet, catalogueOutputPreset)


def begin(viewer: GafferUI.Viewer, front: int, back: int) -> None:
    """Has a Viewer wipe between the nodes with two numeric bookmarks, the one in front on the left.

    When one of the bookmarks goes from its node, as an undo does, the Viewer shows what it showed before.
    """
    if viewer in _wipes and _wipes[viewer].isOn():
        _wipes[viewer].show()
    else:
        _wipes[viewer] = _Wipe(viewer, front, back)


class _Wipe:
    def __init__(self, viewer: GafferUI.Viewer, front: int, back: int) -> None:
        self.__viewer = weakref.ref(viewer)
        script = viewer.scriptNode()
        self.__front, self.__back = (Gaffer.NumericBookmarkSet(script, number) for number in (front, back))
        self.__nodesBefore = viewer.getNodeSet()
        viewer.setNodeSet(self.__front)
        # Not the view, which is to end with its Viewer.
        self.__compare: Gaffer.Plug = viewer.view()["compare"]
        self.__valuesBefore = {plug: plug.getValue() for plug in (self.__compare["mode"], self.__compare["wipe"])}
        self.__imageBefore = self.__compare["image"].getInput()
        self.__statesBefore = {widget: widget.state() for widget in self.__widgets()}
        self.__connections = [
            nodes.memberRemovedSignal().connect(Gaffer.WeakMethod(self.__removed, fallbackResult=None), scoped=True)
            for nodes in (self.__front, self.__back)
        ]
        self.show()

    def isOn(self) -> bool:
        """Whether the Viewer wipes still."""
        viewer = self.__viewer()
        return (
            bool(self.__connections)
            and viewer is not None
            and viewer.getNodeSet().isSame(self.__front)
            and self.__compare["mode"].getValue() == _MODE
        )

    def show(self) -> None:
        Gaffer.Metadata.registerValue(self.__compare.node(), _COMPARED, self.__back.getBookmark(), persistent=False)
        self.__compare["image"].setInput(self.__back[0]["out"])
        for widget in self.__widgets():
            widget.setState(self.__back, "")
        self.__compare["mode"].setValue(_MODE)
        self.__compare["wipe"].setValue(True)

    def __widgets(self) -> list[CompareImageWidget]:
        return [widget for widget, plug in _widgets.items() if plug.isSame(self.__compare["image"])]

    def __removed(self, nodes: Gaffer.Set, node: Gaffer.Node) -> None:
        # Later: to set a bookmark anew takes it away for a moment.
        QtCore.QTimer.singleShot(0, Gaffer.WeakMethod(self.__endWithoutNodes, fallbackResult=None))

    def __endWithoutNodes(self) -> None:
        viewer = self.__viewer()
        if viewer is None or (len(self.__front) and len(self.__back)) or not self.isOn():
            return
        self.__connections = []
        Gaffer.Metadata.deregisterValue(self.__compare.node(), _COMPARED)
        for plug, value in self.__valuesBefore.items():
            plug.setValue(value)
        self.__compare["image"].setInput(self.__imageBefore)
        for widget in self.__widgets():
            if widget in self.__statesBefore:
                widget.setState(*self.__statesBefore[widget])
        viewer.setNodeSet(self.__nodesBefore)

from typing import Any

import Gaffer
import GafferUI
import IECore
from GafferImageUI import ImageView
from Qt import QtWidgets

import GafferRecovery
from GafferRecoveryUI.viewerTools import drawing, upstream
from GafferRecoveryUI.viewerTools.homography import Point
from GafferRecoveryUI.viewerTools.PictureTool import HOVERED, LOCKED, NORMAL, PictureTool, colour, controlsFrame
from GafferRecoveryUI.viewerTools.Placement import Placement

_BY_HAND = colour(0.98, 0.78, 0.30)
_RING, _HANDLE, _REACH = 64, 9, 9
"""In pixels of the screen: the radius of the ring, the side of a handle, and how near the mouse has to come."""
_NUDGES = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, 1), "Down": (0, -1)}
_NO_ALIGN = "Nothing to place here: look at Align, or at AlignmentView (the key 4 in a graph of ours)."


class PlacementTool(PictureTool):
    """Places a frame of an `Align` node by hand, with handles on its picture, for the frame that is shown.

    A drag of the picture moves it, a corner pulls that corner, the middle of a side makes it larger or smaller (with
    Shift in that direction alone), and the ring turns it. The arrow keys move it by a pixel, with Shift by ten, with
    Ctrl by a tenth.
    """

    def __init__(self, view: GafferUI.View, name: str = "PlacementTool") -> None:
        self.__placement: Placement | None = None
        self.__taken: Placement | None = None
        self.__editable = True
        self.__message = ""
        self.__watched: tuple[Gaffer.Node, Any] | None = None
        PictureTool.__init__(self, view, name)

    def placement(self) -> Placement | None:
        """How the frame that is shown is placed; None where there is none to place."""
        return self.__placement

    def message(self) -> str:
        """Where the frame that is shown stands, or why there is nothing to place."""
        return self.__message

    def editable(self) -> bool:
        return self.__editable and self.__placement is not None

    def update(self) -> bool:
        align = next((node for node in upstream.nodes(self.view()) if isinstance(node, GafferRecovery.Align)), None)
        self.__watch(align)
        # While a handle is dragged, it counts from where it was taken.
        if align is None or not self["active"].getValue():
            self.__placement, self.__message = None, _NO_ALIGN
            return False
        try:
            self.__placement = Placement(align, self.view().context())
        except Gaffer.ProcessException as error:
            self.__placement, self.__message = None, str(error).partition("\n")[0]
            return False
        if self.__placement.isEmpty():
            self.__placement, self.__message = None, f"{align.getName()} has no source yet."
            return False
        self.__editable = self.__placement.editable()
        frame = round(self.view().context().getFrame())
        placed = "placed by hand" if self.__placement.byHand else "as aligned"
        locked = "" if self.__editable else ", and cannot be changed: it is locked, or gets its value from another node"
        self.__message = f"{align.getName()}, frame {frame}: {placed}{locked}"
        self.overlay.setPixelAspect(self.__placement.pixelAspect)
        return True

    def draw(self, style: GafferUI.Style, pixel: float) -> None:
        placement = self.__placement
        if placement is None:
            return
        base = LOCKED if not self.__editable else _BY_HAND if placement.byHand else NORMAL
        corners, centre = placement.corners(), placement.centre()
        active = self.dragged or self.hovered
        drawing.outline(style, corners, (2.2 if active == "move" else 1.4) * pixel, base)
        if not self.__editable:
            return
        ring = drawing.circle(centre, _RING * pixel)
        drawing.outline(style, ring, (2.2 if active == "ring" else 1.4) * pixel, HOVERED if active == "ring" else base)
        arm = 9 * pixel
        for dx, dy in ((arm, 0), (0, arm)):
            ends = (centre[0] - dx, centre[1] - dy), (centre[0] + dx, centre[1] + dy)
            drawing.line(style, *ends, 1.4 * pixel, HOVERED if active == "move" else base)
        for name, place in self.__handles():
            side = _HANDLE * (0.8 if name.startswith("side") else 1.0) * (1.3 if name == active else 1.0)
            drawing.square(style, place, side * pixel, HOVERED if name == active else base)

    def handleAt(self, point: Point, pixel: float) -> str:
        if self.__placement is None or not self.__editable:
            return ""
        for name, place in self.__handles():
            if drawing.distance(point, place) <= _REACH * pixel:
                return name
        if abs(drawing.distance(point, self.__placement.centre()) - _RING * pixel) <= 0.8 * _REACH * pixel:
            return "ring"
        return "move" if drawing.isInside(self.__placement.corners(), point) else ""

    def pointer(self, handle: str) -> str:
        return "rotate" if handle == "ring" else "move" if handle else ""

    def begin(self) -> None:
        self.__taken = self.__placement

    def drag(self, handle: str, start: Point, end: Point, modifiers: GafferUI.ModifiableEvent.Modifiers) -> None:
        taken = self.__taken
        if taken is None:
            return
        if handle == "move":
            taken.moveBy(start, end)
        elif handle == "ring":
            taken.turnBy(start, end)
        elif handle.startswith("corner"):
            taken.pullCorner(int(handle[-1]), start, end)
        else:
            taken.scaleBy(start, end, int(handle[-1]) % 2 ^ 1 if modifiers & modifiers.Shift else None)

    def key(self, name: str, modifiers: GafferUI.ModifiableEvent.Modifiers) -> bool:
        if name not in _NUDGES or self.__placement is None or not self.__editable:
            return False
        step = 10.0 if modifiers & modifiers.Shift else 0.1 if modifiers & modifiers.Control else 1.0
        right, up = _NUDGES[name]
        with self.undoScope():
            self.__placement.nudge(step * right, step * up)
        self.refresh()
        return True

    def __handles(self) -> list[tuple[str, Point]]:
        corners = self.__placement.corners() if self.__placement is not None else []
        pairs = zip(corners, [*corners[1:], *corners[:1]], strict=True)
        found = [(f"corner{index}", corner) for index, corner in enumerate(corners)]
        return found + [(f"side{index}", drawing.middle(pair)) for index, pair in enumerate(pairs)]

    def __watch(self, align: GafferRecovery.Align | None) -> None:
        """Follows what is set on the node, also where the picture of the Viewer does not depend on it."""
        if self.__watched is not None and align is not None and self.__watched[0].isSame(align):
            return
        self.__watched = None
        if align is not None:
            dirtied = Gaffer.WeakMethod(self.__alignDirtied, fallbackResult=None)
            self.__watched = align, align.plugDirtiedSignal().connect(dirtied, scoped=True)

    def __alignDirtied(self, plug: Gaffer.Plug) -> None:
        self.dirty()


class PlacementControls(GafferUI.Widget):
    """What stands below the Viewer while the tool is used: where the frame is, and what the handles cannot do."""

    def __init__(self, tool: PlacementTool, **kw: Any) -> None:
        row = GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=6, borderWidth=4)
        GafferUI.Widget.__init__(self, controlsFrame(row), **kw)
        self.__tool = tool
        self.__setting = False
        with row:
            self.__label = GafferUI.Label("")
            self.__byHand = GafferUI.BoolWidget(
                "By Hand", toolTip="Places this frame by hand, or as the alignment has it. Other frames stay."
            )
            self.__earlier = GafferUI.Button("<", toolTip="Shows the frame of the reference before this one.")
            self.__reference = GafferUI.Label("Reference")
            self.__later = GafferUI.Button(">", toolTip="Shows the frame of the reference after this one.")
            self.__reset = GafferUI.Button("Reset", toolTip="Places this frame by hand where the alignment has it.")
        for button in (self.__earlier, self.__later, self.__reset):
            button._qtWidget().setSizePolicy(QtWidgets.QSizePolicy.Maximum, QtWidgets.QSizePolicy.Fixed)
        self.__byHand.stateChangedSignal().connect(Gaffer.WeakMethod(self.__byHandChanged))
        for button in (self.__earlier, self.__later, self.__reset):
            button.clickedSignal().connect(Gaffer.WeakMethod(self.__clicked))
        tool.changedSignal.connect(Gaffer.WeakMethod(self.__show, fallbackResult=None))
        self.__show(tool)

    def __show(self, tool: PlacementTool) -> None:
        placement = tool.placement()
        self.__label.setText(tool.message())
        for widget in (self.__byHand, self.__earlier, self.__reference, self.__later, self.__reset):
            widget.setVisible(placement is not None)
            widget.setEnabled(tool.editable())
        self.__setting = True
        self.__byHand.setState(placement is not None and placement.byHand)
        self.__setting = False

    def __byHandChanged(self, widget: GafferUI.BoolWidget) -> None:
        placement = self.__tool.placement()
        if placement is not None and not self.__setting:
            with self.__tool.undoScope():
                placement.setByHand(widget.getState())
            self.__tool.refresh()

    def __clicked(self, button: GafferUI.Button) -> None:
        placement = self.__tool.placement()
        if placement is None:
            return
        with self.__tool.undoScope():
            if button is self.__reset:
                placement.reset()
            else:
                placement.showOtherFrame(1 if button is self.__later else -1)
        self.__tool.refresh()


IECore.registerRunTimeTyped(PlacementTool, typeName="GafferRecoveryUI::PlacementTool")

Gaffer.Metadata.registerNode(
    PlacementTool,
    "description",
    """
    Places a frame of the reference by hand. Look at Align, or at what comes from it.

    - Drag the picture to move it, the ring to turn it.
    - Drag the middle of a side to scale it; with Shift in that direction alone.
    - Drag a corner to pull it alone, which changes the perspective.
    - The arrow keys move it by a pixel, with Shift by ten, with Ctrl by a tenth.

    It applies to the frame that is shown, by keys on the timeline. Where `manual` is on for all frames without keys, it
    applies to all.
    """,
    "viewer:shortCut",
    "M",
    "order",
    10,
    "tool:exclusive",
    True,
    "nodeToolbar:bottom:type",
    "GafferUI.StandardNodeToolbar.bottom",
    "toolbarLayout:customWidget:controls:widgetType",
    "GafferRecoveryUI.viewerTools.PlacementTool.PlacementControls",
    "toolbarLayout:customWidget:controls:section",
    "Bottom",
    plugs={"active": {"boolPlugValueWidget:image": "gafferSceneUITranslateTool.png"}},
)

GafferUI.Tool.registerTool("GafferRecoveryUI::PlacementTool", ImageView.staticTypeId(), PlacementTool)

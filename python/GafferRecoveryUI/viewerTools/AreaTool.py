from collections.abc import Iterator
from typing import Any

import Gaffer
import GafferUI
import IECore
import imath
from GafferImageUI import ImageView
from Qt import QtWidgets

import GafferRecovery
from GafferRecoveryUI.graphNodes import nodesWith
from GafferRecoveryUI.viewerTools import drawing, keyframes, upstream
from GafferRecoveryUI.viewerTools.drawnAreas import Area, CropArea, DrawnArea, RegionArea
from GafferRecoveryUI.viewerTools.homography import Point
from GafferRecoveryUI.viewerTools.PictureTool import HOVERED, LOCKED, NORMAL, PictureTool, colour, controlsFrame

CROP, REGION = "crop", "region"
_NOTHING = {
    CROP: "Nothing to crop here: look at the source of a SharedCrop node, or at what is trained on.",
    REGION: "Nothing to compare here: look at Align or at its source.",
}
_SHADE, _OVERLAY = imath.Color4f(0.0, 0.0, 0.0, 0.5), colour(0.95, 0.62, 0.25)
_HANDLE, _REACH = 9, 9
"""In pixels of the screen: the side of a handle, and how near the mouse has to come."""
_CHOICE_WIDTH = 130
_SIDES = {"0": (0,), "1": (1,), "2": (2,), "3": (3,), "01": (0, 1), "21": (2, 1), "23": (2, 3), "03": (0, 3)}
"""By handles, which of left, bottom, right and top they move."""


class AreaTool(PictureTool):
    """Draws a part of the source in the Viewer: the crop of a `SharedCrop` node, or the region that `Align` compares.

    Sides and corners are dragged. What is left out is darker; subtitles and logos that were found have a frame.
    """

    def __init__(self, view: GafferUI.View, name: str = "AreaTool") -> None:
        self.__area: DrawnArea | None = None
        self.__editable = True
        self.__message = ""
        self.__taken: tuple[DrawnArea, Area] | None = None
        self.__watched: list[Any] = []
        PictureTool.__init__(self, view, name)
        self["draws"] = Gaffer.StringPlug(defaultValue=CROP)

    def area(self) -> DrawnArea | None:
        """What is drawn; None where there is nothing."""
        return self.__area

    def message(self) -> str:
        """What is set, or why there is nothing to draw."""
        return self.__message

    def editable(self) -> bool:
        return self.__editable and self.__area is not None

    def clear(self) -> None:
        """Leaves the area to the node."""
        if self.__area is not None and self.__editable:
            with self.undoScope():
                self.__area.clear()
            self.refresh()

    def update(self) -> bool:
        self.__area, self.__message = None, ""
        if not self["active"].getValue():
            return False
        draws = self["draws"].getValue()
        node = next(self.__nodes(draws), None)
        self.__watched = [
            watched.plugDirtiedSignal().connect(Gaffer.WeakMethod(self.__dirtied, fallbackResult=None), scoped=True)
            for watched in (node,)
            if watched is not None
        ]
        if node is None:
            self.__message = _NOTHING[draws]
            return False
        try:
            with self.view().context():
                area = CropArea(node) if draws == CROP else RegionArea(node)
        except Gaffer.ProcessException as error:
            self.__message = str(error).partition("\n")[0]
            return False
        if area.whole[0] >= area.whole[2]:
            self.__message = f"{node.getName()} has no source yet."
            return False
        self.__area, self.__editable = area, keyframes.editable(area.plugs())
        locked = "" if self.__editable else ". It cannot be changed: it is locked, or gets its value from another node"
        self.__message = area.message() + locked
        self.overlay.setPixelAspect(area.pixelAspect)
        return True

    def draw(self, style: GafferUI.Style, pixel: float) -> None:
        if self.__area is None:
            return
        area, whole = self.__area.area(), self.__area.whole
        for shaded in _around(area, whole):
            drawing.shade(style, shaded, _SHADE)
        for _, overlay in self.__area.overlays():
            drawing.outline(style, _corners(overlay), 1.4 * pixel, _OVERLAY)
        base = NORMAL if self.__editable else LOCKED
        drawing.outline(style, _corners(area), 1.4 * pixel, base)
        if self.__editable:
            active = self.dragged or self.hovered
            for name, place in self.__handles():
                side = _HANDLE * (1.3 if name == active else 1.0)
                drawing.square(style, place, side * pixel, HOVERED if name == active else base)

    def handleAt(self, point: Point, pixel: float) -> str:
        if self.__area is None or not self.__editable:
            return ""
        for name, place in self.__handles():
            if drawing.distance(point, place) <= _REACH * pixel:
                return name
        left, bottom, right, top = self.__area.area()
        for name, across, along, span in (
            ("0", point[0] - left, point[1], (bottom, top)),
            ("2", point[0] - right, point[1], (bottom, top)),
            ("1", point[1] - bottom, point[0], (left, right)),
            ("3", point[1] - top, point[0], (left, right)),
        ):
            if abs(across) <= 0.7 * _REACH * pixel and span[0] <= along <= span[1]:
                return name
        return ""

    def pointer(self, handle: str) -> str:
        if len(handle) == 2:
            return "moveDiagonallyUp" if handle in ("01", "23") else "moveDiagonallyDown"
        return {"0": "moveHorizontally", "2": "moveHorizontally", "": ""}.get(handle, "moveVertically")

    def begin(self) -> None:
        self.__taken = (self.__area, self.__area.area()) if self.__area is not None else None

    def drag(self, handle: str, start: Point, end: Point, modifiers: GafferUI.ModifiableEvent.Modifiers) -> None:
        if self.__taken is None:
            return
        drawn, area = self.__taken
        wanted = list(area)
        for side in _SIDES[handle]:
            wanted[side] += end[side % 2] - start[side % 2]
        left, bottom, right, top = drawn.limited((wanted[0], wanted[1], wanted[2], wanted[3]))
        # Sides that are not dragged stay as they were.
        kept = [new if side in _SIDES[handle] else area[side] for side, new in enumerate((left, bottom, right, top))]
        drawn.set((kept[0], kept[1], kept[2], kept[3]))

    def __handles(self) -> list[tuple[str, Point]]:
        if self.__area is None:
            return []
        left, bottom, right, top = self.__area.area()
        x, y = (left + right) / 2, (bottom + top) / 2
        places = ((left, y), (x, bottom), (right, y), (x, top))
        return list(zip(_SIDES, [*places, *_corners((left, bottom, right, top))], strict=True))

    def __nodes(self, draws: str) -> Iterator[Gaffer.Node]:
        """The nodes that the area may be of, the likeliest first: a selected one, then the nearest to the picture."""
        kind = GafferRecovery.SharedCrop if draws == CROP else GafferRecovery.Align
        before = list(upstream.nodes(self.view()))
        candidates = [node for node in before if isinstance(node, kind)]
        candidates += [
            plug.getInput().node()
            for node in before
            if isinstance(node, GafferRecovery.GroundTruth) and (plug := node["crop"]).getInput() is not None
        ]
        candidates += [
            node
            for node in nodesWith(self.scriptNode(), "calls")
            if isinstance(node, kind) and upstream.depends(before, node["source"])
        ]
        found = [node for node in dict.fromkeys(candidates) if isinstance(node, kind)]
        selection = self.scriptNode().selection()
        yield from sorted(found, key=lambda node: node not in selection)

    def __dirtied(self, plug: Gaffer.Plug) -> None:
        self.dirty()


class AreaControls(GafferUI.Widget):
    """What stands below the Viewer while the tool is used."""

    def __init__(self, tool: AreaTool, **kw: Any) -> None:
        row = GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=6, borderWidth=4)
        GafferUI.Widget.__init__(self, controlsFrame(row), **kw)
        self.__tool = tool
        with row:
            choice = GafferUI.PresetsPlugValueWidget(tool["draws"])
            self.__label = GafferUI.Label("")
            self.__found = GafferUI.Button("As Found", toolTip="Leaves the area to the node.")
        choice._qtWidget().setFixedWidth(_CHOICE_WIDTH)
        self.__found._qtWidget().setSizePolicy(QtWidgets.QSizePolicy.Maximum, QtWidgets.QSizePolicy.Fixed)
        self.__found.clickedSignal().connect(Gaffer.WeakMethod(self.__clicked))
        tool.changedSignal.connect(Gaffer.WeakMethod(self.__show, fallbackResult=None))
        self.__show(tool)

    def __show(self, tool: AreaTool) -> None:
        self.__label.setText(tool.message())
        self.__found.setVisible(tool.area() is not None)
        self.__found.setEnabled(tool.editable())

    def __clicked(self, button: GafferUI.Button) -> None:
        self.__tool.clear()


def _corners(area: Area) -> list[Point]:
    left, bottom, right, top = area
    return [(left, bottom), (right, bottom), (right, top), (left, top)]


def _around(area: Area, whole: Area) -> list[Area]:
    """What an area leaves of the picture: at the left and the right, then above and below."""
    left, bottom, right, top = area
    around = [
        (whole[0], whole[1], left, whole[3]),
        (right, whole[1], whole[2], whole[3]),
        (left, top, right, whole[3]),
        (left, whole[1], right, bottom),
    ]
    return [found for found in around if found[0] < found[2] and found[1] < found[3]]


IECore.registerRunTimeTyped(AreaTool, typeName="GafferRecoveryUI::AreaTool")

Gaffer.Metadata.registerNode(
    AreaTool,
    "description",
    """
    Draws a part of the source: drag its sides and corners. Subtitles and logos that were found have a frame.

    - Crop : what SharedCrop leaves of the picture, to train on. Sides that are not dragged stay as found.
    - Aligned Region : what Align compares. Leave subtitles, logos and damage out of it.
    """,
    # Gaffer's CropWindowTool, which is in the same Viewer, has C, and the icon of a crop.
    "viewer:shortCut",
    "S",
    "order",
    11,
    "tool:exclusive",
    True,
    "nodeToolbar:bottom:type",
    "GafferUI.StandardNodeToolbar.bottom",
    "toolbarLayout:customWidget:controls:widgetType",
    "GafferRecoveryUI.viewerTools.AreaTool.AreaControls",
    "toolbarLayout:customWidget:controls:section",
    "Bottom",
    plugs={
        "active": {"boolPlugValueWidget:image": "sourceArea.png"},
        "draws": {
            "description": "What is drawn.",
            "plugValueWidget:type": "GafferUI.PresetsPlugValueWidget",
            "preset:Crop": CROP,
            "preset:Aligned Region": REGION,
            "toolbarLayout:visibilityActivator": "isNever",
        },
    },
)
Gaffer.Metadata.registerValue(AreaTool, "toolbarLayout:activator:isNever", lambda tool: False)

GafferUI.Tool.registerTool("GafferRecoveryUI::AreaTool", ImageView.staticTypeId(), AreaTool)

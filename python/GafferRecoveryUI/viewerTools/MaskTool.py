from collections.abc import Callable, Iterator
from typing import Any

import Gaffer
import GafferUI
import IECore
from GafferImageUI import ImageView
from Qt import QtWidgets

import GafferRecovery
from GafferRecoveryUI.graphNodes import nodesWith
from GafferRecoveryUI.viewerTools import drawing, keyframes, upstream
from GafferRecoveryUI.viewerTools.DrawnMask import DrawnMask
from GafferRecoveryUI.viewerTools.homography import Point
from GafferRecoveryUI.viewerTools.PictureTool import HOVERED, LOCKED, NORMAL, PictureTool, colour, controlsFrame

_NOTHING = "Nothing to mask here: look at what a TrainingPairs node trains on, or at what that comes from."
_CHOSEN = colour(0.95, 0.62, 0.25)
_HANDLE, _REACH = 9, 9
"""In pixels of the screen: the side of a handle, and how near the mouse has to come."""


class MaskTool(PictureTool):
    """Draws the mask of a `TrainingPairs` node in the Viewer: boxes and polygons over what is not of the film.

    It writes the text of `maskBoxes`. The shape that was touched last is the chosen one, which the buttons are for.
    """

    def __init__(self, view: GafferUI.View, name: str = "MaskTool") -> None:
        self.__mask: DrawnMask | None = None
        self.__taken: DrawnMask | None = None
        self.__editable = True
        self.__chosen = -1
        self.__message = ""
        self.__watched: Any = None
        PictureTool.__init__(self, view, name)

    def mask(self) -> DrawnMask | None:
        """What is drawn; None where there is nothing."""
        return self.__mask

    def message(self) -> str:
        """What is drawn, or why there is nothing."""
        return self.__message

    def editable(self) -> bool:
        return self.__editable and self.__mask is not None

    def chosen(self) -> int | None:
        """The number of the chosen shape; None where none is there at the frame."""
        visible = self.__mask.visible() if self.__mask is not None else []
        return self.__chosen if self.__chosen in visible else visible[-1] if visible else None

    def add(self) -> None:
        """Adds a shape, for all frames of the script, and chooses it."""
        if self.__mask is not None:
            self.__chosen = len(self.__mask.shapes)
            self.__edit(self.__mask.add)

    def edit(self, change: Callable[[DrawnMask, int], None]) -> None:
        """Changes the chosen shape, in one step that can be undone."""
        mask, chosen = self.__mask, self.chosen()
        if mask is not None and chosen is not None:
            self.__edit(lambda: change(mask, chosen))

    def hasKey(self) -> bool:
        """Whether the chosen shape has a key at the frame."""
        mask, chosen = self.__mask, self.chosen()
        return mask is not None and chosen is not None and mask.frame in mask.keys(chosen)

    def toggleKey(self) -> None:
        """Takes the key at the frame away, or sets one."""
        self.edit(DrawnMask.removeKey if self.hasKey() else DrawnMask.setKey)

    def goToKey(self, step: int) -> None:
        """Goes to the next key of the chosen shape, or to the one before."""
        mask, chosen = self.__mask, self.chosen()
        if mask is None or chosen is None:
            return
        keys = [key for key in mask.keys(chosen) if (key - mask.frame) * step > 0]
        if keys:
            self.scriptNode()["frame"].setValue(min(keys) if step > 0 else max(keys))

    def update(self) -> bool:
        self.__mask, self.__message = None, ""
        if not self["active"].getValue():
            return False
        node = next(self.__nodes(), None)
        self.__watched = None
        if node is None:
            self.__message = _NOTHING
            return False
        dirtied = Gaffer.WeakMethod(self.__dirtied, fallbackResult=None)
        self.__watched = node.plugDirtiedSignal().connect(dirtied, scoped=True)
        frames = (self.scriptNode()["frameRange"][end].getValue() for end in ("start", "end"))
        first, last = frames
        try:
            mask = DrawnMask(node, Gaffer.Context(self.view().context()), range(max(0, first), max(0, last) + 1))
        except Gaffer.ProcessException as error:
            self.__message = str(error).partition("\n")[0]
            return False
        if mask.fault:
            self.__message = f"{node.getName()}, maskBoxes: {mask.fault}"
            return False
        self.__mask, self.__editable = mask, keyframes.editable([mask.plug])
        self.__message = self.__sentence(mask)
        self.overlay.setPixelAspect(mask.pixelAspect)
        return True

    def draw(self, style: GafferUI.Style, pixel: float) -> None:
        mask = self.__mask
        if mask is None:
            return
        active, chosen = self.dragged or self.hovered, self.chosen()
        for index in mask.visible():
            base = LOCKED if not self.__editable else _CHOSEN if index == chosen else NORMAL
            isActive = active == f"shape {index}"
            drawing.outline(style, mask.points(index), (2.2 if isActive else 1.4) * pixel, base)
        if self.__editable:
            for name, place in self.__handles():
                side = _HANDLE * (0.7 if name.startswith("edge") else 1.0) * (1.3 if name == active else 1.0)
                drawing.square(style, place, side * pixel, HOVERED if name == active else NORMAL)

    def handleAt(self, point: Point, pixel: float) -> str:
        if self.__mask is None or not self.__editable:
            return ""
        near = [(drawing.distance(point, place), name) for name, place in self.__handles()]
        distance, name = min(near, default=(0.0, ""))
        if name and distance <= _REACH * pixel:
            return name
        # The one that was drawn last lies on top.
        found = [index for index in self.__mask.visible() if drawing.isEnclosed(self.__mask.points(index), point)]
        return f"shape {found[-1]}" if found else ""

    def pointer(self, handle: str) -> str:
        return "move" if handle else ""

    def begin(self) -> None:
        self.__taken = self.__mask

    def drag(self, handle: str, start: Point, end: Point, modifiers: GafferUI.ModifiableEvent.Modifiers) -> None:
        mask = self.__taken
        if mask is None:
            return
        kind, index, part = _parts(handle)
        self.__chosen = index
        right, up = end[0] - start[0], end[1] - start[1]
        if kind == "shape":
            mask.move(index, right, up)
        elif kind == "edge":
            mask.pullEdge(index, part, right, up)
        else:
            mask.movePoint(index, part, right, up)

    def key(self, name: str, modifiers: GafferUI.ModifiableEvent.Modifiers) -> bool:
        mask = self.__mask
        if name != "X" or modifiers or mask is None or not self.__editable or not self.hovered:
            return False
        kind, index, part = _parts(self.hovered)
        if kind == "point":
            self.__edit(lambda: mask.removePoint(index, part))
        elif kind == "shape":
            self.__edit(lambda: mask.remove(index))
        return kind != "edge"

    def __edit(self, change: Callable[[], None]) -> None:
        if self.__editable:
            with self.undoScope():
                change()
            self.hovered = ""
            self.refresh()

    def __handles(self) -> list[tuple[str, Point]]:
        """The corners of the shapes, and the middles of their edges."""
        found: list[tuple[str, Point]] = []
        mask = self.__mask
        if mask is None:
            return found
        for index in mask.visible():
            points = mask.points(index)
            for part, pair in enumerate(zip(points, [*points[1:], points[0]], strict=True)):
                found += [(f"point {index} {part}", pair[0]), (f"edge {index} {part}", drawing.middle(pair))]
        return found

    def __sentence(self, mask: DrawnMask) -> str:
        name = mask.node.getName()
        if not self.__editable:
            return f"{name}: the mask cannot be changed: it is locked, or gets its value from another node"
        if not mask.shapes:
            return f"{name} has no shapes in its mask"
        chosen = self.chosen()
        if chosen is None:
            return f"{name}: none of its {len(mask.shapes)} shapes is at frame {mask.frame}"
        shape, keys = mask.shapes[chosen], mask.keys(chosen)
        if not keys:
            return f"{name}, shape {chosen + 1}: stands still, frames {shape.text().partition(':')[0]}"
        here = ", one here" if mask.frame in keys else ""
        return f"{name}, shape {chosen + 1}: moves from {keys[0]} to {keys[-1]} by {len(keys)} keys{here}"

    def __nodes(self) -> Iterator[Gaffer.Node]:
        """The nodes that the mask may be of: those whose picture has a node in common with what is shown."""
        shown = set(upstream.nodes(self.view()))
        found = [
            node
            for node in nodesWith(self.scriptNode(), "calls")
            if isinstance(node, GafferRecovery.TrainingPairs)
            and shown.intersection(upstream.nodesBefore(node["input"]))
        ]
        selection = self.scriptNode().selection()
        yield from sorted(found, key=lambda node: node not in selection)

    def __dirtied(self, plug: Gaffer.Plug) -> None:
        self.dirty()


class MaskControls(GafferUI.Widget):
    """What stands below the Viewer while the tool is used."""

    def __init__(self, tool: MaskTool, **kw: Any) -> None:
        row = GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=6, borderWidth=4)
        GafferUI.Widget.__init__(self, controlsFrame(row), **kw)
        self.__tool = tool
        with row:
            self.__label = GafferUI.Label("")
            self.__new = GafferUI.Button("New Shape", toolTip="Adds a shape of four points, for all frames.")
            self.__before = GafferUI.Button("<", toolTip="Goes to the key before.")
            self.__key = GafferUI.Button("Key")
            self.__after = GafferUI.Button(">", toolTip="Goes to the next key.")
            self.__begin = GafferUI.Button("From Here", toolTip="Has the chosen shape begin at this frame.")
            self.__end = GafferUI.Button("To Here", toolTip="Has the chosen shape end with this frame.")
            self.__remove = GafferUI.Button("Delete", toolTip="Deletes the chosen shape.")
        self.__actions: dict[GafferUI.Button, Callable[[MaskTool], None]] = {
            self.__new: MaskTool.add,
            self.__before: lambda tool: tool.goToKey(-1),
            self.__key: MaskTool.toggleKey,
            self.__after: lambda tool: tool.goToKey(1),
            self.__begin: lambda tool: tool.edit(DrawnMask.begin),
            self.__end: lambda tool: tool.edit(DrawnMask.end),
            self.__remove: lambda tool: tool.edit(DrawnMask.remove),
        }
        for button in self.__actions:
            button._qtWidget().setSizePolicy(QtWidgets.QSizePolicy.Maximum, QtWidgets.QSizePolicy.Fixed)
            button.clickedSignal().connect(Gaffer.WeakMethod(self.__clicked))
        tool.changedSignal.connect(Gaffer.WeakMethod(self.__show, fallbackResult=None))
        self.__show(tool)

    def __show(self, tool: MaskTool) -> None:
        self.__label.setText(tool.message())
        mask, chosen = tool.mask(), tool.chosen()
        keys = mask.keys(chosen) if mask is not None and chosen is not None else []
        self.__new.setVisible(mask is not None)
        self.__new.setEnabled(tool.editable())
        for button in (self.__key, self.__begin, self.__end, self.__remove):
            button.setVisible(chosen is not None)
            button.setEnabled(tool.editable())
        for button, isThere in (
            (self.__before, any(key < mask.frame for key in keys) if mask is not None else False),
            (self.__after, any(key > mask.frame for key in keys) if mask is not None else False),
        ):
            button.setVisible(bool(keys))
            button.setEnabled(isThere)
        self.__key.setText("Remove Key" if tool.hasKey() else "Set Key")
        self.__key.setToolTip(
            "Takes the key of the chosen shape at this frame away."
            if tool.hasKey()
            else "Has the chosen shape move: what is dragged from now on holds at the frame, and between keys it moves "
            "evenly."
        )

    def __clicked(self, button: GafferUI.Button) -> None:
        self.__actions[button](self.__tool)


def _parts(handle: str) -> tuple[str, int, int]:
    """Of a handle its kind, the number of its shape, and that of its corner or edge."""
    kind, index, *part = handle.split()
    return kind, int(index), int(part[0]) if part else 0


IECore.registerRunTimeTyped(MaskTool, typeName="GafferRecoveryUI::MaskTool")

Gaffer.Metadata.registerNode(
    MaskTool,
    "description",
    """
    Draws the mask of a TrainingPairs node, over subtitles and what else is not of the film. Nothing is learnt or
    measured there.

    - New Shape adds one. Drag it, or its corners; drag the middle of an edge for one more corner.
    - X takes the corner or the shape under the mouse away.
    - Set Key has a shape move: at other frames, drag it where it is then.
    """,
    "viewer:shortCut",
    "O",
    "order",
    12,
    "tool:exclusive",
    True,
    "nodeToolbar:bottom:type",
    "GafferUI.StandardNodeToolbar.bottom",
    "toolbarLayout:customWidget:controls:widgetType",
    "GafferRecoveryUI.viewerTools.MaskTool.MaskControls",
    "toolbarLayout:customWidget:controls:section",
    "Bottom",
    plugs={"active": {"boolPlugValueWidget:image": "editOn.png"}},
)

GafferUI.Tool.registerTool("GafferRecoveryUI::MaskTool", ImageView.staticTypeId(), MaskTool)

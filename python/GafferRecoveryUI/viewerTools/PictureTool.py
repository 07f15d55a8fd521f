from typing import Any

import Gaffer
import GafferUI
import IECore
import imath

from GafferRecoveryUI.viewerTools.homography import Point
from GafferRecoveryUI.viewerTools.OverlayGadget import OverlayGadget


class PictureTool(GafferUI.Tool):
    """A tool in the Viewer of images, with handles that are drawn over the picture and dragged.

    It listens to the viewport before the picture does, and only to the left button without Alt: so the Viewer moves and
    zooms as ever. A subclass says what `handleAt` a place is, and what a `drag` of it does; what a drag changes is
    undone as a whole. `update` is called before it is drawn, where something has changed.
    """

    def __init__(self, view: GafferUI.View, name: str) -> None:
        GafferUI.Tool.__init__(self, view, name)
        self.hovered, self.dragged = "", ""
        self.__start: Point = (0.0, 0.0)
        self.__drags, self.__dragging = 0, False
        self.__dirty = True
        self.changedSignal = Gaffer.Signals.Signal1()
        self.overlay = OverlayGadget(Gaffer.WeakMethod(self.__draw, fallbackResult=None))
        viewport = view.viewportGadget()
        viewport.addChild(self.overlay)
        self.overlay.setVisible(False)
        weak = Gaffer.WeakMethod
        viewport.buttonPressSignal().connectFront(weak(self.__press, fallbackResult=False))
        viewport.mouseMoveSignal().connectFront(weak(self.__move, fallbackResult=False))
        viewport.dragBeginSignal().connectFront(weak(self.__dragBegin, fallbackResult=None))
        viewport.dragEnterSignal().connectFront(weak(self.__dragEnter, fallbackResult=False))
        viewport.dragMoveSignal().connectFront(weak(self.__dragMove, fallbackResult=False))
        viewport.dragEndSignal().connectFront(weak(self.__dragEnd, fallbackResult=False))
        viewport.keyPressSignal().connectFront(weak(self.__keyPress, fallbackResult=False))
        viewport.preRenderSignal().connect(weak(self.__preRender, fallbackResult=None))
        view.contextChangedSignal().connect(weak(self.__changed, fallbackResult=None))
        view.plugDirtiedSignal().connect(weak(self.__changed, fallbackResult=None))
        self.plugDirtiedSignal().connect(weak(self.__changed, fallbackResult=None))

    def update(self) -> bool:
        """Looks at what is to be shown, and returns whether there is something."""
        raise NotImplementedError

    def draw(self, style: GafferUI.Style, pixel: float) -> None:
        """Draws the handles. `pixel` is a pixel of the screen."""
        raise NotImplementedError

    def handleAt(self, point: Point, pixel: float) -> str:
        """The name of the handle at a pixel of the picture; empty where there is none."""
        raise NotImplementedError

    def pointer(self, handle: str) -> str:
        """The name of Gaffer's pointer over a handle; empty for the usual one."""
        return ""

    def begin(self) -> None:
        """A handle is taken: what is dragged counts from now."""

    def drag(self, handle: str, start: Point, end: Point, modifiers: GafferUI.ModifiableEvent.Modifiers) -> None:
        """A handle has come from one pixel of the picture to another."""
        raise NotImplementedError

    def key(self, name: str, modifiers: GafferUI.ModifiableEvent.Modifiers) -> bool:
        """A key is pressed over the picture. Returns whether it meant something."""
        return False

    def scriptNode(self) -> Gaffer.ScriptNode:
        return self.view().scriptNode()

    def dirty(self) -> None:
        """Looks again at what is to be shown, before it is drawn next."""
        self.__dirty = True
        if self["active"].getValue() and self.ancestor(GafferUI.View) is not None:
            self.overlay.redraw()
            self.view().viewportGadget().renderRequestSignal()(self.view().viewportGadget())

    def refresh(self) -> None:
        """Looks again now."""
        self.__dirty = False
        self.overlay.setVisible(self["active"].getValue() and self.update())
        self.changedSignal(self)

    def undoScope(self, group: str = "") -> Gaffer.UndoScope:
        """In which the script is changed; what has the same group is undone as one."""
        return Gaffer.UndoScope(self.scriptNode(), Gaffer.UndoScope.State.Enabled, group)

    def __draw(self, style: GafferUI.Style, pixel: float) -> None:
        self.draw(style, pixel)

    def __preRender(self, viewport: GafferUI.ViewportGadget) -> None:
        # A viewport may outlive its view, by a moment.
        if self.__dirty and self.ancestor(GafferUI.View) is not None:
            self.refresh()

    def __changed(self, *unused: Any) -> None:
        self.dirty()

    def __isOn(self) -> bool:
        return self["active"].getValue() and self.overlay.getVisible()

    def __place(self, event: GafferUI.ButtonEvent) -> Point:
        # Events of the viewport tell places of the screen.
        return self.overlay.at((event.line.p0.x, event.line.p0.y))

    def __handle(self, event: GafferUI.ButtonEvent) -> str:
        return self.handleAt(self.__place(event), self.overlay.scale())

    def __press(self, viewport: GafferUI.Gadget, event: GafferUI.ButtonEvent) -> bool:
        alt = event.modifiers & event.modifiers.Alt
        if not self.__isOn() or event.buttons != event.Buttons.Left or alt:
            return False
        self.dragged = self.__handle(event)
        self.__start = self.__place(event)
        return bool(self.dragged)

    def __move(self, viewport: GafferUI.Gadget, event: GafferUI.ButtonEvent) -> bool:
        hovered = self.__handle(event) if self.__isOn() else ""
        if hovered != self.hovered:
            self.hovered = hovered
            GafferUI.Pointer.setCurrent(self.pointer(hovered))
            self.overlay.redraw()
        return False

    def __dragBegin(self, viewport: GafferUI.Gadget, event: GafferUI.DragDropEvent) -> IECore.RunTimeTyped | None:
        if not self.dragged or not self.__isOn():
            return None
        self.__drags += 1
        self.__dragging = True
        self.begin()
        return IECore.NullObject.defaultNullObject()

    def __dragEnter(self, viewport: GafferUI.Gadget, event: GafferUI.DragDropEvent) -> bool:
        # Of drags in the viewport this is the only one that is not of a gadget in it.
        return self.__dragging

    def __dragMove(self, viewport: GafferUI.Gadget, event: GafferUI.DragDropEvent) -> bool:
        if not self.__dragging:
            return False
        with self.undoScope(f"{self.fullName()}{id(self)}:{self.__drags}"):
            self.drag(self.dragged, self.__start, self.__place(event), event.modifiers)
        return True

    def __dragEnd(self, viewport: GafferUI.Gadget, event: GafferUI.DragDropEvent) -> bool:
        if not self.__dragging:
            return False
        self.dragged, self.__dragging = "", False
        self.dirty()
        return True

    def __keyPress(self, viewport: GafferUI.Gadget, event: GafferUI.KeyEvent) -> bool:
        return self.__isOn() and self.key(event.key, event.modifiers)


def controlsFrame(row: GafferUI.Widget) -> GafferUI.Frame:
    """The frame of what stands below the Viewer: dark, so that its text is read over any picture."""
    frame = GafferUI.Frame(row, borderWidth=0)
    # Gaffer's style sheet knows no other name for this.
    frame._qtWidget().setObjectName("gafferColorInspector")
    return frame


def colour(red: float, green: float, blue: float) -> imath.Color4f:
    return imath.Color4f(red, green, blue, 1.0)


NORMAL, HOVERED, LOCKED = colour(0.85, 0.85, 0.85), colour(0.466, 0.612, 0.741), colour(0.5, 0.5, 0.5)

from collections.abc import Callable

import GafferUI
import imath

from GafferRecoveryUI.viewerTools.homography import Point


class OverlayGadget(GafferUI.Gadget):
    """What a tool draws over the picture of a Viewer, in pixels of the picture.

    `draw` gets the style and the size of a pixel of the screen. It takes no events: the tool listens to the viewport.
    """

    def __init__(self, draw: Callable[[GafferUI.Style, float], None]) -> None:
        GafferUI.Gadget.__init__(self)
        self.__draw = draw

    def setPixelAspect(self, aspect: float) -> None:
        """The Viewer shows pixels so much wider than high."""
        self.setTransform(imath.M44f().scale(imath.V3f(aspect, 1, 1)))

    def redraw(self) -> None:
        """Has it drawn again."""
        self._dirty(GafferUI.Gadget.DirtyType.Render)

    def at(self, raster: Point) -> Point:
        """The pixel of the picture at a place of the screen."""
        viewport = self.ancestor(GafferUI.ViewportGadget)
        found = viewport.rasterToGadgetSpace(imath.V2f(*raster), self).p0
        return found.x, found.y

    def scale(self) -> float:
        """The height of a pixel of the screen, in pixels of the picture."""
        return abs(self.at((0, 1))[1] - self.at((0, 0))[1])

    def bound(self) -> imath.Box3f:
        # It is not to be framed, and takes no events.
        return imath.Box3f()

    def renderBound(self) -> imath.Box3f:
        return imath.Box3f(imath.V3f(-1e6), imath.V3f(1e6))

    def layerMask(self) -> int:
        return int(GafferUI.Gadget.Layer.Front)

    def renderLayer(
        self, layer: GafferUI.Gadget.Layer, style: GafferUI.Style, reason: GafferUI.Gadget.RenderReason
    ) -> None:
        if layer == GafferUI.Gadget.Layer.Front and reason == GafferUI.Gadget.RenderReason.Draw:
            self.__draw(style, self.scale())

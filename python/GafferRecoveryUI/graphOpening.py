"""How a window opens on one of the graphs: at its settings, with the picture of the shot in the Viewer.

Such a graph has a node `Settings` that says so, a backdrop for its first step, and numeric bookmarks: 1 is the source.
"""

import weakref

import Gaffer
import GafferUI
import imath
from GafferImageUI import ImageInspector, ImageView

from GafferRecoveryUI.viewerWipe import CompareImageWidget

_SETTINGS, _SOURCE_FILES, _FIRST_STEP, _SOURCE = "Settings", "sourceFiles", "Step1", 1


def register() -> None:
    """Lets windows open this way from now on, and their Viewers compare with the source."""
    GafferUI.ScriptWindow.instanceCreatedSignal().connect(_windowCreated)
    GafferUI.Editor.instanceCreatedSignal().connect(_editorCreated)
    Gaffer.Metadata.registerValue(
        ImageView, "compare.image", "plugValueWidget:type", "GafferRecoveryUI.graphOpening.compareImageWidget"
    )


def isRecoveryGraph(script: Gaffer.ScriptNode) -> bool:
    settings = script.getChild(_SETTINGS)
    return settings is not None and bool(Gaffer.Metadata.value(settings, "filmRecovery:graph"))


def show(window: GafferUI.ScriptWindow) -> None:
    """Selects the settings, shows the first step large enough to be read, and the source in the Viewers."""
    script = window.scriptNode()
    script.selection().clear()
    script.selection().add(script[_SETTINGS])
    for editor in window.getLayout().editors():
        if isinstance(editor, (GafferUI.Viewer, ImageInspector)):
            # Not as the focus node: then all nodes that it does not need are drawn pale.
            editor.setNodeSet(Gaffer.NumericBookmarkSet(script, _SOURCE))
        if isinstance(editor, GafferUI.Viewer):
            frameViewer(editor)
        elif isinstance(editor, GafferUI.GraphEditor) and _FIRST_STEP in script:
            _frameGraph(editor)
    script.focusChangedSignal().connect(_focusChanged)
    script[_SETTINGS].plugSetSignal().connect(_settingSet)


def frameViewer(viewer: GafferUI.Viewer) -> None:
    """Shows the whole image."""
    view = viewer.view()
    if isinstance(view, ImageView):
        viewport = view.viewportGadget()
        viewport.frame(viewport.getPrimaryChild().bound())


def _frameGraph(editor: GafferUI.GraphEditor) -> None:
    """Shows the whole width of the first step, at the top."""
    graph, widget = editor.graphGadget(), editor.graphGadgetWidget()
    bound = graph.nodeGadget(editor.scriptNode()[_FIRST_STEP]).transformedBound(graph)
    size = widget.size()
    height = bound.size().x * size.y / size.x
    bound.setMin(imath.V3f(bound.min().x, min(bound.min().y, bound.max().y - height), 0))
    widget.getViewportGadget().frame(bound)


def _focusChanged(script: Gaffer.ScriptNode, node: Gaffer.Node | None) -> None:
    """An artist who chooses a focus node wants to see it, as in other scripts."""
    window = GafferUI.ScriptWindow.acquire(script, createIfNecessary=False)
    for editor in window.getLayout().editors() if window is not None else ():
        if isinstance(editor, (GafferUI.Viewer, ImageInspector)):
            nodes = editor.getNodeSet()
            if isinstance(nodes, Gaffer.NumericBookmarkSet) and nodes.getBookmark() == _SOURCE:
                editor.setNodeSet(script.focusSet())


def _settingSet(plug: Gaffer.Plug) -> None:
    """Shows the whole of another source: it has another size as a rule, and before it there was no picture at all."""
    if plug.getName() == _SOURCE_FILES:
        window = GafferUI.ScriptWindow.acquire(plug.node().scriptNode(), createIfNecessary=False)
        if window is not None:
            chosen = weakref.ref(window)
            # What else is set with it, such as the colour space, comes after this.
            GafferUI.EventLoop.addIdleCallback(lambda: _frameViewers(chosen))


def _frameViewers(chosen: "weakref.ref[GafferUI.ScriptWindow]") -> bool:
    """Frames the Viewers of a window. Returns whether to be called again."""
    window = chosen()
    for viewer in window.getLayout().editors(GafferUI.Viewer) if window is not None else ():
        frameViewer(viewer)
    return False


def _editorCreated(editor: GafferUI.Editor) -> None:
    """Hides the thin lines from Settings to all nodes. What is connected is seen in the Node Editor."""
    if isinstance(editor, GafferUI.GraphEditor) and isRecoveryGraph(editor.scriptNode()):
        editor.graphGadget()["__auxiliaryConnections"].setVisible(False)


def compareImageWidget(plug: Gaffer.Plug) -> GafferUI.Widget:
    """Gaffer's widget for the image that a Viewer compares with. In a graph of ours it begins with the source."""
    script = plug.node()["in"].getInput().node().scriptNode()
    return CompareImageWidget(plug, _SOURCE if script is not None and isRecoveryGraph(script) else None)


def _windowCreated(window: GafferUI.ScriptWindow) -> None:
    if isRecoveryGraph(window.scriptNode()):
        created = weakref.ref(window)
        # The window gets its size after this.
        GafferUI.EventLoop.addIdleCallback(lambda: _showWhenVisible(created))


def _showWhenVisible(created: "weakref.ref[GafferUI.ScriptWindow]") -> bool:
    """Returns whether to be called again."""
    window = created()
    if window is None:
        return False
    if not window.visible():
        return True
    show(window)
    return False

"""The display transform that a Viewer begins with."""

import Gaffer
import GafferUI


def register() -> None:
    """Lets new Viewers begin with the display transform that their script names, where Gaffer takes the config's.

    A film scan in a display-referred working space is to be seen as it is; the tone mapping that configs take for
    their default is made for scene-linear pictures.
    """
    Gaffer.Metadata.registerValue(GafferUI.View, "displayTransform.name", "userDefault", _ofScript)


def _ofScript(plug: Gaffer.StringPlug) -> str:
    script = plug.ancestor(GafferUI.View).scriptNode()
    colors = script.getChild("openColorIO") if script is not None else None
    return colors["displayTransform"].getValue() if colors is not None else "__default__"

"""The display transform that a new Viewer has."""

import Gaffer
import GafferUI


def register() -> None:
    """Gives new Viewers the display transform of their script. Without this they have the default of the OCIO config.

    A film scan in a display-referred working space should be shown as it is. The default of most configs is a tone
    mapping for scene-linear pictures.
    """
    Gaffer.Metadata.registerValue(GafferUI.View, "displayTransform.name", "userDefault", _ofScript)


def _ofScript(plug: Gaffer.StringPlug) -> str:
    script = plug.ancestor(GafferUI.View).scriptNode()
    colors = script.getChild("openColorIO") if script is not None else None
    return colors["displayTransform"].getValue() if colors is not None else "__default__"

import Gaffer
import GafferImage
import IECore
import PyOpenColorIO

from filmrecovery.picture.curve_kinds import DISPLAY, HDR, LINEAR, LOG

_CHOOSE_ONE = "choose one in File > Settings > OpenColorIO, or on Settings of the graph"
_CURVES = {"scene-linear": LINEAR, "display-linear": LINEAR, "log": LOG, "sdr-video": DISPLAY, "hdr-video": HDR}
"""By the encodings of OpenColorIO."""
_LINEAR_ROLE = "scene_linear"
_ABOUT = 0.05


def checkDisplayReferred(context: Gaffer.Context) -> None:
    """Raises IECore.Exception where the script's working space is linear or logarithmic, or not in the OCIO config.

    Only in a display-referred space is the luma of a picture BT.709 luma.
    """
    name = GafferImage.OpenColorIOAlgo.getWorkingSpace(context)
    space = _known(name, "working space", _CHOOSE_ONE)
    # As the engine's `check_display_referred`, which Gaffer's process cannot load beside Gaffer's own OpenColorIO.
    if space.getEncoding() in ("scene-linear", "log", "data"):
        raise IECore.Exception(
            f"the working space '{name}' is {space.getEncoding()}, and a recovery needs a display-referred one; choose "
            "one such as srgb_tx in File > Settings > OpenColorIO, or on Settings of the graph"
        )


def checkKnown(context: Gaffer.Context) -> None:
    """Raises IECore.Exception where the script's working space is not in the OCIO config."""
    _known(GafferImage.OpenColorIOAlgo.getWorkingSpace(context), "working space", _CHOOSE_ONE)


def checkSpace(space: str, owner: str, advice: str) -> None:
    """Raises IECore.Exception where a colour space is not in the OCIO config, saying whose it is and what to do."""
    _known(space, f"colour space of {owner}", advice)


def isSameSpace(space: str, other: str) -> bool:
    """Whether two names are of one colour space of the OCIO config; not so where one is no name of it."""
    config, _ = GafferImage.OpenColorIOAlgo.currentConfigAndContext()
    found = [config.getColorSpace(name) for name in (space, other)]
    return None not in found and found[0].getName() == found[1].getName()


def curveOf(space: str) -> str:
    """The kind of curve (`curve_kinds`) that a space of the OCIO config has; empty where that is not known.

    As the engine's `curve_of`, which Gaffer's process cannot load beside Gaffer's own OpenColorIO.
    """
    config, _ = GafferImage.OpenColorIOAlgo.currentConfigAndContext()
    found = config.getColorSpace(space)
    if found is None or found.isData():
        return ""
    if found.getEncoding() or not config.hasRole(_LINEAR_ROLE):
        return _CURVES.get(found.getEncoding(), "")
    # The ACES configs say it of all spaces but sRGB.
    processor = config.getProcessor(space, _LINEAR_ROLE).getDefaultCPUProcessor()
    black, middle, white = (processor.applyRGB([grey] * 3)[1] for grey in (0.0, 0.5, 1.0))
    if abs(black) > _ABOUT or abs(white - 1) > _ABOUT:
        return ""
    return LINEAR if abs(middle - 0.5) < _ABOUT else DISPLAY


def _known(name: str, what: str, advice: str) -> PyOpenColorIO.ColorSpace:
    config, _ = GafferImage.OpenColorIOAlgo.currentConfigAndContext()
    space = config.getColorSpace(name)
    if space is None:
        raise IECore.Exception(f"the {what} '{name}' is not in the OpenColorIO config; {advice}")
    return space


def appendWorkingSpace(context: Gaffer.Context, h: IECore.MurmurHash) -> None:
    """Appends what these checks depend on to a hash."""
    h.append(GafferImage.OpenColorIOAlgo.currentConfigAndContextHash())
    h.append(GafferImage.OpenColorIOAlgo.getWorkingSpace(context))

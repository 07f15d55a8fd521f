import Gaffer
import GafferImage
import IECore
import PyOpenColorIO

_CHOOSE_ONE = "choose one in File > Settings > OpenColorIO, or on Settings of the graph"


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

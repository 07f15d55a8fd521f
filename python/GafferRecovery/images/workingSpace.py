import Gaffer
import GafferImage
import IECore
import PyOpenColorIO  # noqa: F401 (without it Python does not know the type of a config)


def checkDisplayReferred(context: Gaffer.Context) -> None:
    """Raises IECore.Exception where the script's working space is linear or logarithmic, or not in the OCIO config.

    Only in a display-referred space is the luma of a picture BT.709 luma.
    """
    name = GafferImage.OpenColorIOAlgo.getWorkingSpace(context)
    config, _ = GafferImage.OpenColorIOAlgo.currentConfigAndContext()
    space = config.getColorSpace(name)
    if space is None:
        raise IECore.Exception(
            f"the working space '{name}' is not in the OpenColorIO config; choose one in File > Settings > OpenColorIO"
        )
    # As the engine's `check_display_referred`, which Gaffer's process cannot load beside Gaffer's own OpenColorIO.
    if space.getEncoding() in ("scene-linear", "log", "data"):
        raise IECore.Exception(
            f"the working space '{name}' is {space.getEncoding()}, and a recovery needs a display-referred one; choose "
            "one such as srgb_tx in File > Settings > OpenColorIO"
        )


def appendWorkingSpace(context: Gaffer.Context, h: IECore.MurmurHash) -> None:
    """Appends what `checkDisplayReferred` depends on to a hash."""
    h.append(GafferImage.OpenColorIOAlgo.currentConfigAndContextHash())
    h.append(GafferImage.OpenColorIOAlgo.getWorkingSpace(context))

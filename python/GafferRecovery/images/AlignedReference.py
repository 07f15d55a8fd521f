import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import Gaffer
import GafferImage
import IECore

from GafferRecovery.engine import enginePackages
from GafferRecovery.files.fileState import fileState
from GafferRecovery.images import manualPlacement
from GafferRecovery.images.pixels import CHANNELS, rgbOf, tilesOf
from GafferRecovery.images.sharedArea import isEmpty
from GafferRecovery.images.WholeImage import WholeImage
from GafferRecovery.plugs import sentences

if TYPE_CHECKING:
    from filmrecovery.picture.arrays import Matrix

MANUAL_BASES = ("automatic", "fit")


class AlignedReference(WholeImage):
    """The reference with the framing and the frame numbers of the source. Private to `Align`.

    `in` is the reference with its own frame numbers. Where it shows nothing, the picture is black.
    """

    def __init__(self, name: str = "AlignedReference") -> None:
        WholeImage.__init__(self, name)

        self["source"] = GafferImage.ImagePlug()
        self["alignment"] = Gaffer.StringPlug()
        self["manual"] = Gaffer.BoolPlug()
        self["manualBase"] = Gaffer.StringPlug(defaultValue="automatic")
        self["frameOffset"] = Gaffer.IntPlug()
        self["transform"] = Gaffer.Transform2DPlug()
        self["corners"] = manualPlacement.cornersPlug()
        self["fileChanges"] = Gaffer.IntPlug()
        self["referenceFrame"] = Gaffer.IntPlug(direction=Gaffer.Plug.Direction.Out)
        for plug in self["out"].children():
            if plug.getName() not in ("channelData", "channelNames", "metadata"):
                plug.setInput(self["source"][plug.getName()])

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = WholeImage.affects(self, input)
        if any(
            input.isSame(self[name]) for name in ("alignment", "manual", "manualBase", "frameOffset", "fileChanges")
        ):
            outputs.append(self["referenceFrame"])
        if input.isSame(self["referenceFrame"]) or input.isSame(self["in"]["metadata"]):
            outputs.append(self["out"]["metadata"])
        return outputs

    def affectsTiles(self, input: Gaffer.Plug) -> bool:
        if input.parent().isSame(self["source"]):
            return input.getName() in ("format", "dataWindow")
        return (
            input.parent().isSame(self["in"])
            or any(self[name].isAncestorOf(input) for name in ("transform", "corners"))
            or any(input.isSame(self[name]) for name in ("referenceFrame", "alignment", "manual", "fileChanges"))
        )

    def otherTile(self) -> IECore.FloatVectorData:
        return GafferImage.ImagePlug.blackTile(_copy=False)

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        if output.isSame(self["referenceFrame"]):
            h.copyFrom(IECore.MurmurHash())
            h.append("GafferRecovery::AlignedReference referenceFrame")
            h.append(fileState(self["alignment"].getValue()))
            h.append(context.getFrame())
            for name in ("alignment", "manual", "manualBase", "frameOffset"):
                h.append(self[name].hash())
        elif output.isSame(self["out"]["channelNames"]):
            h.copyFrom(IECore.MurmurHash())
            h.append("GafferRecovery::AlignedReference channelNames")
        elif output.isSame(self["out"]["metadata"]):
            with self.__referenceContext(context):
                metadata = self["in"]["metadata"].hash()
            h.copyFrom(metadata)
        else:
            WholeImage.hash(self, output, context, h)

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        if output.isSame(self["referenceFrame"]):
            output.setValue(self.__referenceFrame(context))
        elif output.isSame(self["out"]["channelNames"]):
            output.setValue(IECore.StringVectorData(CHANNELS))
        elif output.isSame(self["out"]["metadata"]):
            with self.__referenceContext(context):
                metadata = self["in"]["metadata"].getValue(_copy=False)
            output.setValue(metadata)
        else:
            WholeImage.compute(self, output, context)

    def hashTiles(self, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        h.append(self["source"].formatHash())
        h.append(self["source"].dataWindowHash())
        h.append(fileState(self["alignment"].getValue()))
        h.append(context.getFrame())
        for name in ("alignment", "manual", "manualBase", "transform", "corners"):
            h.append(self[name].hash())
        with self.__referenceContext(context):
            h.append(GafferImage.ImageAlgo.imageHash(self["in"]))

    def computeTiles(self, context: Gaffer.Context) -> IECore.CompoundObject:
        dataWindow = self["source"].dataWindow()
        if isEmpty(dataWindow):
            return IECore.CompoundObject()
        np = enginePackages.module("numpy")
        warp = enginePackages.module("filmrecovery.picture.warp").warp
        canceller = context.canceller()
        width, height = dataWindow.size()
        with self.__referenceContext(context):
            window = self["in"].dataWindow()
            if isEmpty(window):
                return IECore.CompoundObject()
            picture = rgbOf(self["in"])
        matrix = self.__matrix(context, (width, height), tuple(window.size()))
        rgb = warp(picture, matrix, height, width, check=lambda: IECore.Canceller.check(canceller))
        IECore.Canceller.check(canceller)
        return tilesOf(np.nan_to_num(rgb, copy=False, nan=0.0), dataWindow)

    def __referenceContext(self, context: Gaffer.Context) -> Gaffer.Context:
        found = Gaffer.Context(context)
        found.setFrame(self["referenceFrame"].getValue())
        return found

    def __referenceFrame(self, context: Gaffer.Context) -> int:
        frame = round(context.getFrame())
        if not self["manual"].getValue():
            return self.__aligned(frame).reference
        alignment = _alignment(self["alignment"].getValue(), mustExist=self.__manualBase() == "automatic")
        aligned = alignment.get(frame)
        return (frame if aligned is None else aligned.reference) + self["frameOffset"].getValue()

    def __matrix(self, context: Gaffer.Context, size: tuple[int, int], referenceSize: tuple[int, int]) -> "Matrix":
        frame = round(context.getFrame())
        if not self["manual"].getValue():
            return self.__checked(self.__aligned(frame).matrix, size, referenceSize)
        if self.__manualBase() == "fit":
            base = manualPlacement.fitted(*size, *referenceSize)
        else:
            alignment = _alignment(self["alignment"].getValue(), mustExist=True)
            nearest = min(alignment, key=lambda other: abs(other - frame))
            base = self.__checked(alignment[nearest].matrix, size, referenceSize)
        corners = [self["corners"][name].getValue() for name in manualPlacement.CORNERS]
        return manualPlacement.moved(base, self["transform"].matrix(), corners, self["source"].dataWindow())

    def __aligned(self, frame: int) -> Any:
        """The alignment of a frame of the source. Raises IECore.Exception if there is none."""
        alignment = _alignment(self["alignment"].getValue(), mustExist=True)
        aligned = alignment.get(frame)
        if aligned is None:
            known = f"frames {min(alignment)} to {max(alignment)} were aligned" if alignment else "no frame was aligned"
            raise IECore.Exception(
                f"frame {frame}: no frame of the reference is known to show the same, and {known}; turn `manual` on "
                "and place one by hand, or leave this frame out"
            )
        return aligned

    def __checked(self, matrix: "Matrix", size: tuple[int, int], referenceSize: tuple[int, int]) -> "Matrix":
        """The matrix. Raises IECore.Exception if the size of an element is not the size that it was aligned with."""
        path = self["alignment"].getValue()
        whole = _wholeAlignment(path, fileState(path))
        for name, found, expected in (
            ("source", size, whole.source_size),
            ("reference", referenceSize, whole.reference_size),
        ):
            if tuple(found) != tuple(expected):
                sizes = "{}x{} pixels now and was {}x{}".format(*found, *expected)
                raise IECore.Exception(f"the {name} has {sizes} when it was aligned; dispatch Align again")
        return matrix

    def __manualBase(self) -> str:
        base = self["manualBase"].getValue()
        if base not in MANUAL_BASES:
            raise IECore.Exception(f"manualBase '{base}' is not one of {', '.join(MANUAL_BASES)}")
        return base


def _alignment(path: str, mustExist: bool) -> dict[int, Any]:
    """The aligned frames of a file, by frame number of the source.

    Raises IECore.Exception if the file is damaged, or if it has to exist and does not.
    """
    if not path:
        raise IECore.Exception("the plug fileName is empty; name the file of the alignment")
    if not Path(path).is_file():
        if not mustExist:
            return {}
        raise IECore.Exception(f"there is no alignment yet: dispatch Align, which makes {path}")
    return {frame.source: frame for frame in _wholeAlignment(path, fileState(path)).frames}


@functools.lru_cache(16)
def _wholeAlignment(path: str, state: str) -> Any:
    with sentences.ofEngine():
        return enginePackages.module("filmrecovery.reference.alignment.alignment_file").read_alignment(path)


IECore.registerRunTimeTyped(AlignedReference, typeName="GafferRecovery::AlignedReference")

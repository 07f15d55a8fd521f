from pathlib import Path

import Gaffer
import GafferImage
import IECore
import imath

from filmrecovery.reference.curation.shared_crop import read_crop
from GafferRecovery.files.fileState import fileState
from GafferRecovery.plugs import sentences


class CropRecord(Gaffer.ComputeNode):
    """The rectangle of the frame in a crop file, in pixels of the source. Private to `SharedCrop`.

    If `ofSource` is on, it is the rectangle in the file of the source's picture, which lies beside it.
    """

    def __init__(self, name: str = "CropRecord") -> None:
        Gaffer.ComputeNode.__init__(self, name)

        self["source"] = GafferImage.ImagePlug()
        self["enabled"] = Gaffer.BoolPlug(defaultValue=True)
        self["fileName"] = Gaffer.StringPlug()
        self["ofSource"] = Gaffer.BoolPlug()
        self["fileChanges"] = Gaffer.IntPlug()
        self["out"] = Gaffer.Box2iPlug(direction=Gaffer.Plug.Direction.Out)

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = Gaffer.ComputeNode.affects(self, input)
        if input.isSame(self["source"]["dataWindow"]) or input.parent().isSame(self):
            outputs += [*self["out"]["min"].children(), *self["out"]["max"].children()]
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        # Not from the base class's hash: it contains a number of the type, which differs between processes.
        h.copyFrom(IECore.MurmurHash())
        h.append(f"GafferRecovery::CropRecord {output.relativeName(self)}")
        h.append(self["enabled"].hash())
        if self["enabled"].getValue():
            h.append(str(self.__path()))
            h.append(fileState(self.__path()))
            h.append(context.getFrame())
            h.append(self["source"].dataWindowHash())

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        area = self.__area(context) if self["enabled"].getValue() else imath.Box2i(imath.V2i(0), imath.V2i(0))
        corner = area.min() if output.parent().isSame(self["out"]["min"]) else area.max()
        output.setValue(corner.x if output.getName() == "x" else corner.y)

    def __path(self) -> Path:
        path = Path(self["fileName"].getValue())
        return sourceCropFile(path) if self["ofSource"].getValue() else path

    def __area(self, context: Gaffer.Context) -> imath.Box2i:
        path = self.__path()
        if not path.is_file():
            raise IECore.Exception(f"there is no crop yet: dispatch SharedCrop, which makes {path}")
        with sentences.ofEngine():
            crop = read_crop(path).at(round(context.getFrame()))
        window = self["source"].dataWindow()
        size = window.size()
        if (size.x, size.y) != (crop.width, crop.height):
            raise IECore.Exception(
                f"{path}: the source had {crop.width}x{crop.height} pixels then and has {size.x}x{size.y} now; "
                "dispatch SharedCrop again"
            )
        # The engine counts from the upper left corner of the data window.
        left, top = window.min().x, window.max().y
        return imath.Box2i(imath.V2i(left + crop.x0, top - crop.y1), imath.V2i(left + crop.x1, top - crop.y0))


def sourceCropFile(path: Path) -> Path:
    """The file for the crop to the source's own picture, beside the file for the crop to what both elements show."""
    return path.with_name(f"source_{path.name}")


IECore.registerRunTimeTyped(CropRecord, typeName="GafferRecovery::CropRecord")

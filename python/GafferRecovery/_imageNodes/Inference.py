import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import Gaffer
import GafferDispatch
import GafferImage
import IECore
import imath

from filmrecovery.base.errors import RecoveryError
from filmrecovery.model.model_header import read_model_header
from filmrecovery.provenance.header_keys import GRADE_NAME, grade_of, with_grade
from GafferRecovery.engine import torchEngine
from GafferRecovery.images.pixels import rgbOf, tilesOf
from GafferRecovery.images.sharedArea import intersection, isEmpty
from GafferRecovery.images.WholeImage import WholeImage
from GafferRecovery.plugs import unsavedPlugs

if TYPE_CHECKING:
    from filmrecovery.picture.arrays import Picture

_NO_MODEL = "none"


class Inference(WholeImage):
    """The image as a trained model recovers it, live in the Viewer and for a writer.

    Recovers R, G and B within `crop`, or in the whole picture where `crop` is empty. The rest of the picture, other
    channels and windows stay as they are, and so does the metadata, but that it says which grade the picture was given
    by a model that knows several shots: that of `shot`, or that of the whole film. The image is converted from the
    script's working space to the one that the model was trained in, prepared as the training input was (the model
    carries its balance and cleaning), and converted back. Where the node is not enabled, `out` is `in`.
    """

    def __init__(self, name: str = "Inference") -> None:
        WholeImage.__init__(self, name)

        self["model"] = Gaffer.StringPlug()
        self["missingModel"] = Gaffer.StringPlug(defaultValue="error")
        self["crop"] = Gaffer.Box2iPlug(defaultValue=imath.Box2i(imath.V2i(0), imath.V2i(0)))
        self["shot"] = Gaffer.StringPlug()
        self["device"] = Gaffer.StringPlug(defaultValue="auto")
        self["refreshCount"] = Gaffer.IntPlug()
        self["__fileChanges"] = unsavedPlugs.fileChanges()
        for plug in self["out"].children():
            if plug.getName() not in ("channelData", "metadata"):
                plug.setInput(self["in"][plug.getName()])

    def watchedFile(self) -> tuple[Gaffer.StringPlug, Gaffer.IntPlug]:
        """The plug with the path of the file that `out` depends on, and the plug to count up when the file changes."""
        return self["model"], self["__fileChanges"]

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = WholeImage.affects(self, input)
        settings = [self[name] for name in ("model", "shot", "enabled", "refreshCount", "__fileChanges")]
        if any(input.isSame(plug) for plug in [*settings, self["in"]["metadata"]]):
            outputs.append(self["out"]["metadata"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        if not output.isSame(self["out"]["metadata"]):
            WholeImage.hash(self, output, context, h)
            return
        h.copyFrom(self["in"]["metadata"].hash())
        grade = self.__grade()
        if grade:
            h.append(self.typeName())
            h.append(grade)

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        if not output.isSame(self["out"]["metadata"]):
            WholeImage.compute(self, output, context)
            return
        metadata = self["in"]["metadata"].getValue()
        grade = self.__grade()
        if grade:
            earlier = {name: data.value for name, data in metadata.items() if isinstance(data, IECore.StringData)}
            metadata[GRADE_NAME] = IECore.StringData(with_grade(earlier, grade))
        output.setValue(metadata)

    def affectsTiles(self, input: Gaffer.Plug) -> bool:
        settings = [self[name] for name in ("model", "missingModel", "shot", "device", "refreshCount", "__fileChanges")]
        return self["crop"].isAncestorOf(input) or any(
            input.isSame(plug) for plug in [*settings, *self["in"].children()]
        )

    def hashTiles(self, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        h.append(GafferImage.ImageAlgo.imageHash(self["in"]))
        h.append(self.__modelHash())
        h.append(self["missingModel"].hash())
        h.append(self["shot"].hash())
        h.append(self["crop"].hash())
        h.append(GafferImage.OpenColorIOAlgo.currentConfigAndContextHash())
        h.append(GafferImage.OpenColorIOAlgo.getWorkingSpace(context))
        # Without the device, which changes the last digits only.

    def computeTiles(self, context: Gaffer.Context) -> IECore.CompoundObject:
        """The tiles of the recovered image; none where there is no model and the input is shown instead."""
        modelHash = self.__modelHash()
        dataWindow = self["in"].dataWindow()
        if modelHash == _NO_MODEL:
            if self["missingModel"].getValue() == "passThrough":
                return IECore.CompoundObject()
            raise RuntimeError(self.__missingModelMessage())
        if isEmpty(dataWindow):
            return IECore.CompoundObject()
        canceller = context.canceller()
        try:
            network, description = torchEngine.network(
                Path(self["model"].getValue()), modelHash, self["device"].getValue()
            )
            rgb = rgbOf(self["in"])
            workingSpace = GafferImage.OpenColorIOAlgo.getWorkingSpace(context)
            rgb = _converted(rgb, workingSpace, description.working_space)
            area = self.__area(dataWindow)
            inference = torchEngine.module("filmrecovery.model.inference")
            rgb[area] = inference.recover_source(
                network,
                description.preparation,
                rgb[area],
                description.shot_number(self["shot"].getValue()),
                check=lambda: IECore.Canceller.check(canceller),
            )
            rgb = _converted(rgb, description.working_space, workingSpace)
        except RecoveryError as error:
            raise RuntimeError(str(error)) from error
        IECore.Canceller.check(canceller)
        return tilesOf(rgb, dataWindow)

    def __area(self, dataWindow: imath.Box2i) -> tuple[slice, slice]:
        """The rows, from the top, and columns of the data window to recover. Raises RuntimeError if there are none."""
        crop = self["crop"].getValue()
        if isEmpty(crop):
            return slice(None), slice(None)
        area = intersection(dataWindow, crop)
        if isEmpty(area):
            raise RuntimeError(f"the crop {crop} leaves nothing of the picture, {dataWindow}; choose a crop within it")
        rows = slice(dataWindow.max().y - area.max().y, dataWindow.max().y - area.min().y)
        return rows, slice(area.min().x - dataWindow.min().x, area.max().x - dataWindow.min().x)

    def __modelHash(self) -> str:
        """A hash over the model's description, which contains a hash of its weights: it tells models apart."""
        header = self.__modelHeader()
        return hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest() if header else _NO_MODEL

    def __grade(self) -> str:
        """The name of the grade that the picture is given; empty where there is none to name."""
        header = self.__modelHeader() if self["enabled"].getValue() else None
        return grade_of(header.get("shots", ()), self["shot"].getValue()) if header else ""

    def __modelHeader(self) -> dict[str, Any] | None:
        """The description in the file of the model; None where there is no file."""
        path = Path(self["model"].getValue())
        if not path.is_file():
            return None
        try:
            return read_model_header(path)
        except RecoveryError as error:
            raise RuntimeError(str(error)) from error

    def __missingModelMessage(self) -> str:
        path = self["model"].getValue()
        if not path:
            return "the plug model is empty; connect it to `model` of a Train node, or name a file"
        node = self["model"].source().node()
        while node is not None and not isinstance(node, GafferDispatch.TaskNode):
            node = node.parent()
        if node is None:
            return f"{path}: there is no such model; name another file"
        return f"there is no model yet: dispatch {node.relativeName(self.scriptNode())}, which makes {path}"


def _converted(rgb: "Picture", fromSpace: str, toSpace: str) -> "Picture":
    """The picture in another colour space of the current OCIO config, in a new array where it changes."""
    import numpy as np
    import PyOpenColorIO

    config, ocioContext = GafferImage.OpenColorIOAlgo.currentConfigAndContext()
    processor = config.getProcessor(ocioContext, fromSpace, toSpace)
    if processor.isNoOp():
        return rgb
    converted = np.array(rgb, np.float32, order="C")
    # The faster optimisations approximate powers to 2e-5, which would show as a drift of luma.
    exact = processor.getOptimizedCPUProcessor(PyOpenColorIO.OPTIMIZATION_LOSSLESS)
    for row in converted:
        exact.applyRGB(row)
    return converted


IECore.registerRunTimeTyped(Inference, typeName="GafferRecovery::Inference")

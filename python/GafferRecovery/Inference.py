import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import Gaffer
import GafferDispatch
import GafferImage
import IECore

from filmrecovery.errors import ModelError, RecoveryError
from filmrecovery.model_header import read_model_header
from GafferRecovery import torchEngine
from GafferRecovery.pixels import CHANNELS, rgbOf, tileName, tilesOf
from GafferRecovery.sharedArea import isEmpty

if TYPE_CHECKING:
    import numpy as np

_NO_MODEL = "none"


class Inference(GafferImage.ImageProcessor):
    """The image as a trained model recovers it, live and under a writer.

    Works on R, G and B; other channels, metadata and windows stay as they are. The image is converted from the script's
    working space to the one that the model was trained in, and back.
    """

    # A network sees the whole image, so that all tiles are made at once: `__recovered` holds them, and `out` takes one
    # after the other from there.

    def __init__(self, name: str = "Inference") -> None:
        GafferImage.ImageProcessor.__init__(self, name)

        self["model"] = Gaffer.StringPlug()
        self["missingModel"] = Gaffer.StringPlug(defaultValue="error")
        self["device"] = Gaffer.StringPlug(defaultValue="auto")
        self["refreshCount"] = Gaffer.IntPlug()
        # Where it can be known that the model's file changed, this is counted up; unlike `refreshCount` it is no edit.
        self["__modelChanges"] = Gaffer.IntPlug(flags=Gaffer.Plug.Flags.Default & ~Gaffer.Plug.Flags.Serialisable)
        self["__recovered"] = Gaffer.CompoundObjectPlug(
            direction=Gaffer.Plug.Direction.Out,
            defaultValue=IECore.CompoundObject(),
            flags=Gaffer.Plug.Flags.Default & ~Gaffer.Plug.Flags.Serialisable,
        )
        for plug in self["out"].children():
            if plug.getName() != "channelData":
                plug.setInput(self["in"][plug.getName()])

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = GafferImage.ImageProcessor.affects(self, input)
        settings = [self[name] for name in ("model", "missingModel", "device", "refreshCount", "__modelChanges")]
        if any(input.isSame(plug) for plug in [*settings, *self["in"].children()]):
            outputs.append(self["__recovered"])
        if any(input.isSame(plug) for plug in (self["__recovered"], self["enabled"], self["in"]["channelData"])):
            outputs.append(self["out"]["channelData"])
        return outputs

    def hashCachePolicy(self, output: Gaffer.ValuePlug) -> Gaffer.ValuePlug.CachePolicy:
        if output.isSame(self["__recovered"]):
            return Gaffer.ValuePlug.CachePolicy.TaskCollaboration
        return Gaffer.ValuePlug.CachePolicy.Default

    def computeCachePolicy(self, output: Gaffer.ValuePlug) -> Gaffer.ValuePlug.CachePolicy:
        if output.isSame(self["__recovered"]):
            return Gaffer.ValuePlug.CachePolicy.TaskCollaboration
        # The tiles of `out` are parts of that value, which is in the cache.
        return Gaffer.ValuePlug.CachePolicy.Uncached

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        if output.isSame(self["__recovered"]):
            # From nothing: the base class appends numbers of types that differ between processes.
            h.copyFrom(IECore.MurmurHash())
            h.append("GafferRecovery::Inference")
            h.append(GafferImage.ImageAlgo.imageHash(self["in"]))
            h.append(self.__modelHash())
            h.append(self["missingModel"].hash())
            h.append(GafferImage.OpenColorIOAlgo.currentConfigAndContextHash())
            h.append(GafferImage.OpenColorIOAlgo.getWorkingSpace(context))
            # Not the device, which changes no more than the last digits.
        else:
            channel = context["image:channelName"]
            if channel not in CHANNELS or not self.__enabled(context):
                h.copyFrom(self["in"]["channelData"].hash())
                return
            with _imageContext(context):
                recovered = self["__recovered"].hash()
            h.copyFrom(recovered)
            h.append(channel)
            h.append(context["image:tileOrigin"])

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        if output.isSame(self["__recovered"]):
            output.setValue(self.__recover(context))
        else:
            output.setValue(self.__tile(context), _copy=False)

    def __tile(self, context: Gaffer.Context) -> IECore.FloatVectorData:
        channel = context["image:channelName"]
        if channel in CHANNELS and self.__enabled(context):
            with _imageContext(context):
                tiles = self["__recovered"].getValue(_copy=False)
            name = tileName(channel, context["image:tileOrigin"])
            if name in tiles:
                return tiles[name]
        # Another channel, a tile beyond the data window, or no model and the image passed through.
        return self["in"]["channelData"].getValue(_copy=False)

    def __enabled(self, context: Gaffer.Context) -> bool:
        with _imageContext(context):
            return self["enabled"].getValue()

    def __recover(self, context: Gaffer.Context) -> IECore.CompoundObject:
        """The tiles of the recovered image; none where there is no model and the image is to pass."""
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
            if description.source_prefilter is not None:
                raise ModelError(
                    f"{self['model'].getValue()}: trained on a source filtered by '{description.source_prefilter}', "
                    "which would have to be applied here too; train on the source as it is"
                )
            rgb = rgbOf(self["in"])
            workingSpace = GafferImage.OpenColorIOAlgo.getWorkingSpace(context)
            rgb = _converted(rgb, workingSpace, description.working_space)
            inference = torchEngine.module("filmrecovery.inference")
            rgb = inference.recover(network, rgb, check=lambda: IECore.Canceller.check(canceller))
            rgb = _converted(rgb, description.working_space, workingSpace)
        except RecoveryError as error:
            raise RuntimeError(str(error)) from error
        IECore.Canceller.check(canceller)
        return tilesOf(rgb, dataWindow)

    def __modelHash(self) -> str:
        """A hash over the model's description, its weights' hash included, which tells models at one path apart."""
        path = Path(self["model"].getValue())
        if not path.is_file():
            return _NO_MODEL
        try:
            header = read_model_header(path)
        except RecoveryError as error:
            raise RuntimeError(str(error)) from error
        return hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest()

    def __missingModelMessage(self) -> str:
        path = self["model"].getValue()
        if not path:
            return "no model is set; connect the plug model to that of a Train node, or name a file"
        node = self["model"].source().node()
        while node is not None and not isinstance(node, GafferDispatch.TaskNode):
            node = node.parent()
        if node is None:
            return f"{path}: there is no such model; name another file"
        return f"there is no model yet: dispatch {node.relativeName(self.scriptNode())}, which makes {path}"


def _imageContext(context: Gaffer.Context) -> Gaffer.Context:
    """The context in which the image as a whole is asked for, of that for one tile."""
    whole = Gaffer.Context(context)
    whole.remove("image:tileOrigin")
    whole.remove("image:channelName")
    return whole


def _converted(rgb: "np.ndarray", fromSpace: str, toSpace: str) -> "np.ndarray":
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

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import Gaffer
import GafferDispatch
import GafferImage
import IECore
import imath

from filmrecovery.film.frames.frame_encoding import DOUBT_CHANNEL, PREPARATION_NAME
from filmrecovery.model.model_header import read_model_header
from filmrecovery.provenance.header_keys import GRADE_NAME, grade_of, with_grade
from GafferRecovery.engine import torchEngine
from GafferRecovery.files import workState
from GafferRecovery.files.FollowedModel import FollowedModel
from GafferRecovery.files.workState import Work
from GafferRecovery.images import workingSpace
from GafferRecovery.images.pixels import CHANNELS, planesOf, rgbOf, tilesOf
from GafferRecovery.images.sharedArea import intersection, isEmpty
from GafferRecovery.images.WholeImage import WholeImage
from GafferRecovery.plugs import sentences, unsavedPlugs

if TYPE_CHECKING:
    from filmrecovery.picture.arrays import Picture, Values

_NO_MODEL = "none"


class Inference(WholeImage):
    """The image as a trained model recovers it, live in the Viewer and for a writer.

    The model is the file `model` or, as `follow` says, one of a training that may still run: its newest, best or final
    one. The training is that in the folder `run` or, where that is empty, the last one of `model`.

    Recovers R, G and B within `crop`, or in the whole picture where `crop` is empty. The rest of the picture, other
    channels and windows stay as they are, and so does the metadata, but that it says which grade the picture was given
    by a model that knows several shots: that of `shot`, or that of the whole film. The image is converted from the
    script's working space to the one that the model was trained in, prepared as the training input was (the model
    carries its balance and cleaning), and converted back. So it takes the source itself: one that a Balance or a Clean
    node prepared is refused, since the same would be done to it twice. Where the node is not enabled, `out` is `in`.

    With `doubt`, `out` has the channel recovery.doubt besides: the error to be expected, as the engine's render writes
    it, whatever the working space.
    """

    def __init__(self, name: str = "Inference") -> None:
        WholeImage.__init__(self, name)

        self["model"] = Gaffer.StringPlug()
        self["follow"] = Gaffer.StringPlug(defaultValue="modelFile")
        self["run"] = Gaffer.StringPlug()
        self["missingModel"] = Gaffer.StringPlug(defaultValue="error")
        self["crop"] = Gaffer.Box2iPlug(defaultValue=imath.Box2i(imath.V2i(0), imath.V2i(0)))
        self["shot"] = Gaffer.StringPlug()
        self["doubt"] = Gaffer.BoolPlug()
        self["device"] = Gaffer.StringPlug(defaultValue="auto")
        self["refreshCount"] = Gaffer.IntPlug()
        self["__fileChanges"] = unsavedPlugs.fileChanges()

        followed = self["__followedModel"] = FollowedModel()
        for plug in ("model", "follow", "run"):
            followed[plug].setInput(self[plug])
        followed["fileChanges"].setInput(self["__fileChanges"])
        self["__modelFile"] = unsavedPlugs.private(Gaffer.StringPlug)
        self["__modelFile"].setInput(followed["out"])
        for plug in self["out"].children():
            if plug.getName() not in ("channelData", "channelNames", "metadata"):
                plug.setInput(self["in"][plug.getName()])

    def watchedFile(self) -> tuple[Gaffer.StringPlug | Path | Gaffer.IntPlug, ...]:
        """The files that `out` depends on, and the plug to count up when they change. In the current context."""
        if self["follow"].getValue() == "modelFile":
            return self["model"], self["__fileChanges"]
        return *self["__followedModel"].watched(), self["__fileChanges"]

    def work(self) -> Work:
        """What model there is, for the graph. In the current context."""
        return workState.inference(Path(self["__followedModel"].path()))

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = WholeImage.affects(self, input)
        made = {"channelNames": ("missingModel", "doubt"), "metadata": ("shot",)}
        for output, own in made.items():
            settings = [self[name] for name in (*own, "__modelFile", "enabled", "refreshCount", "__fileChanges")]
            if any(input.isSame(plug) for plug in [*settings, self["in"][output]]):
                outputs.append(self["out"][output])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        if output.isSame(self["out"]["channelNames"]):
            h.copyFrom(self["in"]["channelNames"].hash())
            if self["enabled"].getValue() and self.__makesDoubt():
                h.append(DOUBT_CHANNEL)
        elif output.isSame(self["out"]["metadata"]):
            h.copyFrom(self["in"]["metadata"].hash())
            grade = self.__grade()
            if grade:
                h.append(self.typeName())
                h.append(grade)
        else:
            WholeImage.hash(self, output, context, h)

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        if output.isSame(self["out"]["channelNames"]):
            names = self["in"].channelNames()
            if self["enabled"].getValue() and self.__makesDoubt() and DOUBT_CHANNEL not in names:
                names.append(DOUBT_CHANNEL)
            output.setValue(names)
        elif output.isSame(self["out"]["metadata"]):
            metadata = self["in"]["metadata"].getValue()
            grade = self.__grade()
            if grade:
                earlier = {name: data.value for name, data in metadata.items() if isinstance(data, IECore.StringData)}
                metadata[GRADE_NAME] = IECore.StringData(with_grade(earlier, grade))
            output.setValue(metadata)
        else:
            WholeImage.compute(self, output, context)

    def affectsTiles(self, input: Gaffer.Plug) -> bool:
        names = ("__modelFile", "missingModel", "shot", "doubt", "device", "refreshCount", "__fileChanges")
        settings = [self[name] for name in names]
        return self["crop"].isAncestorOf(input) or any(
            input.isSame(plug) for plug in [*settings, *self["in"].children()]
        )

    def tileChannels(self) -> tuple[str, ...]:
        return (*CHANNELS, DOUBT_CHANNEL) if self["doubt"].getValue() else CHANNELS

    def __makesDoubt(self) -> bool:
        """Whether there is a channel of doubt besides: an input that is shown because there is no model has none."""
        if not self["doubt"].getValue():
            return False
        return self.__modelHash() != _NO_MODEL or self["missingModel"].getValue() != "passThrough"

    def hashTiles(self, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        h.append(GafferImage.ImageAlgo.imageHash(self["in"]))
        h.append(self.__modelHash())
        h.append(self["missingModel"].hash())
        h.append(self["shot"].hash())
        h.append(self["doubt"].hash())
        h.append(self["crop"].hash())
        workingSpace.appendWorkingSpace(context, h)
        # Without the device, which changes the last digits only; but one that is not there must be told.
        device = self["device"].getValue()
        if device not in ("auto", "cpu"):
            with sentences.ofEngine():
                torchEngine.module("filmrecovery.model.device").find_device(device)

    def computeTiles(self, context: Gaffer.Context) -> IECore.CompoundObject:
        """The tiles of the recovered image; none where there is no model and the input is shown instead."""
        modelHash = self.__modelHash()
        dataWindow = self["in"].dataWindow()
        if modelHash == _NO_MODEL:
            if self["missingModel"].getValue() == "passThrough":
                return IECore.CompoundObject()
            raise IECore.Exception(self.__missingModelMessage())
        if isEmpty(dataWindow):
            return IECore.CompoundObject()
        if PREPARATION_NAME in self["in"].metadata():
            raise IECore.Exception(
                "the image was balanced or cleaned before, and Inference does by itself what the model's training had; "
                "connect `in` to the source before the Balance and Clean nodes"
            )
        import numpy as np

        canceller = context.canceller()
        with sentences.ofEngine():
            network, description = torchEngine.network(
                Path(self["__modelFile"].getValue()), modelHash, self["device"].getValue(), canceller
            )
            makesDoubt = self["doubt"].getValue()
            if makesDoubt:
                torchEngine.module("filmrecovery.model.model_file", canceller).check_knows_doubt(
                    network, Path(self["__modelFile"].getValue())
                )
            planes = self.__planes(makesDoubt)
            workingSpace.checkKnown(context)
            workingSpace.checkSpace(
                description.working_space, "the model", "choose the config that it was trained with"
            )
            scriptSpace = GafferImage.OpenColorIOAlgo.getWorkingSpace(context)
            rgb = _converted(planes[..., :3], scriptSpace, description.working_space)
            area = self.__area(dataWindow)
            inference = torchEngine.module("filmrecovery.model.inference", canceller)
            recover = inference.recover_with_doubt if makesDoubt else inference.recover_source
            recovered = recover(
                network,
                description.preparation,
                rgb[area],
                description.shot_number(self["shot"].getValue()),
                check=lambda: IECore.Canceller.check(canceller),
            )
            if makesDoubt:
                recovered, doubt = recovered
                planes[area][..., 3] = np.hypot(planes[area][..., 3], doubt)
            rgb[area] = recovered
            planes[..., :3] = _converted(rgb, description.working_space, scriptSpace)
        IECore.Canceller.check(canceller)
        return tilesOf(planes, dataWindow, self.tileChannels())

    def __planes(self, withDoubt: bool) -> "Values":
        """R, G and B of the input, (height, width, 3 or 4), and the doubt of an earlier recovery, or 0."""
        import numpy as np

        if not withDoubt:
            return rgbOf(self["in"])
        if DOUBT_CHANNEL in self["in"].channelNames():
            return planesOf(self["in"], (*CHANNELS, DOUBT_CHANNEL))
        rgb = rgbOf(self["in"])
        return np.concatenate([rgb, np.zeros_like(rgb[..., :1])], axis=-1)

    def __area(self, dataWindow: imath.Box2i) -> tuple[slice, slice]:
        """The rows, from the top, and columns of the data window to recover. Raises IECore.Exception without any."""
        crop = self["crop"].getValue()
        if isEmpty(crop):
            return slice(None), slice(None)
        area = intersection(dataWindow, crop)
        if isEmpty(area):
            raise IECore.Exception(
                f"the crop {crop} leaves nothing of the picture, {dataWindow}; choose a crop within it"
            )
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
        path = Path(self["__modelFile"].getValue())
        if not path.is_file():
            return None
        with sentences.ofEngine():
            return read_model_header(path)

    def __missingModelMessage(self) -> str:
        path = self["model"].getValue()
        follow = self["follow"].getValue()
        if follow != "modelFile":
            return (
                f"the training has no {follow} model yet; wait for it, see that `run` or `model` names the right "
                "training, or let `follow` be the model file"
            )
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

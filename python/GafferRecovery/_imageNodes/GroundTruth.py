import functools

import Gaffer
import GafferImage
import IECore
import imath

from filmrecovery.base.limits import WIDEST_MEDIAN
from filmrecovery.base.recovery_modes import MODES, PARTS
from filmrecovery.film.elements.filtered_reference import check_filtered
from filmrecovery.film.frames.frame_encoding import FILTERED_NAME, PREPARATION_NAME
from filmrecovery.model.clean_settings import check_clean
from GafferRecovery.images import workingSpace
from GafferRecovery.images.composedReference import composedOf
from GafferRecovery.images.lumaExchange import withLumaOf
from GafferRecovery.images.PreparedImage import preparationOf
from GafferRecovery.images.sharedArea import intersection, isEmpty, sharedArea
from GafferRecovery.plugs import sentences, unsavedPlugs

_CHANNELS = "R G B"
_IMAGES = ("source", "reference", *PARTS)


class GroundTruth(GafferImage.ImageNode):
    """Makes the input and the target of training pairs from a source and a reference that show the same picture.

    In the mode "chroma" the target, `out`, is the source's luma with the reference's chroma. In "spatial" it is the
    reference's luma with the source's chroma, in "plain" the reference itself. What is connected to `luma`, `chroma`,
    `red`, `green` and `blue` stands for these parts of the reference. `trainingInput` is the input. Both have R, G and
    B only, the shared area of the elements, and values from 0 to 1. The images are those of the script's working space,
    which must be display-referred: only there is their luma BT.709 luma. Where the node is not enabled, both are
    `source`.
    """

    def __init__(self, name: str = "GroundTruth") -> None:
        GafferImage.ImageNode.__init__(self, name)

        self["source"] = GafferImage.ImagePlug()
        self["reference"] = GafferImage.ImagePlug()
        for part in PARTS:
            self[part] = GafferImage.ImagePlug()
        self["mode"] = Gaffer.StringPlug(defaultValue="chroma")
        self["median"] = Gaffer.IntPlug(defaultValue=10, minValue=0, maxValue=WIDEST_MEDIAN)
        self["crop"] = Gaffer.Box2iPlug(defaultValue=imath.Box2i(imath.V2i(0), imath.V2i(0)))

        self["trainingInput"] = unsavedPlugs.output(GafferImage.ImagePlug)
        self["__area"] = unsavedPlugs.output(Gaffer.Box2iPlug)
        self["__radius"] = unsavedPlugs.output(Gaffer.IntPlug)
        self["__modeIndex"] = unsavedPlugs.output(Gaffer.IntPlug)

        source = self.__prepared("source")
        images = {part: self.__prepared(part) for part in PARTS}
        composed, taken = composedOf(self.__prepared("reference"), images, self)
        reference = self.__clamped("composed", composed)
        for part, index in taken.items():
            self[f"__{part}Taken"] = unsavedPlugs.output(Gaffer.IntPlug)
            index.setInput(self[f"__{part}Taken"])

        median = self["__median"] = GafferImage.Median()
        median["in"].setInput(reference)
        median["radius"]["x"].setInput(self["__radius"])
        median["radius"]["y"].setInput(self["__radius"])
        median["boundingMode"].setValue(GafferImage.Sampler.BoundingMode.Clamp)

        target = self["__target"] = Gaffer.Switch()
        target.setup(self["out"])
        target["in"][0].setInput(withLumaOf(source, median["out"], self, "chroma"))
        target["in"][1].setInput(withLumaOf(reference, source, self, "spatial"))
        target["in"][2].setInput(reference)
        target["index"].setInput(self["__modeIndex"])

        self["trainingInput"].setInput(self.__ifEnabled("trainingInput", source))
        self["out"].setInput(self.__ifEnabled("out", self.__clamped("target", target["out"])))
        self["out"].setFlags(Gaffer.Plug.Flags.Serialisable, False)

    def __prepared(self, name: str) -> GafferImage.ImagePlug:
        """An input as the training needs it: R, G and B only, the shared area, values from 0 to 1."""
        channels = self[f"__{name}Channels"] = GafferImage.DeleteChannels()
        channels["in"].setInput(self[name])
        channels["mode"].setValue(GafferImage.DeleteChannels.Mode.Keep)
        channels["channels"].setValue(_CHANNELS)

        crop = self[f"__{name}Crop"] = GafferImage.Crop()
        crop["in"].setInput(channels["out"])
        crop["area"].setInput(self["__area"])
        # The files of pairs say by it what part of the picture they are.
        crop["affectDisplayWindow"].setValue(False)
        crop["resetOrigin"].setValue(False)

        return self.__clamped(name, crop["out"])

    def __clamped(self, name: str, image: GafferImage.ImagePlug) -> GafferImage.ImagePlug:
        clamp = self[f"__{name}Clamp"] = GafferImage.Clamp()
        clamp["in"].setInput(image)
        clamp["channels"].setValue(_CHANNELS)
        return clamp["out"]

    def __ifEnabled(self, output: str, image: GafferImage.ImagePlug) -> GafferImage.ImagePlug:
        """The image for an output; the source where the node is not enabled."""
        switch = self[f"__{output}Switch"] = Gaffer.Switch()
        switch.setup(self[output])
        switch["in"][0].setInput(self["source"])
        switch["in"][1].setInput(image)
        switch["index"].setInput(self["enabled"])
        return switch["out"]

    def correspondingInput(self, output: Gaffer.Plug) -> Gaffer.Plug | None:
        if any(output.isSame(self[name]) for name in ("out", "trainingInput")):
            return self["source"]
        return GafferImage.ImageNode.correspondingInput(self, output)

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = GafferImage.ImageNode.affects(self, input)
        plugs = ("format", "dataWindow", "metadata")
        checked = [*(self[image][plug] for image in _IMAGES for plug in plugs), self["mode"]]
        if any(input.isSame(plug) for plug in checked) or self["crop"].isAncestorOf(input):
            outputs += [*self["__area"]["min"].children(), *self["__area"]["max"].children()]
        # A connection dirties all of an image.
        outputs += [self[f"__{part}Taken"] for part in PARTS if input.isSame(self[part]["format"])]
        if input.isSame(self["mode"]):
            outputs += [self["__modeIndex"], self["__radius"]]
        elif input.isSame(self["median"]):
            outputs.append(self["__radius"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        # Not from the base class's hash: it contains a number of the type, which differs between processes.
        h.copyFrom(IECore.MurmurHash())
        h.append(f"GafferRecovery::GroundTruth {output.relativeName(self)}")
        part = self.__partOf(output)
        if part:
            h.append(self.__isTaken(part))
        elif self["__area"].isAncestorOf(output):
            for _, image in self.__images():
                h.append(image.formatHash())
                h.append(image.dataWindowHash())
                h.append(image.metadataHash())
            h.append(self["mode"].hash())
            h.append(self["crop"].hash())
            workingSpace.appendWorkingSpace(context, h)
        else:
            h.append(self["mode"].hash())
            h.append(self["median"].hash())

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        if self["__area"].isAncestorOf(output):
            # Every part of the result needs the area.
            workingSpace.checkDisplayReferred(context)
            self.__checkPreparation()
            area = self.__sharedArea()
            corner = area.min() if output.parent().isSame(self["__area"]["min"]) else area.max()
            output.setValue(corner.x if output.getName() == "x" else corner.y)
        elif part := self.__partOf(output):
            output.setValue(self.__isTaken(part))
        elif output.isSame(self["__radius"]):
            # An even width becomes one pixel wider, so that the window has a centre.
            output.setValue(self["median"].getValue() // 2 if self.__mode() == "chroma" else 0)
        else:
            output.setValue(MODES.index(self.__mode()))

    def __partOf(self, output: Gaffer.ValuePlug) -> str | None:
        """The part that an output decides on."""
        return next((part for part in PARTS if output.isSame(self[f"__{part}Taken"])), None)

    def __isTaken(self, part: str) -> bool:
        """Whether an image is connected that gives the part."""
        return self[part]["format"].source().direction() == Gaffer.Plug.Direction.Out

    def __images(self) -> list[tuple[str, GafferImage.ImagePlug]]:
        """The images that are used, each with the name that the user knows it by."""
        taken = [(f"image for {part}", self[part]) for part in PARTS if self.__isTaken(part)]
        return [("source", self["source"]), ("reference", self["reference"]), *taken]

    def __mode(self) -> str:
        mode = self["mode"].getValue()
        if mode not in MODES:
            raise IECore.Exception(f"mode '{mode}' is not one of {', '.join(MODES)}")
        return mode

    def __checkPreparation(self) -> None:
        """Raises IECore.Exception where the source was cleaned, or a reference smoothed, in a mode that learns from
        their grain and detail."""
        metadata = self["source"].metadata()
        if PREPARATION_NAME in metadata:
            with sentences.ofEngine():
                check_clean(preparationOf(metadata).clean, self.__mode())
        for name, image in self.__images()[1:]:
            metadata = image.metadata()
            if FILTERED_NAME in metadata:
                with sentences.ofEngine(f"The {name}"):
                    check_filtered(metadata[FILTERED_NAME].value, self.__mode())

    def __sharedArea(self) -> imath.Box2i:
        """The part of the picture that all images have, within the crop if one is set.

        Raises IECore.Exception where there is none.
        """
        source, *others = self.__images()
        area = functools.reduce(intersection, [sharedArea(source, other) for other in others])
        crop = self["crop"].getValue()
        if isEmpty(crop):
            return area
        cropped = intersection(area, crop)
        if isEmpty(cropped):
            raise IECore.Exception(f"the crop {crop} leaves nothing of the picture, {area}; choose a crop within it")
        return cropped


IECore.registerRunTimeTyped(GroundTruth, typeName="GafferRecovery::GroundTruth")

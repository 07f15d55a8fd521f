import zlib
from pathlib import Path

import Gaffer
import GafferImage
import IECore

from filmrecovery.film.elements.element import DEFAULT_SPACE, Element, find_element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.headers.dpx_layout import Layout, is_dpx, read_layout
from GafferRecovery.files import workState
from GafferRecovery.files.fileState import fileState
from GafferRecovery.files.workState import Work
from GafferRecovery.images import fileFaults, pixelFaults, workingSpace
from GafferRecovery.images.DpxImage import DpxImage
from GafferRecovery.images.WholeImage import wholeImageContext
from GafferRecovery.plugs import pathPlugs, sentences, unsavedPlugs

_LOWEST = -3.4028234663852886e38
"""Of all numbers of floating point with 32 bits."""


class ElementReader(GafferImage.ImageNode):
    """Reads the frames of an element, and converts them from their colour space to the script's working space.

    It does what ImageReader does not: its errors say which frames there are, it follows files that other processes
    write, and it does not divide by alpha, which in scans may be an infrared or dust channel. Every value is as the
    engine reads it: layouts of DPX that Gaffer's reader shows wrong are decoded by the engine's own code, and what else
    would differ is an error. An empty image while no files are named.
    """

    def __init__(self, name: str = "ElementReader") -> None:
        GafferImage.ImageNode.__init__(self, name)

        self["fileName"] = pathPlugs.files()
        self["colorSpace"] = Gaffer.StringPlug(defaultValue=DEFAULT_SPACE)
        self["refreshCount"] = Gaffer.IntPlug()
        self["__fileChanges"] = unsavedPlugs.fileChanges()
        self["__folder"] = unsavedPlugs.output(Gaffer.StringPlug)
        self["__refreshCount"] = unsavedPlugs.output(Gaffer.IntPlug)
        self["__checked"] = unsavedPlugs.output(Gaffer.IntPlug)
        self["__decoded"] = unsavedPlugs.output(Gaffer.BoolPlug)
        self["__lowest"] = unsavedPlugs.output(Gaffer.FloatPlug)

        reader = self["__reader"] = GafferImage.OpenImageIOReader()
        reader["enabled"].setInput(self["enabled"])
        reader["fileName"].setInput(self["fileName"])
        reader["refreshCount"].setInput(self["__refreshCount"])

        dpx = self["__dpx"] = DpxImage()
        dpx["in"].setInput(reader["out"])
        dpx["fileName"].setInput(self["fileName"])
        dpx["enabled"].setInput(self["__decoded"])

        statistics = self["__statistics"] = GafferImage.ImageStats()
        statistics["in"].setInput(dpx["out"])
        statistics["areaSource"].setValue(GafferImage.ImageStats.AreaSource.DataWindow)

        # It changes nothing: no value is below its limit. But it asks for the limit when it computes pixels, and only
        # then, so that their values are looked at without a wait for those who ask for a hash or a header.
        sound = self["__sound"] = GafferImage.Clamp()
        sound["in"].setInput(dpx["out"])
        sound["maxEnabled"].setValue(False)
        # All tiles ask in one context, so that the answer is computed once.
        whole = self["__whole"] = Gaffer.DeleteContextVariables()
        whole.setup(self["__lowest"])
        whole["variables"].setValue("image:channelName image:tileOrigin")
        whole["in"].setInput(self["__lowest"])
        for letter in "rgb":
            sound["min"][letter].setInput(whole["out"])

        color = self["__color"] = GafferImage.ColorSpace()
        color["in"].setInput(sound["out"])
        color["inputSpace"].setInput(self["colorSpace"])

        # Every part of the image needs the index, so that nothing of it is read before the check.
        checked = self["__image"] = Gaffer.Switch()
        checked.setup(self["out"])
        checked["in"][0].setInput(color["out"])
        checked["index"].setInput(self["__checked"])
        self["out"].setInput(checked["out"])
        self["out"].setFlags(Gaffer.Plug.Flags.Serialisable, False)

        self.plugSetSignal().connect(Gaffer.WeakMethod(self.__plugSet, fallbackResult=None))

    def watchedFile(self) -> tuple[Gaffer.StringPlug, Gaffer.IntPlug]:
        """The plug with the folder of the files, and the plug to count up when a file in it appears or is replaced."""
        return self["__folder"], self["__fileChanges"]

    def work(self) -> Work:
        """What the headers say of the colour otherwise than `colorSpace`, for the graph. In the current context."""
        space = self["colorSpace"].getValue()
        pattern = pathPlugs.text(self["fileName"]) if self["enabled"].getValue() else ""
        return workState.element(pattern, space, workingSpace.curveOf(space) if pattern else "")

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = GafferImage.ImageNode.affects(self, input)
        if any(input.isSame(self[name]) for name in ("fileName", "refreshCount", "__fileChanges", "enabled")):
            outputs += [self["__refreshCount"], self["__checked"], self["__decoded"], self["__lowest"]]
        elif input.isSame(self["colorSpace"]):
            outputs.append(self["__checked"])
        if input.isSame(self["fileName"]):
            outputs.append(self["__folder"])
        if input.isSame(self["__refreshCount"]):
            outputs.append(self["__lowest"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        # Not from the base class's hash: it contains a number of the type, which differs between processes.
        h.copyFrom(IECore.MurmurHash())
        h.append(f"GafferRecovery::ElementReader {output.getName()}")
        h.append(self["fileName"].hash())
        if output.isSame(self["__folder"]):
            return
        h.append(self["refreshCount"].hash())
        if output.isSame(self["__lowest"]):
            # Part of the image's hash, which must be the same in every process: as the reader's own.
            h.append(self["__refreshCount"].getValue())
            h.append(context.getFrame())
        elif output.isSame(self["__decoded"]):
            h.append(context.getFrame())
            h.append(fileState(self.__path(context)))
        elif output.isSame(self["__checked"]):
            h.append(self["enabled"].hash())
            h.append(self["colorSpace"].hash())
            workingSpace.appendWorkingSpace(context, h)
            h.append(context.getFrame())
            h.append(fileState(self.__path(context)))
        elif self["__fileChanges"].getValue():
            h.append(context.getFrame())
            h.append(fileState(self.__path(context)))

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        if output.isSame(self["__folder"]):
            pattern = self["fileName"].getValue()
            output.setValue(str(Path(pattern).parent) if pattern else "")
        elif output.isSame(self["__refreshCount"]):
            # Where nothing has changed since this process read the files, the image is the same as in other processes,
            # and so is its hash.
            count = self["refreshCount"].getValue()
            if self["__fileChanges"].getValue():
                count += zlib.crc32(fileState(self.__path(context)).encode()) >> 2
            output.setValue(count)
        elif output.isSame(self["__decoded"]):
            layout = self.__layout(self.__path(context))
            output.setValue(layout is not None and not layout.is_plain)
        elif output.isSame(self["__lowest"]):
            self.__checkValues(context)
            output.setValue(_LOWEST)
        else:
            self.__check(context)
            output.setValue(0)

    def __path(self, context: Gaffer.Context) -> str:
        """The file of the frame. Empty where no files are named. Raises IECore.Exception for what is no sequence."""
        pattern = self["fileName"].getValue()
        if not pattern:
            return ""
        with sentences.ofEngine():
            return str(Element(pattern, (), "").path(round(context.getFrame())))

    def __check(self, context: Gaffer.Context) -> None:
        """Raises IECore.Exception where the frame has no file, saying what frames there are, or has no known space."""
        path = self.__path(context)
        if not path or not self["enabled"].getValue():
            return
        workingSpace.checkKnown(context)
        workingSpace.checkSpace(self["colorSpace"].getValue(), "the files", "choose one of the menu")
        if Path(path).is_file():
            if not self.__layout(path):
                self.__checkFile(path, context)
            return
        pattern = self["fileName"].getValue()
        with sentences.ofEngine():
            frames = find_element(pattern).frames
        raise IECore.Exception(
            f"frame {round(context.getFrame())} is not there: {pattern} has the frames {format_frames(frames)}; go to "
            "one of these, or restore the file"
        )

    def __layout(self, path: str) -> Layout | None:
        """How the picture lies in a file, where it is DPX. Raises IECore.Exception where it is not read."""
        if not path or not Path(path).is_file():
            return None
        with sentences.ofEngine():
            return read_layout(Path(path)) if is_dpx(Path(path)) else None

    def __checkFile(self, path: str, context: Gaffer.Context) -> None:
        """Raises IECore.Exception where the image would not be as the engine reads the file."""
        with wholeImageContext(context):
            fault = fileFaults.faultOf(Path(path), self["__reader"]["out"])
        if fault:
            raise IECore.Exception(f"{path}: {fault}")

    def __checkValues(self, context: Gaffer.Context) -> None:
        """Raises IECore.Exception where the engine would not take the values of the frame."""
        with wholeImageContext(context):
            fault = pixelFaults.faultOf(Path(self.__path(context)), self["__dpx"]["out"], self["__statistics"])
        if fault:
            raise IECore.Exception(f"{self.__path(context)}: {fault}")

    def __plugSet(self, plug: Gaffer.Plug) -> None:
        if plug.isSame(self["refreshCount"]) or plug.isSame(self["__fileChanges"]):
            # Files that are still open are those from before they were replaced.
            limit = GafferImage.OpenImageIOReader.getOpenFilesLimit()
            GafferImage.OpenImageIOReader.setOpenFilesLimit(0)
            GafferImage.OpenImageIOReader.setOpenFilesLimit(limit)


IECore.registerRunTimeTyped(ElementReader, typeName="GafferRecovery::ElementReader")

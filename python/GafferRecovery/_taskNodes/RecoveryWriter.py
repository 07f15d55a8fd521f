import functools
import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import Gaffer
import GafferImage
import IECore

from filmrecovery.base.atomic import atomic_path
from filmrecovery.base.errors import OutputError, RecoveryError
from filmrecovery.base.message_lines import rounded_percent
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.frames.frame_encoding import MARK_NAME, check_encoding
from filmrecovery.film.frames.frame_seal import is_as_written, sealed
from filmrecovery.picture.aces import DELIVERY_SPACE
from GafferRecovery._taskNodes.RecoveryTask import RecoveryTask
from GafferRecovery.engine import engineProcess
from GafferRecovery.images import workingSpace
from GafferRecovery.images.DeliveryMetadata import MARK_VARIABLE, DeliveryMetadata
from GafferRecovery.images.sourceFiles import sourceFiles
from GafferRecovery.plugs import unsavedPlugs

_FILE_VARIABLE = "recoveryWriter:fileName"
_COMPRESSION_VARIABLE = "recoveryWriter:compression"
_DATA_TYPE_VARIABLE = "recoveryWriter:dataType"
# Compression and data type of each encoding, by ImageWriter's names.
_FORMATS = {
    "zip": ("zip", "half"),
    "dwaa": ("dwaa", "half"),
    "aces": ("none", "half"),
    "float": ("zip", "float"),
}

# The last line of a traceback, up to its message.
_RAISED = re.compile(r"^[A-Za-z_][\w.]*: ", re.MULTILINE)
# The place that Gaffer names before an error: a node, and its private parts or outputs.
_PLACE = re.compile(r"^(\w[\w.]*?)(?:\.(?:__|out\b)[\w.]*)? : ")
# Of the reasons that are told where frames fail, each for one of its own.
_MOST_REASONS = 10
_MOST_KEPT = 512 * 1024 * 1024
"""Bytes in the cache of values."""


class RecoveryWriter(RecoveryTask):
    """Writes frames as EXR for delivery: ACES2065-1 half float, in one of the engine's encodings.

    It does what ImageWriter does not. A frame is written whole or not at all. A finished frame is not made again unless
    its image or its source files change. If a frame fails, the others are still written. Where the node is not enabled
    nothing is written, and `out` is `in` as always.
    """

    def __init__(self, name: str = "RecoveryWriter") -> None:
        RecoveryTask.__init__(self, name)

        self["in"] = GafferImage.ImagePlug()
        self["fileName"] = Gaffer.StringPlug()
        self["colorSpace"] = Gaffer.StringPlug(defaultValue=DELIVERY_SPACE)
        self["encoding"] = Gaffer.StringPlug(defaultValue="zip")
        self["out"] = unsavedPlugs.output(GafferImage.ImagePlug)
        self["out"].setInput(self["in"])

        # The variables below are private to the writer. In the graph they would change the hashes of all images.
        clean = self["__clean"] = Gaffer.DeleteContextVariables()
        clean.setup(self["in"])
        clean["in"].setInput(self["in"])
        clean["variables"].setValue("recoveryWriter:*")

        # Not by ImageWriter, which divides by alpha: in scans that may be an infrared or dust channel.
        color = self["__color"] = GafferImage.ColorSpace()
        color["in"].setInput(clean["out"])
        color["outputSpace"].setInput(self["colorSpace"])

        metadata = self["__metadata"] = DeliveryMetadata()
        metadata["in"].setInput(color["out"])
        metadata["colorSpace"].setInput(self["colorSpace"])
        metadata["encoding"].setInput(self["encoding"])

        writer = self["__writer"] = GafferImage.ImageWriter()
        writer["in"].setInput(metadata["out"])
        writer["fileName"].setValue(f"${{{_FILE_VARIABLE}}}")
        writer["colorSpace"].setValue("${ocio:workingSpace}")
        # One part, as the preset Single Part has it. By default each layer is a part, and other programs see the first.
        writer["layout"]["partName"].setValue("")
        writer["layout"]["channelName"].setValue(
            "${imageWriter:layerName}.${imageWriter:singlePartViewName}.${imageWriter:baseName}"
        )
        writer["openexr"]["compression"].setValue(f"${{{_COMPRESSION_VARIABLE}}}")
        writer["openexr"]["dataType"].setValue(f"${{{_DATA_TYPE_VARIABLE}}}")

    def correspondingInput(self, output: Gaffer.Plug) -> Gaffer.Plug | None:
        return self["in"] if output.isSame(self["out"]) else RecoveryTask.correspondingInput(self, output)

    def taskHash(self, context: Gaffer.Context) -> IECore.MurmurHash:
        with context:
            if not (self["enabled"].getValue() and self["fileName"].getValue() and self["in"].getInput()):
                return IECore.MurmurHash()
            h = IECore.MurmurHash()
            h.append(self.typeName())
            h.append(context.getFrame())
            for name in ("fileName", "colorSpace", "encoding"):
                h.append(self[name].hash())
        return h

    def execute(self) -> None:
        self.executeSequence([Gaffer.Context.current().getFrame()])

    def executeSequence(self, frames: list[float]) -> None:
        # A private writer speaks for the node that it belongs to.
        name = self.relativeName(self.scriptNode()).partition(".__")[0]
        failures: dict[str, list[int]] = {}
        shown = -1
        with Gaffer.Context(Gaffer.Context.current()) as context:
            for done, frame in enumerate(frames, start=1):
                context.setFrame(frame)
                IECore.Canceller.check(context.canceller())
                try:
                    self.__writeFrame(name)
                # Errors of the graph's nodes come as RuntimeError; a cancellation does not.
                except (RuntimeError, RecoveryError) as error:
                    IECore.msg(IECore.Msg.Level.Debug, name, str(error))
                    failures.setdefault(_reason(error), []).append(round(frame))
                _forget()
                percent = rounded_percent(done, len(frames))
                if len(frames) > 1 and percent != shown:
                    engineProcess.showProgress(f"Progress: {percent}%", name if shown < 0 else "")
                    shown = percent
        if failures:
            raise IECore.Exception(f"{name}: {_sentence(failures, len(frames))}")

    def __writeFrame(self, name: str) -> None:
        """Writes the frame of the current context, unless it is finished or the node is not enabled."""
        if not self["enabled"].getValue():
            return
        path = Path(self["fileName"].getValue())
        encoding = self["encoding"].getValue()
        if path.suffix.lower() != ".exr":
            raise IECore.Exception(f"{path}: the file name must end in .exr, because other formats lose values")
        check_encoding(encoding, self["colorSpace"].getValue())
        workingSpace.checkKnown(Gaffer.Context.current())
        workingSpace.checkSpace(self["colorSpace"].getValue(), "the files", "choose one of the menu")
        channels = self["in"].channelNames()
        if encoding == "aces" and not set(channels) <= {"R", "G", "B", "A"}:
            raise IECore.Exception(
                f"{path}: an ACES container can only hold the channels R, G, B and A. This frame has "
                f"{', '.join(channels)}; choose the encoding zip or dwaa"
            )
        sources = sourceFiles(self["in"])
        if path.exists() and any(path.samefile(source) for source in sources):
            raise IECore.Exception(f"{path}: would overwrite its own source; choose another folder or name")
        mark = self.__mark(sources)
        if _markOf(path) == mark:
            if is_as_written(path):
                IECore.msg(IECore.Msg.Level.Info, name, f"{path} is finished")
                return
            text = f"{path} is damaged, or was changed since it was written, and is made again"
            IECore.msg(IECore.Msg.Level.Info, name, text)
        compression, dataType = _FORMATS[encoding]
        with atomic_path(path) as temporary, Gaffer.Context(Gaffer.Context.current()) as context:
            context[MARK_VARIABLE] = mark
            context[_FILE_VARIABLE] = str(temporary)
            context[_COMPRESSION_VARIABLE] = compression
            context[_DATA_TYPE_VARIABLE] = dataType
            # ImageWriter's messages name the temporary file.
            with IECore.LevelFilteredMessageHandler(IECore.MessageHandler.currentHandler(), IECore.Msg.Level.Warning):
                self["__writer"]["task"].execute()
            _seal(path, temporary)
        IECore.msg(IECore.Msg.Level.Info, name, f"wrote {path}")

    def __mark(self, sources: list[Path]) -> str:
        """A hash over the image as the graph describes it, the content of its files, and the format."""
        digest = hashlib.sha256(GafferImage.ImageAlgo.imageHash(self["in"]).toString().encode())
        digest.update(f"{self['colorSpace'].getValue()} {self['encoding'].getValue()}".encode())
        for path in sources:
            digest.update(_contentHash(path, path.stat().st_mtime_ns).encode())
        return digest.hexdigest()


def _forget() -> None:
    """Frees what Gaffer keeps of frames that are written, once that is much: they do not come again.

    Gaffer itself keeps up to 8 GB, which is too much where it only renders: a scan of 2K leaves 0.25 GB a frame.
    """
    if Gaffer.ValuePlug.cacheMemoryUsage() > _MOST_KEPT:
        Gaffer.ValuePlug.clearCache()


def _seal(path: Path, temporary: Path) -> None:
    """Seals what ImageWriter wrote, which does not say when the disk filled within the last block."""
    with open(temporary, "r+b") as file:
        try:
            place, digits = sealed(file.read())
        except ValueError as error:
            raise OutputError(
                f"{path}: cannot be written ({error}); free some space or choose another folder"
            ) from error
        file.seek(place)
        file.write(digits)


# Several writers read the elements of a shot, and pairs need their frames again.
@functools.lru_cache(256)
def _contentHash(path: Path, modified: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _markOf(path: Path) -> str | None:
    """The mark of the frame in the file; None where there is no readable frame, or one without."""
    import OpenImageIO

    if not os.path.isfile(path):
        return None
    image = OpenImageIO.ImageInput.open(str(path))
    if image is None:
        # It is no finished frame. The error is fetched so that it does not show up elsewhere.
        OpenImageIO.geterror()
        return None
    mark = image.spec().get_string_attribute(MARK_NAME)
    image.close()
    return mark or None


def _sentence(failures: Mapping[str, Sequence[int]], count: int) -> str:
    """What went wrong at which of so many frames; the first reasons, where each frame has one of its own."""
    if count == 1:
        ((reason, (frame,)),) = failures.items()
        return f"frame {frame} was not written: {reason}"
    lines = [
        f"{'frame' if len(frames) == 1 else 'frames'} {format_frames(frames)}: {reason}"
        for reason, frames in failures.items()
    ]
    if len(lines) > _MOST_REASONS:
        lines[_MOST_REASONS:] = [f"and {len(lines) - _MOST_REASONS} other reasons"]
    failed = sum(len(frames) for frames in failures.values())
    return "\n  ".join([f"{failed} of {count} frames were not written:", *lines])


def _reason(error: Exception) -> str:
    """What went wrong and in which node, without the traceback that an error of a Python node has."""
    text = _PLACE.sub(r"\1: ", str(error).strip())
    node, separator, traceback = text.partition("Traceback (most recent call last):")
    if not separator:
        return node
    last = list(_RAISED.finditer(traceback))[-1]
    return f"{node}{traceback[last.end() :].strip()}"


IECore.registerRunTimeTyped(RecoveryWriter, typeName="GafferRecovery::RecoveryWriter")

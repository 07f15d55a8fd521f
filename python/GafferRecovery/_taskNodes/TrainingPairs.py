import Gaffer
import GafferDispatch
import GafferImage
import IECore

from filmrecovery.base.errors import SettingsError
from filmrecovery.film.pair_roles import pair_roles
from GafferRecovery._taskNodes.RecoveryWriter import RecoveryWriter
from GafferRecovery.engine import engineProcess
from GafferRecovery.files.PairFiles import PairFiles
from GafferRecovery.files.SelectionRecord import SelectionRecord

_IMAGES = {"train": ("input", "target"), "hold-out": ("input", "target"), "preview": ("preview",)}


class TrainingPairs(GafferDispatch.TaskNode):
    """Writes training pairs: the frames that are chosen, whatever range is dispatched, then a manifest.

    Each image of a pair is a task of its own, so that a farm writes them side by side. The task of this node, the
    manifest, waits for all of them. Where the frames are still to be selected when a dispatch begins, this node writes
    them itself, after the selection. Images are written as they are, in the script's working space.
    """

    def __init__(self, name: str = "TrainingPairs") -> None:
        GafferDispatch.TaskNode.__init__(self, name)

        for image in ("input", "target", "preview"):
            self[image] = GafferImage.ImagePlug()
        self["mode"] = Gaffer.StringPlug(defaultValue="chroma")
        self["frames"] = Gaffer.StringPlug()
        self["holdOutFrames"] = Gaffer.StringPlug()
        self["previewFrame"] = Gaffer.StringPlug()
        self["directory"] = Gaffer.StringPlug(defaultValue="${project:rootDirectory}/pairs/${script:name}")
        self["dataType"] = Gaffer.StringPlug(defaultValue="float")
        self["label"] = Gaffer.StringPlug()
        self["alignment"] = Gaffer.StringPlug()
        self["pairs"] = Gaffer.StringPlug(
            direction=Gaffer.Plug.Direction.Out, flags=Gaffer.Plug.Flags.Default & ~Gaffer.Plug.Flags.Serialisable
        )
        self["pairs"].setInput(self["directory"])

        files = self["__files"] = PairFiles()
        files["directory"].setInput(self["directory"])
        files["dataType"].setInput(self["dataType"])
        for image, file in (("input", "input"), ("target", "target"), ("preview", "input")):
            writer = self[f"__{image}Writer"] = RecoveryWriter()
            writer["preTasks"].setInput(self["preTasks"])
            writer["in"].setInput(self[image])
            writer["fileName"].setInput(files[file])
            writer["encoding"].setInput(files["encoding"])
            writer["colorSpace"].setValue("${ocio:workingSpace}")
            writer["dispatcher"]["batchSize"].setInput(self["dispatcher"]["batchSize"])

    def preTasks(self, context: Gaffer.Context) -> list[GafferDispatch.TaskNode.Task]:
        if self.__awaitsSelection() and not self.__frames(context):
            return GafferDispatch.TaskNode.preTasks(self, context)
        # Upstream tasks are those of the writers, at the frames of the pairs alone.
        tasks = []
        for frame, role in self.__roles(context).items():
            frameContext = Gaffer.Context(context)
            frameContext.setFrame(frame)
            tasks += [self.Task(self[f"__{image}Writer"]["task"], frameContext) for image in _IMAGES[role]]
        return tasks

    def hash(self, context: Gaffer.Context) -> IECore.MurmurHash:
        # Not the frame: all frames of a dispatch share one manifest.
        h = GafferDispatch.TaskNode.hash(self, context)
        with context:
            for name in (
                "mode",
                "frames",
                "holdOutFrames",
                "previewFrame",
                "directory",
                "dataType",
                "label",
                "alignment",
            ):
                h.append(self[name].hash())
            h.append(context.get("ocio:workingSpace", ""))
        return h

    def execute(self) -> None:
        name = self.relativeName(self.scriptNode())
        if self.__awaitsSelection():
            self.__writeImages()
        directory = self["directory"].getValue()
        options = {
            "mode": self["mode"].getValue(),
            "working-space": GafferImage.OpenColorIOAlgo.getWorkingSpace(Gaffer.Context.current()),
            "frames": self["frames"].getValue(),
            "hold-out-frames": self["holdOutFrames"].getValue(),
            "preview-frames": self["previewFrame"].getValue(),
            "label": self["label"].getValue(),
        }
        if self["alignment"].getValue():
            options["alignment"] = self["alignment"].getValue()
        # As one argument each, since a value may be empty or begin with a hyphen.
        engineProcess.run(["adopt", directory, *(f"--{key}={value}" for key, value in options.items())], name)

    def __awaitsSelection(self) -> bool:
        """Whether it can be that the frames were not known, or others, when the tasks were laid out."""
        return isinstance(self["frames"].source().node(), SelectionRecord)

    def __frames(self, context: Gaffer.Context) -> str:
        with context:
            return self["frames"].getValue()

    def __writeImages(self) -> None:
        """Writes the images of all pairs that are not there yet."""
        roles = self.__roles(Gaffer.Context.current())
        for image in ("input", "target", "preview"):
            frames = [frame for frame, role in roles.items() if image in _IMAGES[role]]
            if frames:
                self[f"__{image}Writer"]["task"].executeSequence(frames)

    def __roles(self, context: Gaffer.Context) -> dict[int, str]:
        """The role of each frame of the pairs. Raises RuntimeError in the engine's words."""
        name = self.relativeName(self.scriptNode())
        with context:
            texts = [self[plug].getValue() for plug in ("frames", "holdOutFrames", "previewFrame")]
            directory = self["directory"].getValue()
        if not directory:
            raise RuntimeError(f"{name}: the plug directory is empty; set it to a folder for the pairs")
        try:
            roles = pair_roles(*texts)
        except SettingsError as error:
            raise RuntimeError(f"{name}: {error}") from error
        for image in sorted({image for role in roles.values() for image in _IMAGES[role]}):
            if self[image].getInput() is None:
                raise RuntimeError(f"{name}: nothing is connected to the plug {image}")
        return roles


IECore.registerRunTimeTyped(TrainingPairs, typeName="GafferRecovery::TrainingPairs")

import Gaffer
import GafferDispatch
import GafferImage
import IECore

from filmrecovery.film.elements.pair_roles import pair_roles
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery._taskNodes.RecoveryWriter import RecoveryWriter
from GafferRecovery.files.PairFiles import PairFiles
from GafferRecovery.files.SelectionRecord import SelectionRecord
from GafferRecovery.plugs import pathPlugs, sentences, unsavedPlugs

_IMAGES = {"train": ("input", "target"), "hold-out": ("input", "target"), "preview": ("preview",)}


class TrainingPairs(EngineTask):
    """Writes training pairs: the chosen frames, whatever range is dispatched, and then a manifest.

    Each image of a pair is a task of its own, so that a farm writes them side by side. The task of this node writes the
    manifest, after all images. If the frames are not yet selected when a dispatch begins, this node writes the images
    too, after the selection. Images are written in the script's working space.

    Where the node is not enabled nothing is written; `pairs` still carries the folder, so that earlier pairs stay in
    use.
    """

    def __init__(self, name: str = "TrainingPairs") -> None:
        EngineTask.__init__(self, name)

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
        self["shots"] = Gaffer.StringPlug()
        self["maskFiles"] = pathPlugs.files()
        self["maskBoxes"] = Gaffer.StringPlug()
        self["pairs"] = unsavedPlugs.output(Gaffer.StringPlug)
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

    def needsNoFrame(self, context: Gaffer.Context) -> bool:
        """Whether it is laid out which images there are: they have frames of their own."""
        with context:
            return self["enabled"].getValue() and bool(self["frames"].getValue() or not self.__awaitsSelection())

    def tasksBefore(self, context: Gaffer.Context) -> list[GafferDispatch.TaskNode.Task]:
        if not self.needsNoFrame(context):
            return EngineTask.tasksBefore(self, context)
        # The tasks before this node come before the writers, at the frames of the pairs only.
        tasks = []
        for frame, role in self.__roles(context).items():
            frameContext = Gaffer.Context(context)
            frameContext.setFrame(frame)
            tasks += [self.Task(self[f"__{image}Writer"]["task"], frameContext) for image in _IMAGES[role]]
        return tasks

    def taskHash(self, context: Gaffer.Context) -> IECore.MurmurHash:
        h = EngineTask.taskHash(self, context)
        if h != IECore.MurmurHash():
            # The manifest does not name it, but where it changes the images do.
            with context:
                h.append(self["dataType"].hash())
        return h

    def execute(self) -> None:
        if self["enabled"].getValue() and self.__awaitsSelection():
            self.__writeImages()
        EngineTask.execute(self)

    def calls(self, name: str) -> list[list[str]]:
        options = {
            "mode": self["mode"].getValue(),
            "working-space": GafferImage.OpenColorIOAlgo.getWorkingSpace(Gaffer.Context.current()),
            "frames": self["frames"].getValue(),
            "hold-out-frames": self["holdOutFrames"].getValue(),
            "preview-frames": self["previewFrame"].getValue(),
            "label": self["label"].getValue(),
        }
        named = {"alignment": "alignment", "shots": "shots", "maskFiles": "mask-files", "maskBoxes": "mask-boxes"}
        options |= {option: self[plug].getValue() for plug, option in named.items() if self[plug].getValue()}
        # Each is one argument, because a value may be empty or begin with a hyphen.
        return [["adopt", self.__directory(name), *(f"--{key}={value}" for key, value in options.items())]]

    def __directory(self, name: str) -> str:
        return self.needed("directory", name, "set it to a folder for the pairs")

    def __awaitsSelection(self) -> bool:
        """Whether the frames may have been unknown, or other ones, when the dispatch began."""
        return isinstance(self["frames"].source().node(), SelectionRecord)

    def __writeImages(self) -> None:
        """Writes the images of all pairs that are not there yet."""
        roles = self.__roles(Gaffer.Context.current())
        for plug in self["preTasks"]:
            writer = plug.source().node()
            if isinstance(writer, RecoveryWriter):
                # Frames of an earlier stage, of which the dispatch had those of its range.
                writer["task"].executeSequence(sorted(roles))
        for image in ("input", "target", "preview"):
            frames = [frame for frame, role in roles.items() if image in _IMAGES[role]]
            if frames:
                self[f"__{image}Writer"]["task"].executeSequence(frames)

    def __roles(self, context: Gaffer.Context) -> dict[int, str]:
        """The role of each frame of the pairs. Raises IECore.Exception, with the text of the engine."""
        name = self.relativeName(self.scriptNode())
        with context:
            texts = [self[plug].getValue() for plug in ("frames", "holdOutFrames", "previewFrame")]
            self.__directory(name)
        with sentences.ofEngine(name):
            roles = pair_roles(*texts)
        for image in sorted({image for role in roles.values() for image in _IMAGES[role]}):
            if self[image].getInput() is None:
                raise IECore.Exception(f"{name}: nothing is connected to the plug {image}; connect an image to it")
        return roles


IECore.registerRunTimeTyped(TrainingPairs, typeName="GafferRecovery::TrainingPairs")

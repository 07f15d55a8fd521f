from pathlib import Path

import Gaffer

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, np, picture, rgbChannels, writeExr

CHECKOUT = Path(__file__).resolve().parents[2]
GRAPHS = {path.stem: path for path in sorted((CHECKOUT / "graphs").glob("*.gfr"))}


class GraphTestCase(RecoveryTestCase):
    """A case that loads the graphs of the checkout."""

    def load(self, name):
        """The graph, in a project that lies in the temporary directory."""
        self.script = Gaffer.ScriptNode()
        self.script["fileName"].setValue(str(GRAPHS[name]))
        self.script.load()
        settings = self.script["Settings"]
        settings["folder"].setValue(str(self.temporaryDirectory()))
        for plug in self.elementFiles():
            role = plug.getName().removesuffix("Files")
            plug.setValue(f"${{project:rootDirectory}}/scans/{role}.####.exr")
        return self.script

    def elementFiles(self):
        return [
            plug for plug in self.script["Settings"].children(Gaffer.StringPlug) if plug.getName().endswith("Files")
        ]

    def writeFile(self, fileName, frame, rgb):
        """Writes a frame to where a plug of the graph says."""
        self.script["frame"].setValue(frame)
        with self.script.context():
            writeExr(Path(self.script.context().substitute(fileName.getValue())), rgbChannels(rgb), dataType="half")

    def writeElements(self, *frames):
        for node in GafferRecovery.ElementReader.Range(self.script):
            for frame in frames:
                self.writeFile(node["fileName"], frame, np.clip(picture(frame + len(node.getName()), 48, 64), 0, 1))

    def dispatchGraph(self, graph, task, frames, others):
        """Dispatches a task of a graph in another process, in the temporary directory and with a short training."""
        folder = self.temporaryDirectory()
        settings = {
            "dispatcher.framesMode": 2,
            "dispatcher.frameRange": frames,
            "dispatcher.jobsDirectory": str(folder / "jobs"),
            "Settings.folder": str(folder),
            "Settings.sourceFiles": "${project:rootDirectory}/scans/source.####.exr",
            "Settings.referenceFiles": "${project:rootDirectory}/scans/reference.####.exr",
            "Settings.film": "A film",
            "Settings.shot": "AF_010",
            "Settings.sourceSpace": "srgb_tx",
            "GroundTruth.median": 3,
            "Train.size": "small",
            "Train.steps": 2,
            "Train.patchSize": 64,
            **others,
        }
        command = ["dispatch", "-script", GRAPHS[graph], "-tasks", task, "-dispatcher", "Local"]
        options = [text for name, value in settings.items() for text in (f"-{name}", repr(value))]
        self.callGaffer(*command, "-settings", *options)

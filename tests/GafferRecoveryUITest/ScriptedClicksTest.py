"""Graphs that are dispatched by clicks in a window make the frames that `gaffer dispatch` makes, bit for bit.

    ./run gaffer test GafferRecoveryUITest.ScriptedClicksTest

It takes minutes, so that it is not in the round of all tests. For each graph it prints how often the window stood still
for longer than 0.2 s and 2 s, while the graph was set up and while it was dispatched, and the most memory that a
process of `gaffer dispatch` held.
"""

import threading
import time
from pathlib import Path

import Gaffer
import GafferDispatch
import GafferUI
from GafferRecoveryTest import rawElements
from GafferRecoveryTest.RecoveryTestCase import np, readRgb, rgbChannels, writeExr

from filmrecovery.film.elements.scope import Scope, write_scopes
from GafferRecoveryUITest.ScriptedTestCase import GRAPHS, ScriptedTestCase, Stalls

_TRAINING = {"size": "small", "steps": 2, "patchSize": 64}
_CASES = {
    "chromaRecovery": ("reference",),
    "balancedChromaRecovery": ("reference",),
    "nonReferenceChroma": ("reference",),
    "spatialRecovery": ("reference",),
    "twoStepSpatialRecovery": ("reference",),
    "combinedRecovery": ("spatialReference", "chromaReference"),
    "fourElements": ("spatialReference", "chromaReference", "donor"),
}
"""The references of each graph."""
_SEVERAL = ("chromaRecovery", "fourElements")
"""The graphs that are tried with several shots."""


class ScriptedClicksTest(ScriptedTestCase):
    def setUp(self):
        ScriptedTestCase.setUp(self)
        # Copies in other colours: for the graphs that want more references, and for frames that are painted.
        for element, copy in (("reference", "other"), ("source", "painted")):
            for path in (self.folder / "scans").glob(f"{element}.*.exr"):
                writeExr(path.with_name(path.name.replace(element, copy)), rgbChannels(readRgb(path)[..., ::-1]))
        write_scopes(self.folder / "reel.json", (Scope("roof", "shot", 1, 6), Scope("street", "shot", 7, 12)))

    def settings(self, graph, several):
        """Values by plug, less the folder."""
        values = {
            "Settings.film": "A film",
            "Settings.shot": "AF_010",
            "Settings.sourceFiles": f"{self.folder}/scans/source.####.exr",
            "Settings.sourceSpace": "srgb_tx",
            "Settings.severalShots": several,
            "Settings.shotList": f"{self.folder}/reel.json",
        }
        for role in _CASES[graph]:
            name = "painted" if graph == "nonReferenceChroma" else "other" if role == "donor" else "reference"
            values[f"Settings.{role}Files"] = f"{self.folder}/scans/{name}.####.exr"
            values[f"Settings.{role}Space"] = "srgb_tx"
        if graph == "nonReferenceChroma":
            values["Settings.trainingFrames"] = "1,6,11"
        elif graph == "twoStepSpatialRecovery":
            values["Settings.goodFrames"] = "1-12"
        prefixes = ("",) if len(_CASES[graph]) == 1 else ("Spatial", "Chroma")
        for prefix in prefixes:
            values |= {f"{prefix}Train.{plug}": value for plug, value in _TRAINING.items()}
        for prefix in (*prefixes, *(("Donor",) if graph == "fourElements" else ())):
            if graph != "nonReferenceChroma":
                values[f"{prefix}Align.model"] = "translate"
        return values

    def testTheWindowMakesTheFramesOfTheCommandLine(self):
        for graph in _CASES:
            several = graph in _SEVERAL
            with self.subTest(graph=graph, several=several):
                byClicks = self.dispatchByClicks(graph, several)
                byCommand = self.dispatchByCommand(graph, several)
                for frame in rawElements.FRAMES:
                    name = f"AF_010/delivery/AF_010_recovered.{frame:04d}.exr"
                    one, other = (readRgb(folder / name) for folder in (byClicks, byCommand))
                    self.assertTrue(np.array_equal(one, other), name)

    def dispatchByClicks(self, graph, several):
        folder = self.folder / f"{graph}Clicks"
        folder.mkdir()
        kinds = (GafferUI.Viewer, GafferUI.GraphEditor, GafferUI.NodeEditor)
        script, window, editors = self.opened(graph, kinds)
        stalls = Stalls()
        self.setUpGraph(script, folder, self.settings(graph, several))
        for name in ("SharedCrop", "GroundTruth", "Train", "Inference", "Validate"):
            for node in [one for one in script.children(Gaffer.Node) if one.getName().endswith(name)][:1]:
                script.selection().clear()
                script.selection().add(node)
                self.letPass(0.5)
        self.assertEqual(stalls.told(f"{graph}, set-up"), 0)

        script.selection().clear()
        script.selection().add(script["Deliver"])
        self.letPass(1)
        self.click(editors[2]._qtWidget(), "Dispatch")
        pool = GafferDispatch.LocalDispatcher.defaultJobPool()
        self.letPass(1, until=lambda: pool.jobs())
        job = pool.jobs()[-1]
        running = (GafferDispatch.LocalDispatcher.Job.Status.Waiting, GafferDispatch.LocalDispatcher.Job.Status.Running)
        self.letPass(1200, until=lambda: job.status() not in running)
        self.assertEqual(job.status(), job.Status.Complete, "\n".join(one.message for one in job.messages()))
        self.assertEqual(stalls.told(f"{graph}, dispatch"), 0)
        window.setVisible(False)
        self.letPass(1)
        return folder

    def dispatchByCommand(self, graph, several):
        folder = self.folder / f"{graph}Command"
        last = rawElements.FRAMES[-1]
        settings = {
            "dispatcher.framesMode": 2,
            "dispatcher.frameRange": f"1-{last}",
            "dispatcher.jobsDirectory": str(folder / "jobs"),
            "Settings.folder": str(folder),
            "frameRange.end": last,
            **self.settings(graph, several),
        }
        command = ["dispatch", "-script", GRAPHS / f"{graph}.gfr", "-tasks", "Delivery", "-dispatcher", "Local"]
        options = [text for name, value in settings.items() for text in (f"-{name}", repr(value))]
        process = self.startGaffer(*command, "-settings", *options)
        most = [0]
        watching = threading.Thread(target=self.watchMemory, args=(process, most))
        watching.start()
        output, _ = process.communicate()
        watching.join()
        self.assertEqual(process.returncode, 0, output)
        print(f"{graph}, gaffer dispatch: at most {most[0] / 1024:.0f} MB", flush=True)
        return folder

    def watchMemory(self, process, most):
        """Notes the most that the process itself holds, in kB, until it ends."""
        while process.poll() is None:
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    most[0] = max(most[0], int(line.split()[1]))
            time.sleep(0.2)

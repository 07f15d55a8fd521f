import json

from GafferRecoveryTest import rawElements
from GafferRecoveryTest.GraphTestCase import GraphTestCase
from GafferRecoveryTest.RecoveryTestCase import callEngine, np, readRgb, rgbChannels, writeExr

_LAST = 4

_STAGE = """
training_frames = "1,4"
hold_out_frames = "2"
preview_frames = "3"
balance = {}
clean = { median = 3, degrain = 0.02 }
train = { size = "small", steps = 2, patch_size = 64 }
"""


class BalancedGraphTest(GraphTestCase):
    """A source with a strong cast, recovered by a graph and by the engine's project file."""

    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        for frame in range(1, _LAST + 1):
            for element, rgb in (("source", rawElements.faded(frame)), ("reference", rawElements.seen(frame))):
                writeExr(self.folder / "scans" / f"{element}.{frame:04d}.exr", rgbChannels(rgb))

    def testTheGraphMakesTheFramesOfTheEngine(self):
        (self.folder / "project.toml").write_text(rawElements.projectText(_LAST, _STAGE))
        callEngine("-m", "filmrecovery", "run", self.folder / "project.toml")
        settings = {
            "Settings.alignReference": False,
            "Settings.trainingFrames": "1,4",
            "Settings.holdOutFrames": "2",
            "Settings.previewFrame": "3",
            "Clean.median": 3,
            "Clean.degrain": 0.02,
        }
        self.dispatchGraph("balancedChromaRecovery", "Delivery", f"1-{_LAST}", settings)
        balances = [self.folder / place / "chroma" / "balance.json" for place in ("engine", "AF_010")]
        byEngine, byGraph = (json.loads(path.read_text()) for path in balances)
        for channel in ("red", "green", "blue"):
            self.assertEqual(byGraph[channel], byEngine[channel])
        manifests = [self.folder / place / "chroma" / "pairs" / "manifest.json" for place in ("engine", "AF_010")]
        recipes = [json.loads(path.read_text())["recipe"]["preparation"] for path in manifests]
        self.assertEqual(*recipes)
        for frame in range(1, _LAST + 1):
            name = f"AF_010_recovered.{frame:04d}.exr"
            byEngine, byGraph = (readRgb(self.folder / place / "delivery" / name) for place in ("engine", "AF_010"))
            # The engine keeps the frames before the merge as half float; the graph has no files between. Both have a
            # colour library of their own.
            self.assertClose(byGraph, byEngine, 4e-3)
            self.assertGreater(np.abs(byGraph - readRgb(self.folder / "scans" / f"source.{frame:04d}.exr")).max(), 0.05)

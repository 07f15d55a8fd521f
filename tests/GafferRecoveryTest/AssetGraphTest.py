import json
from pathlib import Path

from GafferRecoveryTest import rawElements
from GafferRecoveryTest.assetLibrary import Library
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, callEngine, np, readRgb

_GRAPH = Path(__file__).resolve().parents[2] / "graphs" / "chromaRecovery.gfr"


class AssetGraphTest(RecoveryTestCase):
    """A recovery whose elements are references, dispatched, published, and found by other processes."""

    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        library = Library(self, self.folder)
        source, reference = rawElements.writeElements(self.folder / "scans")
        library.publish("AF_010/print", source, (1, 12), "srgb_tx")
        library.publish("AF_010/video", reference, (501, 516), "srgb_tx")

    def dispatchGraph(self, **elements):
        settings = {
            "dispatcher.framesMode": 1,
            "frameRange.end": 12,
            "dispatcher.jobsDirectory": str(self.folder / "jobs"),
            "Settings.folder": str(self.folder),
            "Settings.film": "A film",
            "Settings.shot": "AF_010",
            **{f"Settings.{name}": value for name, value in elements.items()},
            "Align.model": "translate",
            "GroundTruth.median": 3,
            "Train.steps": 2,
            "Train.patchSize": 64,
            "DeliverFolder.review": "none",
            "DeliverFolder.publishAs": "bal:///AF_010/recovered",
            "DeliverFolder.publishModelsAs": "bal:///AF_010/model",
            "DeliverFolder.publishNotPassed": True,
        }
        options = [text for name, value in settings.items() for text in (f"-{name}", repr(value))]
        command = ["dispatch", "-script", _GRAPH, "-tasks", "DeliverFolder", "-dispatcher", "Local"]
        return self.callGaffer(*command, "-settings", *options)

    def testFromReferencesToAPublishedAsset(self):
        self.dispatchGraph(
            sourceFiles="bal:///AF_010/print",
            sourceSpace="",
            referenceFiles="bal:///AF_010/video",
            referenceSpace="",
        )
        held = [json.loads(path.read_text())["held"][0]["pinned"] for path in (self.folder / "jobs").rglob("*.json")]
        self.assertEqual(sorted(held), ["bal:///AF_010/print?v=1", "bal:///AF_010/video?v=1"])
        lines = callEngine("-m", "filmrecovery", "resolve", "bal:///AF_010/recovered").splitlines()
        self.assertEqual(
            lines[1:],
            [
                "  version: 1",
                "  pinned: bal:///AF_010/recovered?v=1",
                "  frames: 1-12",
                "  space: lin_ap0",
                "  made of: bal:///AF_010/print?v=1",
                "  made of: bal:///AF_010/video?v=1",
                "  made of: bal:///AF_010/model?v=1",
            ],
        )
        pattern = lines[0].removeprefix("bal:///AF_010/recovered: ")
        for frame in (1, 12):
            delivered = readRgb(pattern.replace("####", f"{frame:04d}"))
            written = readRgb(self.folder / "AF_010" / "delivery" / f"AF_010_recovered.{frame:04d}.exr")
            self.assertTrue(np.array_equal(delivered, written))

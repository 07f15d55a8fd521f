import json

import Gaffer

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import (
    RecoveryTestCase,
    callEngine,
    copyPairs,
    np,
    picture,
    readRgb,
    rgbChannels,
    torchEngine,
    writeExr,
    writeModel,
)


class DeliverFolderTest(RecoveryTestCase):
    """Frames that the graph wrote, delivered by the engine."""

    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        self.model = writeModel(self.folder / "model.safetensors")
        header = torchEngine.module("filmrecovery.model.model_header").read_model_header(self.model)
        metadata = {"MLProcessing": "true", "filmrecovery:weights": header["weights_hash"]}
        for frame in (1, 2, 3):
            rgb = np.clip(picture(frame), 0.0, 1.0)
            writeExr(self.folder / f"recovered.{frame:04d}.exr", rgbChannels(rgb), metadata=metadata, dataType="half")
            writeExr(self.folder / f"scan.{frame:04d}.exr", rgbChannels(rgb[..., ::-1]))
        report = self.folder / "report"
        report.mkdir()
        (report / "report.html").write_text("a page")
        node = self.node = self.script["DeliverFolder"] = GafferRecovery.DeliverFolder()
        node["recoveredFiles"].setValue(str(self.folder / "recovered.####.exr"))
        node["models"][0].setValue(str(self.model))
        node["pairs"][0].setValue(str(copyPairs(self.folder / "pairs")))
        node["reports"][0].setValue(str(report))
        node["sources"][0].setValue(str(self.folder / "scan.####.exr"))
        node["references"][0].setValue(str(self.folder / "scan.####.exr"))
        node["film"].setValue("Mission Kill")
        node["shot"].setValue("MK_010")
        node["review"].setValue("png")
        node["restorationist"].setValue('Ana "Ñ" --Gómez')
        node["directory"].setValue(str(self.folder / "deliveries"))

    def deliveries(self):
        # Beside them lies the lock, hidden.
        return [name for name in self.filesIn(self.folder / "deliveries") if not name.startswith(".")]

    def testMoviesAndDpxAreDeliveredAsABag(self):
        self.node["masters"].setValue("dpx,ffv1-10")
        self.node["package"].setValue("bagit")
        self.node["codeSpace"].setValue("g24_rec709")
        self.execute(self.node)
        delivered = self.folder / "deliveries" / "Mission_Kill_MK_010_v001"
        masters = delivered / "data" / "masters"
        self.assertEqual(self.filesIn(masters), ["dpx", "ffv1-10"])
        self.assertEqual(len(list((masters / "dpx").glob("*.dpx"))), 3)
        self.assertEqual(len(list((masters / "ffv1-10").glob("*.mkv"))), 1)
        self.assertIn('Ana "Ñ" --Gómez', (delivered / "metadata" / "premis.xml").read_text())
        callEngine("-m", "filmrecovery", "verify", delivered)

    def testEverythingOfAShotIsInOneSealedFolder(self):
        self.execute(self.node)
        self.assertEqual(self.deliveries(), ["Mission_Kill_MK_010_v001"])
        delivered = self.folder / "deliveries" / "Mission_Kill_MK_010_v001"
        self.assertEqual(self.filesIn(delivered), ["ascmhl", "delivery.json", "masters", "report", "review"])
        callEngine("-m", "filmrecovery", "verify", delivered)
        self.assertEqual((delivered / "report" / "report.html").read_text(), "a page")
        self.assertEqual(len(self.filesIn(delivered / "review")), 3)
        # The picture that the graph made is the one that is delivered.
        master = sorted((delivered / "masters" / "zip").glob("*.exr"))[1]
        self.assertTrue(np.array_equal(readRgb(master), readRgb(self.folder / "recovered.0002.exr")))
        (sidecar,) = (delivered / "masters" / "zip").glob("*.provenance.json")
        said = json.loads(sidecar.read_text())
        self.assertIn('Ana "Ñ" --Gómez', json.dumps(said, ensure_ascii=False).replace('\\"', '"'))
        self.assertIn("Mission Kill", sidecar.read_text())
        self.assertIn("scan.####.exr", sidecar.read_text())

    def testWhatIsDeliveredIsFoundAgainAndOtherPeopleGetTheNextVersion(self):
        self.execute(self.node)
        self.execute(self.node)
        self.assertEqual(len(self.deliveries()), 1)
        with self.script.context():
            before = self.node["task"].hash()
            self.node["institution"].setValue("An archive")
            self.assertNotEqual(self.node["task"].hash(), before)
        self.execute(self.node)
        self.assertEqual(self.deliveries(), ["Mission_Kill_MK_010_v001", "Mission_Kill_MK_010_v002"])

    def testTheFramesOfTheScriptAreDelivered(self):
        self.script["frameRange"]["start"].setValue(2)
        self.script["frameRange"]["end"].setValue(3)
        self.node["recoveredFrames"].setValue("${frameRange:start}-${frameRange:end}")
        self.execute(self.node)
        record = self.folder / "deliveries" / "Mission_Kill_MK_010_v001" / "delivery.json"
        self.assertEqual(json.loads(record.read_text())["recovered"]["frames"], "2-3")
        self.script["frameRange"]["end"].setValue(4)
        with self.assertRefused("recovered.0004.exr", "missing"):
            self.execute(self.node)

    def testOneTaskForAnyRange(self):
        hashes = set()
        for frame in (1, 2):
            with Gaffer.Context(self.script.context()) as context:
                context.setFrame(frame)
                hashes.add(self.node["task"].hash().toString())
        self.assertEqual(len(hashes), 1)

    def testWrongOrMissingModelsAndAnEmptyShotAreRefused(self):
        other = writeModel(self.folder / "other.safetensors", seed=1)
        self.node["models"][0].setValue(str(other))
        with self.assertRefused("recovered.0001.exr", "was made by models with the weights"):
            self.execute(self.node)
        self.node["models"][0].setValue("")
        with self.assertRefused("DeliverFolder", "has no models"):
            self.execute(self.node)
        self.node["models"][0].setValue(str(self.model))
        self.node["shot"].setValue("")
        with self.assertRefused("shot is empty", "name the shot"):
            self.execute(self.node)
        self.assertEqual(self.deliveries(), [])

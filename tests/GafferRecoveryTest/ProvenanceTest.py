import datetime

import Gaffer
import GafferImage

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, picture, readExr, writeModel

_COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


class ProvenanceTest(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        node = self.script["Provenance"] = GafferRecovery.Provenance()
        node["in"].setInput(self.imageOf(picture(1), metadata={"reel": "2"}))
        node["filmTitle"].setValue("Mission Kill")
        node["shot"].setValue("MK_010")
        node["restorationist"].setValue("R. Restorer")
        node["institution"].setValue("An Archive")
        node["sourceElement"].setValue("16 mm print")
        node["referenceSource"].setValue("35 mm internegative")

    def models(self):
        node = self.script["Provenance"]
        for index, mode in enumerate(("spatial", "chroma")):
            path = writeModel(self.folder / f"{mode}.safetensors", mode, training_date="2026-11-01")
            node["models"].resize(max(len(node["models"]), index + 1))
            node["models"][index].setValue(str(path))

    def metadata(self):
        Gaffer.ValuePlug.clearHashCache()
        with self.script.context():
            metadata = self.script["Provenance"]["out"].metadata()
        return {name: data.value for name, data in metadata.items()}

    def testHeaderSaysWhatWasDone(self):
        self.models()
        found = self.metadata()
        expected = {
            "FilmTitle": "Mission Kill",
            "ShotID": "MK_010",
            "Restorationist": "R. Restorer",
            "Institution": "An Archive",
            "SourceElement": "16 mm print",
            "ReferenceSource": "35 mm internegative",
            "IPTCDigitalSourceType": _COMPOSITE,
            "RecoveryType": "spatial; chroma",
            "TrainingDate": "2026-11-01; 2026-11-01",
            "reel": "2",
        }
        self.assertEqual({name: found.get(name) for name in expected}, expected)
        self.assertIn("spatial small, step 0", found["ModelCheckpoint"])
        self.assertIn("Film Recovery", found["MLProcessing"])

    def testItFollowsItsPlugsAndModels(self):
        self.assertNotIn("MLProcessing", self.metadata())
        self.models()
        before = self.metadata()
        self.script["Provenance"]["shot"].setValue("MK_020")
        self.assertEqual(self.metadata()["ShotID"], "MK_020")
        writeModel(self.folder / "chroma.safetensors", "chroma", seed=7)
        self.assertNotEqual(self.metadata()["ModelCheckpoint"], before["ModelCheckpoint"])
        self.script["Provenance"]["enabled"].setValue(False)
        self.assertNotIn("MLProcessing", self.metadata())

    def testAConstructedReferenceMakesAComposite(self):
        self.models()
        node = self.script["Provenance"]
        node["digitalSourceType"].setValue("algorithmicallyEnhanced")
        self.assertTrue(self.metadata()["IPTCDigitalSourceType"].endswith("algorithmicallyEnhanced"))
        node["constructedReference"].setValue(True)
        self.assertEqual(self.metadata()["IPTCDigitalSourceType"], _COMPOSITE)

    def testWriterDatesTheFrameAndKnowsItAgain(self):
        self.models()
        for encoding in ("zip", "aces"):
            path = self.folder / f"{encoding}.0001.exr"
            writer = GafferRecovery.RecoveryWriter()
            self.script.addChild(writer)
            writer["in"].setInput(self.script["Provenance"]["out"])
            writer["fileName"].setValue(str(path))
            writer["encoding"].setValue(encoding)
            self.execute(writer)
            _, spec = readExr(path)
            self.assertEqual(spec.get_string_attribute("ProcessingDate"), datetime.date.today().isoformat())
            self.assertEqual(spec.get_string_attribute("Institution"), "An Archive")
            written = path.stat().st_mtime_ns
            self.execute(writer)
            self.assertEqual(path.stat().st_mtime_ns, written)

    def testThePicturePassesUnchanged(self):
        self.models()
        node = self.script["Provenance"]
        with self.script.context():
            self.assertEqual(
                GafferImage.ImageAlgo.image(node["out"]).keys(), GafferImage.ImageAlgo.image(node["in"]).keys()
            )
        self.assertClose(self.rgb(node["out"]), self.rgb(node["in"]), 0.0)

    def testAnUnknownSourceTypeAndADamagedModelAreRefused(self):
        node = self.script["Provenance"]
        node["digitalSourceType"].setValue("humanEdits")
        with self.assertRefused("humanEdits", "compositeWithTrainedAlgorithmicMedia"):
            self.metadata()
        node["digitalSourceType"].setToDefault()
        (self.folder / "broken.safetensors").write_text("no model")
        node["models"][0].setValue(str(self.folder / "broken.safetensors"))
        with self.assertRefused("broken.safetensors"):
            self.metadata()

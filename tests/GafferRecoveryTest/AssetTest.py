import json
import os

import Gaffer
import GafferDispatch
import GafferImage
import IECore
import imath

import GafferRecovery
from GafferRecovery.engine import assetManager
from GafferRecoveryTest.assetLibrary import Library
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, np, rgbChannels, torchEngine, writeExr, writeModel


class AssetTest(RecoveryTestCase):
    """Assets of a real manager, OpenAssetIO's Basic Asset Library."""

    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        self.library = Library(self, self.folder)
        self.publish("print", 1)
        self.node = self.script["Asset"] = GafferRecovery.Asset()
        self.node["reference"].setValue("bal:///print")

    def publish(self, name, version):
        """Adds a version of an asset to the library: frames 1001 to 1003, in a folder of the version."""
        self.library.publish(name, self.folder / f"v{version}" / f"{name}.####.exr", (1001, 1003), "lin_ap0")

    def files(self, version):
        return str(self.folder / f"v{version}" / "print.####.exr")

    def value(self, name):
        with self.script.context():
            return self.node[name].getValue()

    def testItSaysWhatTheManagerSays(self):
        expected = {
            "files": self.files(1),
            "frames": "1001-1003",
            "frameRange": imath.V2i(1001, 1003),
            "colorSpace": "lin_ap0",
            "version": "1",
            "entity": "bal:///print?v=1",
        }
        self.assertEqual({name: self.value(name) for name in expected}, expected)
        self.node["reference"].setValue("")
        self.assertEqual(self.value("files"), "")
        self.assertEqual(self.value("frameRange"), imath.V2i(0))

    def testAReferenceMayDependOnTheContext(self):
        self.setVariable("element", "print")
        self.node["reference"].setValue("bal:///${element}")
        self.assertEqual(self.value("files"), self.files(1))

    def testWhatIsNewestIsAskedForByRefreshing(self):
        self.assertEqual(self.value("version"), "1")
        self.publish("print", 2)
        self.assertEqual(self.value("version"), "1")
        self.node["refreshCount"].setValue(1)
        self.assertEqual(self.value("files"), self.files(2))
        self.node["pinned"].setValue("bal:///print?v=1")
        self.assertEqual(self.value("files"), self.files(1))

    def testErrorsAreThoseOfTheManager(self):
        self.node["reference"].setValue("bal:///gone")
        with self.assertRefused("bal:///gone: Entity 'gone' not found"):
            self.value("files")
        self.node["pinned"].setValue("scans/print.####.exr")
        with self.assertRefused("is no reference of the asset manager 'Basic Asset Library"):
            self.value("colorSpace")

    def testARefusalIsKeptUntilTheManagerIsAskedAgain(self):
        # A window looks every two seconds, and a manager may be slow.
        self.node["reference"].setValue("bal:///late")
        for name in ("files", "entity"):
            with self.assertRefused("bal:///late: Entity 'late' not found"):
                self.value(name)
            self.publish("late", 1)
        self.node["refreshCount"].setValue(1)
        self.assertEqual(self.value("entity"), "bal:///late?v=2")

    def testAPathIsPassedOnAsItIs(self):
        self.setVariable("project:rootDirectory", "/films")
        self.node["reference"].setValue("${project:rootDirectory}/print.####.exr")
        with Gaffer.Context(self.script.context()) as context:
            context["dispatcher:jobDirectory"] = str(self.folder / "job")
            for name in ("files", "entity"):
                self.assertEqual(self.node[name].getValue(), "/films/print.####.exr")
            for name in ("frames", "colorSpace", "version"):
                self.assertEqual(self.node[name].getValue(), "")
        self.node["statedColorSpace"].setValue("lin_ap1")
        self.assertEqual(self.value("colorSpace"), "lin_ap1")
        self.assertEqual(self.filesIn(self.folder / "job"), [])

    def testTheStatedColorSpaceMustNotContradictTheManager(self):
        # Two names of one space.
        self.node["statedColorSpace"].setValue("ACES2065-1")
        self.assertEqual(self.value("colorSpace"), "ACES2065-1")
        self.node["statedColorSpace"].setValue("srgb_tx")
        with self.assertRefused("print?v=1: its asset manager says the colour space 'lin_ap0', but you say"):
            self.value("colorSpace")
        self.assertEqual(self.value("files"), self.files(1))

    def testThreadsOfTheInterfaceMayAskAgainAndAgain(self):
        # Refusals are kept: only another reference reaches the manager.
        self.node["reference"].setValue("bal:///gone${question}")
        refused = []

        def ask(canceller):
            for _ in range(20):
                try:
                    with Gaffer.Context(self.script.context()) as context:
                        context["question"] = len(refused)
                        self.node["files"].getValue()
                except RuntimeError as error:
                    refused.append(str(error))

        for number in range(1, 5):
            task = Gaffer.BackgroundTask(self.node["files"], ask)
            self.assertSoon(lambda: len(refused) == 20 * number)  # noqa: B023 (called here)
            task.cancelAndWait()
        self.assertTrue(all("not found" in text for text in refused))

    def testWithoutAManagerTheErrorSaysWhatToSet(self):
        del os.environ["OPENASSETIO_DEFAULT_CONFIG"]
        assetManager.forget()
        self.node["refreshCount"].setValue(1)
        with self.assertRefused("set the variable OPENASSETIO_DEFAULT_CONFIG"):
            self.value("files")

    def testItsFilesAreReadAndItsRangeIsThatOfAnotherPlug(self):
        for frame in (1001, 1002, 1003):
            writeExr(self.folder / "v1" / f"print.{frame}.exr", rgbChannels(np.full((8, 8, 3), 0.25, np.float32)))
        reader = self.script["ElementReader"] = GafferRecovery.ElementReader()
        reader["fileName"].setInput(self.node["files"])
        reader["colorSpace"].setInput(self.node["colorSpace"])
        self.setWorkingSpace("lin_ap0")
        self.script["frame"].setValue(1002)
        self.assertEqual(self.rgb(reader["out"])[0, 0, 0], 0.25)
        with self.script.context():
            before = GafferImage.ImageAlgo.imageHash(reader["out"])
        # Another version with the same files, and another job, make the same image.
        self.publish("print", 1)
        self.node["refreshCount"].setValue(1)
        with Gaffer.Context(self.script.context()) as context:
            context["dispatcher:jobDirectory"] = str(self.folder / "job")
            self.assertEqual(self.node["version"].getValue(), "2")
            self.assertEqual(GafferImage.ImageAlgo.imageHash(reader["out"]), before)

    def testAJobKeepsTheVersionThatWasNewestWhenItWasDispatched(self):
        task = self.script["Command"] = GafferDispatch.SystemCommand()
        output = self.folder / "taken.txt"
        task["command"].setValue("echo {files} {entity} > {output}")
        flags = Gaffer.Plug.Flags.Default | Gaffer.Plug.Flags.Dynamic
        for name, value in {"files": "", "entity": "", "output": str(output)}.items():
            task["substitutions"][name] = Gaffer.NameValuePlug(name, IECore.StringData(value), flags=flags)
            if not value:
                task["substitutions"][name]["value"].setInput(self.node[name])
        job = self.dispatch(task, background=True)
        # Whoever publishes meanwhile does not change the job.
        self.publish("print", 2)
        self.assertSoon(lambda: job.status() == GafferDispatch.LocalDispatcher.Job.Status.Complete)
        files = self.files(1).replace("####", "0001")
        self.assertEqual(output.read_text().split(), [files, "bal:///print?v=1"])
        (record,) = (self.folder / "jobs").rglob("assets/*.json")
        self.assertIn("bal:///print?v=1", record.read_text())
        # The next job takes what is newest then.
        self.assertEqual(self.value("version"), "1")
        assetManager.forget()
        job = self.dispatch(task, background=True)
        self.assertSoon(lambda: job.status() == GafferDispatch.LocalDispatcher.Job.Status.Complete)
        self.assertEqual(output.read_text().split()[1], "bal:///print?v=2")

    def testADeliveryNamesItsAssetsAndIsPublished(self):
        model = writeModel(self.folder / "model.safetensors")
        header = torchEngine.module("filmrecovery.model.model_header").read_model_header(model)
        metadata = {"MLProcessing": "true", "filmrecovery:weights": header["weights_hash"]}
        for frame in (1001, 1002, 1003):
            channels = rgbChannels(np.full((8, 8, 3), 0.25, np.float32))
            writeExr(self.folder / "v1" / f"print.{frame}.exr", channels)
            writeExr(self.folder / f"recovered.{frame}.exr", channels, metadata=metadata, dataType="half")
        node = self.script["DeliverFolder"] = GafferRecovery.DeliverFolder()
        node["recoveredFiles"].setValue(str(self.folder / "recovered.####.exr"))
        node["models"][0].setValue(str(model))
        node["sources"][0].setInput(self.node["entity"])
        for name, value in {"film": "Mission Kill", "shot": "MK_010", "review": "none"}.items():
            node[name].setValue(value)
        node["directory"].setValue(str(self.folder / "deliveries"))
        node["publishAs"].setValue("bal:///recovered")
        with self.assertRefused("without a validation", "--not-passed"):
            self.execute(node)
        node["publishNotPassed"].setValue(True)
        self.execute(node)
        (sidecar,) = (self.folder / "deliveries").rglob("*.provenance.json")
        (source,) = json.loads(sidecar.read_text())["elements"]
        self.assertEqual(source["entity"], {"reference": "bal:///print?v=1", "version": "1"})
        self.node["reference"].setValue("bal:///recovered")
        self.node["refreshCount"].setValue(1)
        self.assertEqual(self.value("entity"), "bal:///recovered?v=1")
        self.assertIn("Mission_Kill_MK_010_v001/masters/zip", self.value("files"))

    def testADisabledAssetIsEmptyAndAsksNoManager(self):
        del os.environ["OPENASSETIO_DEFAULT_CONFIG"]
        assetManager.forget()
        for name, value in {"reference": "bal:///print", "pinned": "bal:///print?v=1", "enabled": False}.items():
            self.node[name].setValue(value)
        for name in ("files", "frames", "colorSpace", "version", "entity"):
            self.assertEqual(self.value(name), "", name)
        # It is shown at all nodes that read the element.
        self.node["statedColorSpace"].setValue("srgb_tx")
        self.assertEqual(self.value("colorSpace"), "srgb_tx")
        self.assertEqual(self.value("frameRange"), imath.V2i(0))
        os.environ["OPENASSETIO_DEFAULT_CONFIG"] = str(self.library.config)
        self.node["enabled"].setValue(True)
        self.assertEqual(self.value("files"), self.files(1))

    def testWhatIsPinnedByHandIsNotHeldByTheJob(self):
        self.publish("print", 2)
        self.node["pinned"].setValue("bal:///print?v=1")
        with Gaffer.Context(self.script.context()) as context:
            context["dispatcher:jobDirectory"] = str(self.folder / "job")
            self.assertEqual(self.node["files"].getValue(), self.files(1))
        self.assertEqual(self.filesIn(self.folder / "job"), [])

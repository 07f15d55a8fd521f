import os
from pathlib import Path
from unittest import mock

import Gaffer
import GafferImage
import OpenImageIO

from filmrecovery.film.elements.scope import Scope, write_scopes
from GafferRecoveryTest.RecoveryTestCase import (
    RecoveryTestCase,
    copyPairs,
    np,
    picture,
    rgbChannels,
    writeExr,
    writeModel,
)

_CHECKOUT = Path(__file__).resolve().parents[2]
_GUIDE = _CHECKOUT / "resources" / "guide" / "mistakes.md"
_PAIRS = "/films/SHOT_010/chroma/pairs"
_MODEL = "/films/SHOT_010/chroma/runs/small-2000steps-7ee03cdc/model.safetensors"
"""As its settings in the graph name it."""
_CONFIG = "ocio://studio-config-v1.0.0_aces-v1.3_ocio-v2.1"
_NO_GPU = "device 'cuda': this machine has 0 usable GPUs; use auto or cpu"


class MistakesTest(RecoveryTestCase):
    """What a graph says of mistakes that artists make: the whole sentence, as it stands in the guide."""

    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        self.script = Gaffer.ScriptNode()
        self.script["fileName"].setValue(str(_CHECKOUT / "graphs" / "chromaRecovery.gfr"))
        self.script.load()
        self.settings = self.script["Settings"]
        self.settings["folder"].setValue(str(self.folder))
        self.settings["sourceSpace"].setValue("srgb_tx")
        for role in ("source", "reference"):
            for frame in (1, 2, 3):
                rgb = np.clip(picture(frame), 0.0, 1.0)
                writeExr(self.folder / "scans" / f"{role}.{frame:04d}.exr", rgbChannels(rgb))
            self.settings[f"{role}Files"].setValue(str(self.folder / "scans" / f"{role}.####.exr"))
        self.script["frameRange"]["end"].setValue(3)
        self.settings["trainingFrames"].setValue("1,3")

    def told(self, name, plug="task", frame=1):
        """What the node says when its task is executed, or its image is looked at; it has to be one sentence or two."""
        node = self.script[name]
        with self.assertRaises(RuntimeError) as raised:
            if plug == "task":
                self.execute(node, frame)
            else:
                with Gaffer.Context(self.script.context()) as context:
                    context.setFrame(frame)
                    GafferImage.ImageAlgo.tiles(node[plug])
        # After the place, which Gaffer names.
        text = str(raised.exception).partition(" : ")[2]
        self.assertNotIn("\n", text)
        # A Gaffer may have the config as a file of its own.
        config = os.environ.get("OCIO", "")
        known = {str(self.folder): "/films", str(_CHECKOUT): "/film-recovery", config: _CONFIG}
        for found, shown in known.items():
            text = text.replace(found, shown) if found else text
        return text

    def assertTold(self, sentence, *where, before="", **which):
        """This is what is told, after words that say which node or frame it is, and the guide has it."""
        self.assertEqual(self.told(*where, **which), before + sentence)
        self.assertIn(sentence, _GUIDE.read_text(encoding="utf-8"))

    def withoutAlignment(self):
        """The elements are taken as they lie."""
        self.settings["alignReference"].setValue(False)

    def useModel(self, name, path):
        self.script[name]["model"].setInput(None)
        self.script[name]["model"].setValue(str(path))

    def useShots(self, *shots):
        write_scopes(self.folder / "reel.json", shots)
        self.settings["severalShots"].setValue(True)
        self.settings["shotList"].setValue(str(self.folder / "reel.json"))

    def testNoModel(self):
        sentence = f"there is no model yet: dispatch Train, which makes {_MODEL}"
        self.withoutAlignment()
        self.assertTold(sentence, "Inference", "out")
        self.assertTold(sentence, "Delivery", before="Delivery: frame 1 was not written: Inference: ")

    def testWrongModel(self):
        self.withoutAlignment()
        path = self.folder / "other.safetensors"
        path.write_bytes(b"weights of something else")
        self.useModel("Inference", path)
        self.assertTold(
            "/films/other.safetensors: not a model of Film Recovery. Name the model.safetensors of a training; if this "
            "was one, copy it again.",
            "Inference",
            "out",
        )
        validate = self.script["Validate"]
        self.useModel("Validate", writeModel(path, "spatial"))
        for plug, value in ((validate["pairs"][0], copyPairs(self.folder / "pairs")), (validate["lut"], "")):
            plug.setInput(None)
            plug.setValue(str(value))
        validate["recoveredFiles"].setInput(self.settings["sourceFiles"])
        self.assertTold(
            "/films/other.safetensors: its mode is spatial, and that of the pairs chroma; give the pairs that the "
            "model was trained on",
            "Validate",
            before="Validate: ",
        )

    def testAFrameThatIsNoPicture(self):
        path = self.folder / "scans" / "source.0001.exr"
        broken = np.clip(picture(1), 0.0, 1.0)
        broken[20, 30] = np.nan
        writeExr(path, rgbChannels(broken))
        self.assertTold(
            "/films/scans/source.0001.exr: values of RGB are NaN or Inf; expected finite values, render this frame "
            "again",
            "Source",
            "out",
        )

    def testCodesThatWereNotScaled(self):
        path = self.folder / "scans" / "codes.0001.tif"
        spec = OpenImageIO.ImageSpec(96, 64, 3, "uint16")
        image = OpenImageIO.ImageOutput.create(str(path))
        assert image.open(str(path), spec)
        image.write_image(np.clip(picture(1), 0, 1) * np.float32(4095 / 65535))
        image.close()
        self.settings["sourceFiles"].setValue(str(path).replace("0001", "####"))
        self.assertTold(
            "/films/scans/codes.0001.tif: codes of 12 bits in files of 16, which would be read too dark (the white is "
            "clipped at 4095); write the files again with white at 65535",
            "Source",
            "out",
        )

    def testMissingScans(self):
        self.settings["sourceFiles"].setValue(str(self.folder / "reel" / "print.####.exr"))
        sentence = (
            "/films/reel/print.####.exr: the folder /films/reel does not exist; check the path, or restore the folder"
        )
        self.assertTold(sentence, "Source", "out")
        self.assertTold(sentence, "MatchFrames", before="MatchFrames: ")
        self.settings["sourceFiles"].setValue(str(self.folder / "scans" / "print.####.exr"))
        sentence = (
            "/films/scans/print.####.exr: no file matches this pattern in /films/scans; check the name and the padding"
        )
        self.assertTold(sentence, "Source", "out")
        self.assertTold(sentence, "MatchFrames", before="MatchFrames: ")

    def testFrameOutOfRange(self):
        sentence = (
            "frame 7 is not there: /films/scans/source.####.exr has the frames 1-3; go to one of these, or restore the "
            "file"
        )
        self.assertTold(sentence, "Source", "out", frame=7)
        self.assertTold(sentence, "Delivery", frame=7, before="Delivery: frame 7 was not written: Source: ")

    def testUnknownSpace(self):
        self.settings["sourceSpace"].setValue("film")
        self.assertTold(
            "the colour space of the files 'film' is not in the OpenColorIO config; choose one of the menu",
            "Source",
            "out",
        )
        self.assertTold(
            "colour space 'film' is not in the config ocio://studio-config-v1.0.0_aces-v1.3_ocio-v2.1; expected a name "
            "such as srgb_tx, g24_rec709, lin_ap0",
            "MatchFrames",
            before="MatchFrames: ",
        )
        self.settings["sourceSpace"].setValue("srgb_tx")
        self.settings["workingSpace"].setValue("film")
        self.withoutAlignment()
        sentence = (
            "the working space 'film' is not in the OpenColorIO config; choose one in File > Settings > OpenColorIO, "
            "or on Settings of the graph"
        )
        self.assertTold(sentence, "Source", "out")
        with self.assertRefused(f"TrainingPairs: 2 of 2 frames were not written:\n  frames 1,3: {sentence}"):
            self.execute(self.script["TrainingPairs"])

    def testLinearWorkingSpace(self):
        self.settings["workingSpace"].setValue("lin_ap1")
        self.withoutAlignment()
        sentence = (
            "the working space 'lin_ap1' is scene-linear, and a recovery needs a display-referred one; choose one such "
            "as srgb_tx in File > Settings > OpenColorIO, or on Settings of the graph"
        )
        self.assertTold(sentence, "GroundTruth", "out")
        with self.assertRefused(f"2 of 2 frames were not written:\n  frames 1,3: GroundTruth: {sentence}"):
            self.execute(self.script["TrainingPairs"])

    def testNoGpu(self):
        self.withoutAlignment()
        self.execute(self.script["TrainingPairs"])
        self.script["Train"]["device"].setValue("cuda")
        self.assertTold(_NO_GPU, "Train", before="Train: ")
        self.useModel("Inference", writeModel(self.folder / "model.safetensors"))
        self.script["Inference"]["device"].setValue("cuda")
        self.assertTold(_NO_GPU, "Inference", "out")

    def testNoEngine(self):
        sentence = (
            "The engine of Film Recovery is not set up: /nowhere/python does not exist. Call `/film-recovery/run "
            "filmrecovery --help` once, or set the variable FILMRECOVERY_PYTHON to a Python that has the engine."
        )
        with mock.patch.dict(os.environ, FILMRECOVERY_PYTHON="/nowhere/python"):
            for node in ("MatchFrames", "Train"):
                self.assertTold(sentence, node)

    def testPairsAreGone(self):
        for node in ("Train", "MatchGrade"):
            self.assertTold(
                f"{_PAIRS}/manifest.json: missing, so that {_PAIRS} is no finished folder of pairs; make the pairs "
                "again, or adopt the files as they are now",
                node,
                before=f"{node}: ",
            )

    def testAFolderThatCannotBeWritten(self):
        # As nobody may write in a file, not even an administrator.
        (self.folder / "results").touch()
        self.settings["folder"].setValue(str(self.folder / "results"))
        self.withoutAlignment()
        self.useShots(Scope("roof", "shot", 1, 3))
        self.assertTold(
            "/films/results/SHOT_010/shots.json: cannot be written (Not a directory); check the path and the disk",
            "FindShots",
            before="FindShots: ",
        )
        self.useModel("Inference", writeModel(self.folder / "model.safetensors"))
        self.assertTold(
            "/films/results/SHOT_010/delivery/SHOT_010_recovered.0001.exr: cannot be written (Not a directory); check "
            "the path and the disk",
            "Delivery",
            before="Delivery: frame 1 was not written: ",
        )

    def testNoFolderForTheResults(self):
        folder = self.settings["folder"]
        folder.setToDefault()
        home = os.environ["HOME"]
        sentence = (
            f"Folder: choose one on Settings for the results of this graph; in {home}/gaffer/projects/default they "
            "would mix with those of other graphs"
        )
        for node in ("Delivery", "FindShots", "MatchFrames", "Train"):
            with self.assertRefused(sentence):
                self.dispatch(self.script[node])
            self.script.removeChild(self.script["dispatcher"])
        self.assertIn(sentence.replace(home, "/home/me"), _GUIDE.read_text(encoding="utf-8"))

    def testARefusedDispatchLeavesNoFolder(self):
        self.settings["folder"].setToDefault()
        jobs = self.folder / "results" / "jobs"
        dispatcher = self.script["LookFirst"]
        dispatcher["jobsDirectory"].setValue(str(jobs))
        dispatcher["executeInBackground"].setValue(False)
        (self.folder / "results").mkdir()
        with self.script.context(), self.assertRaises(RuntimeError):
            dispatcher["task"].execute()
        self.assertFalse(jobs.exists())
        self.assertTrue(jobs.parent.exists())
        # Jobs that were there before stay.
        earlier = jobs / "LookFirst SHOT_010" / "000000"
        earlier.mkdir(parents=True)
        with self.script.context(), self.assertRaises(RuntimeError):
            dispatcher["task"].execute()
        self.assertEqual(list(earlier.parent.iterdir()), [earlier])

    def testShotListOfAnotherFilm(self):
        self.useShots(Scope("roof", "shot", 1001, 1100))
        sentence = (
            "/films/reel.json: none of its shots has a frame of /films/scans/source.####.exr, which has 1-3; give the "
            "shots by the numbers of the source"
        )
        self.assertTold(sentence, "FindShots", before="FindShots: ")
        with self.script.context():
            self.assertEqual(self.script["FindShots"].fault().replace(str(self.folder), "/films"), sentence)

    def testManyFramesThatFailAreOneLine(self):
        self.withoutAlignment()
        with self.assertRaises(RuntimeError) as raised:
            self.execute(self.script["Delivery"], *range(1, 100))
        self.assertEqual(len(str(raised.exception).splitlines()), 11 + 1)

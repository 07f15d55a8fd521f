import json

import Gaffer
import GafferImage
import imath

import GafferRecovery
from GafferRecoveryTest.plugsOfNodes import PLUGS
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase

_IMAGE = GafferImage.ImagePlug
_INT = Gaffer.IntPlug
_FLOAT = Gaffer.FloatPlug


def _other(value):
    """Another value than the given one, that every plug of its type takes."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 64
    if isinstance(value, float):
        return value + 0.125
    if isinstance(value, str):
        return f"another {value}"
    if isinstance(value, imath.Color3f):
        return value + imath.Color3f(0.25)
    return imath.Box2i(imath.V2i(1, 2), imath.V2i(30, 40))


class ModuleTest(RecoveryTestCase):
    def plugs(self, name):
        """The names and defaults of the plugs that hold a setting."""
        return {
            plugName: default
            for plugName, (kind, default) in PLUGS[name].items()
            if default is not None and not issubclass(kind, _IMAGE)
        }

    def reloaded(self):
        script = Gaffer.ScriptNode()
        script.execute(self.script.serialise())
        return script

    def testNodesAndTheirPlugsStayAsTheyAre(self):
        self.assertEqual(sorted(GafferRecovery.__all__), sorted(PLUGS))
        self.assertTypeNamesArePrefixed(GafferRecovery)
        self.assertDefaultNamesAreCorrect(GafferRecovery)
        outputs = {"out", "task", "trainingInput", "model", "pairs", "matches", "alignment", "referenceFrame"}
        outputs |= {"balance", "comparison", "crop", "sourceCrop", "cropFile", "lut", "report", "measuredFrames"}
        outputs |= {"files", "frames", "colorSpace", "version", "entity", "frameRange"}
        outputs |= {"selectedFrames", "selectedHoldOutFrames", "selectedPreviewFrame", "shots", "shot"}
        for name, plugs in PLUGS.items():
            node = getattr(GafferRecovery, name)()
            with self.subTest(node=name):
                found = {plug.getName() for plug in node.children(Gaffer.Plug) if not plug.getName().startswith("__")}
                self.assertEqual(found, {"user", *plugs})
                for plugName, (kind, default) in plugs.items():
                    plug = node[plugName]
                    self.assertIs(type(plug), kind, plugName)
                    if default is None:
                        continue
                    self.assertTrue(plug.isSetToDefault())
                    if isinstance(default, float):
                        self.assertAlmostEqual(plug.defaultValue(), default, 6, plugName)
                    else:
                        self.assertEqual(plug.defaultValue(), default, plugName)
                for plug in node.children(Gaffer.Plug):
                    if plug.direction() == Gaffer.Plug.Direction.Out and not plug.getName().startswith("__"):
                        self.assertIn(plug.getName(), outputs)

    def testNumbersHaveTwoEnds(self):
        endless = {"frameOffset", "refreshCount", "framesMode"}
        for name in PLUGS:
            for plug in getattr(GafferRecovery, name)().children(Gaffer.Plug):
                hidden = plug.getName().startswith("__") or plug.direction() == Gaffer.Plug.Direction.Out
                if isinstance(plug, (_INT, _FLOAT)) and not hidden and plug.getName() not in endless:
                    with self.subTest(plug=f"{name}.{plug.getName()}"):
                        self.assertTrue(plug.hasMinValue() and plug.hasMaxValue())
        train = GafferRecovery.Train()
        self.assertEqual((train["minutes"].minValue(), train["minutes"].maxValue()), (0, 10080))
        self.assertEqual((train["seed"].minValue(), train["seed"].maxValue()), (0, 2_000_000_000))
        self.assertEqual(GafferRecovery.GroundTruth()["median"].maxValue(), 101)

    def testValuesAreSavedWithTheScript(self):
        expected = {}
        for name in PLUGS:
            node = self.script[name] = getattr(GafferRecovery, name)()
            for plugName, default in self.plugs(name).items():
                if node[plugName].direction() == Gaffer.Plug.Direction.Out:
                    continue
                node[plugName].setValue(_other(default))
                self.assertNotEqual(node[plugName].getValue(), node[plugName].defaultValue(), plugName)
                expected[f"{name}.{plugName}"] = node[plugName].getValue()
        script = self.reloaded()
        self.assertEqual({path: script.descendant(path).getValue() for path in expected}, expected)

    def testConnectionsAreSavedWithTheScript(self):
        for name in PLUGS:
            self.script[name] = getattr(GafferRecovery, name)()
        connections = {
            "Align.matches": "MatchFrames.matches",
            "Align.preTasks.preTask0": "MatchFrames.task",
            "SharedCrop.alignment": "Align.alignment",
            "SelectPairs.alignment": "Align.alignment",
            "GroundTruth.reference": "Align.out",
            "GroundTruth.crop": "SharedCrop.crop",
            "Inference.crop": "SharedCrop.sourceCrop",
            "TrainingPairs.frames": "SelectPairs.selectedFrames",
            "Inference.in": "GroundTruth.out",
            "Inference.model": "Train.model",
            "Merge.original": "GroundTruth.trainingInput",
            "Merge.recovered": "Inference.out",
            "RecoveryWriter.in": "Merge.out",
            "RecoveryWriter.preTasks.preTask0": "Train.task",
            "Train.pairs.pairs0": "TrainingPairs.pairs",
            "Train.preTasks.preTask0": "TrainingPairs.task",
            "TrainingPairs.input": "GroundTruth.trainingInput",
            "TrainingPairs.target": "GroundTruth.out",
            "TrainingPairs.preview": "GroundTruth.trainingInput",
            "TrainingPairs.mode": "GroundTruth.mode",
        }
        for destination, source in connections.items():
            self.script.descendant(destination).setInput(self.script.descendant(source))
        script = self.reloaded()
        for destination, source in connections.items():
            found = script.descendant(destination).getInput()
            self.assertTrue(found.isSame(script.descendant(source)), destination)
        # The connections inside of the nodes as well.
        for name in PLUGS:
            for plug in script[name].children(Gaffer.Plug):
                self.assertEqual(
                    plug.getInput() and plug.getInput().relativeName(script),
                    self.script[name][plug.getName()].getInput()
                    and self.script[name][plug.getName()].getInput().relativeName(self.script),
                    f"{name}.{plug.getName()}",
                )

    def testWhatIsPrivateIsNotSaved(self):
        for name in PLUGS:
            self.script[name] = getattr(GafferRecovery, name)()
        text = self.script.serialise()
        self.assertNotIn("__", text.replace("__children", ""))
        self.assertNotIn('["out"].setInput', text)

    def testScriptsDoNotNameTheFoldersOfTheCode(self):
        for name in PLUGS:
            self.script[name] = getattr(GafferRecovery, name)()
        text = self.script.serialise()
        self.assertIn("import GafferRecovery\n", text)
        self.assertNotIn("import GafferRecovery.", text)
        for name in PLUGS:
            self.assertIn(f'GafferRecovery.{name}( "{name}" )', text)

    def testPromotedPlugsAreSavedWithTheScript(self):
        box = self.script["Box"] = Gaffer.Box()
        box["Train"] = GafferRecovery.Train()
        promoted = Gaffer.PlugAlgo.promote(box["Train"]["steps"])
        promoted.setValue(7)
        Gaffer.PlugAlgo.promote(box["Train"]["model"])
        script = self.reloaded()
        self.assertTrue(script["Box"]["Train"]["steps"].getInput().isSame(script["Box"]["steps"]))
        self.assertEqual(script["Box"]["Train"]["steps"].getValue(), 7)
        self.assertTrue(script["Box"]["model"].getInput().isSame(script["Box"]["Train"]["model"]))

    def testNodesCanBeCopied(self):
        for name in PLUGS:
            self.script[name] = getattr(GafferRecovery, name)()
        self.script["Train"]["steps"].setValue(7)
        self.script.execute(self.script.serialise(filter=Gaffer.StandardSet([self.script["Train"]])))
        self.assertEqual(self.script["Train1"]["steps"].getValue(), 7)

    def testImportsNeitherTheInterfaceNorTorch(self):
        code = "import json, sys, GafferRecovery; print(json.dumps(sorted(sys.modules)))"
        modules = json.loads(self.callGaffer("env", "python", "-c", code))
        self.assertIn("GafferRecovery", modules)
        for name in ("GafferUI", "Qt", "torch", "safetensors", "scipy", "skimage", "onnx"):
            self.assertNotIn(name, modules)

    def testScriptsOpenWithoutTheEngine(self):
        for name in PLUGS:
            self.script[name] = getattr(GafferRecovery, name)()
        path = self.save()
        code = f"import Gaffer; s = Gaffer.ScriptNode(); s['fileName'].setValue({str(path)!r}); s.load(); print(len(s))"
        self.callGaffer("env", "python", "-c", code, FILMRECOVERY_PYTHON="/nowhere")

import json

import Gaffer
import GafferDispatch
import GafferImage
import imath

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase

_IMAGE = GafferImage.ImagePlug
_STRING = Gaffer.StringPlug
_INT = Gaffer.IntPlug
_FLOAT = Gaffer.FloatPlug
_BOOL = Gaffer.BoolPlug
_TASK = {
    "preTasks": (Gaffer.ArrayPlug, None),
    "postTasks": (Gaffer.ArrayPlug, None),
    "task": (GafferDispatch.TaskNode.TaskPlug, None),
    "dispatcher": (Gaffer.Plug, None),
}

# The plugs of each node with their types and defaults. They stand in the scripts of users: what is once here stays.
_PLUGS = {
    "GroundTruth": {
        "enabled": (_BOOL, True),
        "source": (_IMAGE, None),
        "reference": (_IMAGE, None),
        "mode": (_STRING, "chroma"),
        "median": (_INT, 10),
        "crop": (Gaffer.Box2iPlug, imath.Box2i(imath.V2i(0))),
        "trainingInput": (_IMAGE, None),
        "out": (_IMAGE, None),
    },
    "Inference": {
        "enabled": (_BOOL, True),
        "in": (_IMAGE, None),
        "model": (_STRING, ""),
        "missingModel": (_STRING, "error"),
        "device": (_STRING, "auto"),
        "refreshCount": (_INT, 0),
        "out": (_IMAGE, None),
    },
    "Merge": {
        "enabled": (_BOOL, True),
        "original": (_IMAGE, None),
        "recovered": (_IMAGE, None),
        "operation": (_STRING, "color"),
        "out": (_IMAGE, None),
    },
    "RecoveryWriter": {
        **_TASK,
        "in": (_IMAGE, None),
        "fileName": (_STRING, ""),
        "colorSpace": (_STRING, "lin_ap0"),
        "encoding": (_STRING, "zip"),
        "out": (_IMAGE, None),
    },
    "Train": {
        **_TASK,
        "pairs": (Gaffer.ArrayPlug, None),
        "runsDirectory": (_STRING, "${project:rootDirectory}/runs/${script:name}"),
        "size": (_STRING, "medium"),
        "steps": (_INT, 2000),
        "minutes": (_FLOAT, 0.0),
        "patchSize": (_INT, 512),
        "batchSize": (_INT, 1),
        "learningRate": (_FLOAT, 0.015),
        "multiResolution": (_BOOL, False),
        "flips": (_BOOL, True),
        "exposureJitter": (_FLOAT, 0.03),
        "scaleJitter": (_FLOAT, 0.0),
        "unvariedEnd": (_FLOAT, 0.3),
        "checkpointInterval": (_INT, 100),
        "reportInterval": (_INT, 500),
        "startFrom": (_STRING, ""),
        "seed": (_INT, 1),
        "precision": (_STRING, "auto"),
        "device": (_STRING, "auto"),
        "model": (_STRING, None),
    },
    "TrainingPairs": {
        **_TASK,
        "input": (_IMAGE, None),
        "target": (_IMAGE, None),
        "preview": (_IMAGE, None),
        "mode": (_STRING, "chroma"),
        "frames": (_STRING, ""),
        "holdOutFrames": (_STRING, ""),
        "previewFrame": (_STRING, ""),
        "directory": (_STRING, "${project:rootDirectory}/pairs/${script:name}"),
        "dataType": (_STRING, "float"),
        "label": (_STRING, ""),
        "pairs": (_STRING, None),
    },
}


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
    return imath.Box2i(imath.V2i(1, 2), imath.V2i(30, 40))


class ModuleTest(RecoveryTestCase):
    def plugs(self, name):
        """The names and defaults of the plugs that hold a setting."""
        return {
            plugName: default
            for plugName, (kind, default) in _PLUGS[name].items()
            if default is not None and not issubclass(kind, _IMAGE)
        }

    def reloaded(self):
        script = Gaffer.ScriptNode()
        script.execute(self.script.serialise())
        return script

    def testNodesAndTheirPlugsStayAsTheyAre(self):
        self.assertEqual(sorted(GafferRecovery.__all__), sorted(_PLUGS))
        self.assertTypeNamesArePrefixed(GafferRecovery)
        self.assertDefaultNamesAreCorrect(GafferRecovery)
        outputs = {"out", "task", "trainingInput", "model", "pairs"}
        for name, plugs in _PLUGS.items():
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

    def testValuesAreSavedWithTheScript(self):
        expected = {}
        for name in _PLUGS:
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
        for name in _PLUGS:
            self.script[name] = getattr(GafferRecovery, name)()
        connections = {
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
        for name in _PLUGS:
            for plug in script[name].children(Gaffer.Plug):
                self.assertEqual(
                    plug.getInput() and plug.getInput().relativeName(script),
                    self.script[name][plug.getName()].getInput()
                    and self.script[name][plug.getName()].getInput().relativeName(self.script),
                    f"{name}.{plug.getName()}",
                )

    def testWhatIsPrivateIsNotSaved(self):
        for name in _PLUGS:
            self.script[name] = getattr(GafferRecovery, name)()
        text = self.script.serialise()
        self.assertNotIn("__", text.replace("__children", ""))
        self.assertNotIn('["out"].setInput', text)

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
        for name in _PLUGS:
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
        for name in _PLUGS:
            self.script[name] = getattr(GafferRecovery, name)()
        path = self.save()
        code = f"import Gaffer; s = Gaffer.ScriptNode(); s['fileName'].setValue({str(path)!r}); s.load(); print(len(s))"
        self.callGaffer("env", "python", "-c", code, FILMRECOVERY_PYTHON="/nowhere")

import json

import Gaffer
import GafferDispatch
import GafferImage
import imath

import GafferRecovery
from filmrecovery.validation.criteria import Criteria
from GafferRecovery.plugs import settingsPlugs
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase

_IMAGE = GafferImage.ImagePlug
_STRING = Gaffer.StringPlug
_INT = Gaffer.IntPlug
_FLOAT = Gaffer.FloatPlug
_BOOL = Gaffer.BoolPlug
_KINDS = {int: _INT, float: _FLOAT}
_TASK = {
    "preTasks": (Gaffer.ArrayPlug, None),
    "postTasks": (Gaffer.ArrayPlug, None),
    "task": (GafferDispatch.TaskNode.TaskPlug, None),
    "dispatcher": (Gaffer.Plug, None),
}

# The plugs of each node with their types and defaults. They stand in the scripts of users: what is once here stays.
_SOURCE_FILES = {"sourceFiles": (_STRING, ""), "sourceFrames": (_STRING, ""), "sourceSpace": (_STRING, "srgb_tx")}
_REFERENCE_FILES = {"referenceFiles": (_STRING, ""), "referenceSpace": (_STRING, "srgb_tx")}
_MASK = {"maskFiles": (_STRING, ""), "maskBoxes": (_STRING, "")}
_CORRECTION = {"slope": 1.0, "offset": 0.0, "power": 1.0}
_RECORDS = "${project:rootDirectory}/reference/${script:name}"
_PLUGS = {
    "Align": {
        **_TASK,
        **_REFERENCE_FILES,
        "shots": (_STRING, ""),
        "enabled": (_BOOL, True),
        "in": (_IMAGE, None),
        "source": (_IMAGE, None),
        "matches": (_STRING, ""),
        "sourceFiles": (_STRING, ""),
        "sourceSpace": (_STRING, "srgb_tx"),
        "model": (_STRING, "perspective"),
        "region": (_STRING, ""),
        "flagThreshold": (_FLOAT, 0.5),
        "resolution": (_INT, 960),
        "fileName": (_STRING, f"{_RECORDS}/alignment.json"),
        "manual": (_BOOL, False),
        "manualBase": (_STRING, "automatic"),
        "frameOffset": (_INT, 0),
        "transform": (Gaffer.Transform2DPlug, None),
        "corners": (Gaffer.ValuePlug, None),
        "comparisonMode": (_STRING, "difference"),
        "alignment": (_STRING, None),
        "referenceFrame": (_INT, None),
        "out": (_IMAGE, None),
        "comparison": (_IMAGE, None),
    },
    "Asset": {
        "enabled": (_BOOL, True),
        "reference": (_STRING, ""),
        "refreshCount": (_INT, 0),
        "pinned": (_STRING, ""),
        **{name: (_STRING, None) for name in ("files", "frames", "colorSpace", "version", "entity")},
        "frameRange": (Gaffer.V2iPlug, None),
    },
    "Balance": {
        **_TASK,
        **_SOURCE_FILES,
        **_REFERENCE_FILES,
        "enabled": (_BOOL, True),
        "in": (_IMAGE, None),
        "matchReference": (_BOOL, False),
        "keepLuma": (_BOOL, False),
        **{name: (Gaffer.Color3fPlug, imath.Color3f(value)) for name, value in _CORRECTION.items()},
        "fileName": (_STRING, f"{_RECORDS}/balance.json"),
        "balance": (_STRING, None),
        "out": (_IMAGE, None),
    },
    "Clean": {
        "enabled": (_BOOL, True),
        "in": (_IMAGE, None),
        "median": (_INT, 0),
        "degrain": (_FLOAT, 0.0),
        "out": (_IMAGE, None),
    },
    "DeliverFolder": {
        **_TASK,
        "enabled": (_BOOL, True),
        "recoveredFiles": (_STRING, ""),
        "recoveredFrames": (_STRING, ""),
        "recoveredSpace": (_STRING, "lin_ap0"),
        **{name: (Gaffer.ArrayPlug, None) for name in ("models", "pairs", "reports", "sources", "references")},
        "film": (_STRING, ""),
        "shot": (_STRING, ""),
        "version": (_INT, 0),
        "masters": (_STRING, "zip"),
        "codeSpace": (_STRING, ""),
        "package": (_STRING, "folder"),
        "review": (_STRING, "mp4"),
        "display": (_STRING, "sRGB - Display"),
        "view": (_STRING, "Un-tone-mapped"),
        "width": (_INT, 1920),
        "rate": (_FLOAT, 24.0),
        "restorationist": (_STRING, ""),
        "institution": (_STRING, ""),
        "sourceElement": (_STRING, ""),
        "referenceSource": (_STRING, ""),
        "constructedReference": (_BOOL, False),
        "digitalSourceType": (_STRING, "compositeWithTrainedAlgorithmicMedia"),
        **{f"publish{what}As": (_STRING, "") for what in ("", "Movie", "Report", "Models")},
        "publishNotPassed": (_BOOL, False),
        "directory": (_STRING, "${project:rootDirectory}/deliveries"),
    },
    "ElementReader": {
        "enabled": (_BOOL, True),
        "fileName": (_STRING, ""),
        "colorSpace": (_STRING, "srgb_tx"),
        "refreshCount": (_INT, 0),
        "out": (_IMAGE, None),
    },
    "FindShots": {
        **_TASK,
        **_SOURCE_FILES,
        "enabled": (_BOOL, True),
        "shotList": (_STRING, ""),
        "minimumLength": (_INT, 8),
        "fileName": (_STRING, f"{_RECORDS}/shots.json"),
        "shots": (_STRING, None),
        "shot": (_STRING, None),
    },
    "GroundTruth": {
        "enabled": (_BOOL, True),
        "source": (_IMAGE, None),
        "reference": (_IMAGE, None),
        **{part: (_IMAGE, None) for part in ("luma", "chroma", "red", "green", "blue")},
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
        "follow": (_STRING, "modelFile"),
        "run": (_STRING, ""),
        "missingModel": (_STRING, "error"),
        "shot": (_STRING, ""),
        "crop": (Gaffer.Box2iPlug, imath.Box2i(imath.V2i(0))),
        "doubt": (_BOOL, False),
        "device": (_STRING, "auto"),
        "refreshCount": (_INT, 0),
        "out": (_IMAGE, None),
    },
    "MatchFrames": {
        **_TASK,
        **_SOURCE_FILES,
        **_REFERENCE_FILES,
        "shots": (_STRING, ""),
        "enabled": (_BOOL, True),
        "referenceFrames": (_STRING, ""),
        "fileName": (_STRING, f"{_RECORDS}/matches.json"),
        "matches": (_STRING, None),
    },
    "MatchGrade": {
        **_TASK,
        "enabled": (_BOOL, True),
        "in": (_IMAGE, None),
        "pairs": (Gaffer.ArrayPlug, None),
        "nodes": (_INT, 33),
        "smoothness": (_FLOAT, 1.0),
        "fileName": (_STRING, "${project:rootDirectory}/baseline/${script:name}/grade.clf"),
        "lut": (_STRING, None),
        "out": (_IMAGE, None),
    },
    "Merge": {
        "enabled": (_BOOL, True),
        "original": (_IMAGE, None),
        "recovered": (_IMAGE, None),
        "operation": (_STRING, "color"),
        "out": (_IMAGE, None),
    },
    "Provenance": {
        "enabled": (_BOOL, True),
        "in": (_IMAGE, None),
        "models": (Gaffer.ArrayPlug, None),
        "merge": (_STRING, ""),
        "filmTitle": (_STRING, ""),
        "shot": (_STRING, ""),
        "restorationist": (_STRING, ""),
        "institution": (_STRING, ""),
        "sourceElement": (_STRING, ""),
        "referenceSource": (_STRING, ""),
        "constructedReference": (_BOOL, False),
        "digitalSourceType": (_STRING, "compositeWithTrainedAlgorithmicMedia"),
        "out": (_IMAGE, None),
    },
    "RecoveryWriter": {
        **_TASK,
        "enabled": (_BOOL, True),
        "in": (_IMAGE, None),
        "fileName": (_STRING, ""),
        "colorSpace": (_STRING, "lin_ap0"),
        "encoding": (_STRING, "zip"),
        "out": (_IMAGE, None),
    },
    "SelectPairs": {
        **_TASK,
        **_SOURCE_FILES,
        "shots": (_STRING, ""),
        "enabled": (_BOOL, True),
        "matches": (_STRING, ""),
        "alignment": (_STRING, ""),
        "furtherAlignments": (Gaffer.ArrayPlug, None),
        "scope": (_STRING, "shot"),
        "count": (_INT, 0),
        "holdOuts": (_INT, -1),
        "outliers": (_STRING, ""),
        "fileName": (_STRING, f"{_RECORDS}/selection.json"),
        "outliersFile": (_STRING, f"{_RECORDS}/outliers.json"),
        "frames": (_STRING, ""),
        "holdOutFrames": (_STRING, ""),
        "previewFrame": (_STRING, ""),
        "selectedFrames": (_STRING, None),
        "selectedHoldOutFrames": (_STRING, None),
        "selectedPreviewFrame": (_STRING, None),
    },
    "SharedCrop": {
        **_TASK,
        **_SOURCE_FILES,
        **_REFERENCE_FILES,
        "enabled": (_BOOL, True),
        "source": (_IMAGE, None),
        "alignment": (_STRING, ""),
        "within": (_STRING, ""),
        "shots": (_STRING, ""),
        "left": (_INT, -1),
        "top": (_INT, -1),
        "right": (_INT, -1),
        "bottom": (_INT, -1),
        "overlays": (_BOOL, True),
        "fileName": (_STRING, f"{_RECORDS}/crop.json"),
        "crop": (Gaffer.Box2iPlug, None),
        "cropFile": (_STRING, None),
        "sourceCrop": (Gaffer.Box2iPlug, None),
    },
    "Train": {
        **_TASK,
        "enabled": (_BOOL, True),
        "pairs": (Gaffer.ArrayPlug, None),
        "runsDirectory": (_STRING, "${project:rootDirectory}/runs/${script:name}"),
        "size": (_STRING, "small"),
        "steps": (_INT, 2000),
        "minutes": (_FLOAT, 0.0),
        "members": (_INT, 0),
        "stopWhenLearnt": (_BOOL, True),
        "patchSize": (_INT, 512),
        "batchSize": (_INT, 1),
        "learningRate": (_FLOAT, 0.015),
        "multiResolution": (_BOOL, False),
        "flips": (_BOOL, True),
        "exposureJitter": (_FLOAT, 0.03),
        "scaleJitter": (_FLOAT, 0.3),
        "unvariedEnd": (_FLOAT, 0.0),
        "checkpointInterval": (_INT, 100),
        "reportInterval": (_INT, 500),
        "stepModels": (_INT, 500),
        "startFrom": (_STRING, ""),
        "outliersFile": (_STRING, ""),
        "seed": (_INT, 1),
        "precision": (_STRING, "auto"),
        "device": (_STRING, "auto"),
        "picture": (_STRING, "contactSheet"),
        "out": (_IMAGE, None),
        "model": (_STRING, None),
    },
    "TrainingPairs": {
        **_TASK,
        "shots": (_STRING, ""),
        "enabled": (_BOOL, True),
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
        "alignment": (_STRING, ""),
        **_MASK,
        "pairs": (_STRING, None),
    },
    "UnpackMovie": {
        **_TASK,
        "enabled": (_BOOL, True),
        "movie": (_STRING, ""),
        "movieFrames": (_STRING, ""),
        "movieSpace": (_STRING, "srgb_tx"),
        "pictures": (_STRING, "film"),
        **{name: (_STRING, "") for name in ("matrix", "range", "siting", "fieldOrder", "deblock")},
        "pixels": (_STRING, "square"),
        "deband": (_FLOAT, 0.0),
        "first": (_INT, 1),
        "encoding": (_STRING, "float"),
        "directory": (_STRING, "${project:rootDirectory}/movies/${script:name}"),
        **{name: (_STRING, None) for name in ("files", "frames", "colorSpace")},
        "frameRange": (Gaffer.V2iPlug, None),
    },
}

_PLUGS["Validate"] = {
    **_TASK,
    "enabled": (_BOOL, True),
    "model": (_STRING, ""),
    "pairs": (Gaffer.ArrayPlug, None),
    "lut": (_STRING, ""),
    "sourceFiles": (_STRING, ""),
    "recoveredFiles": (_STRING, ""),
    "sourceFrames": (_STRING, ""),
    "sourceSpace": (_STRING, ""),
    "recoveredSpace": (_STRING, "lin_ap0"),
    "crop": (_STRING, ""),
    "shots": (_STRING, ""),
    "mostFrames": (_INT, 2),
    "device": (_STRING, "auto"),
    "title": (_STRING, ""),
    "shot": (_STRING, ""),
    "directory": (_STRING, "${project:rootDirectory}/report/${script:name}"),
    "outliersFile": (_STRING, ""),
    "alignment": (_STRING, ""),
    **_MASK,
    "measuredFrames": (_STRING, None),
    "report": (_STRING, None),
    # The criteria, of which the engine holds names and defaults.
    **{name: (_KINDS[kind], field.default) for name, field, kind, _ in settingsPlugs.fields(Criteria)},
}


_DISPATCHER = {
    **_TASK,
    "tasks": (Gaffer.ArrayPlug, None),
    "framesMode": (_INT, 0),
    "frameRange": (_STRING, "1-100x10"),
    "jobName": (_STRING, ""),
    "jobsDirectory": (_STRING, ""),
    "options": (_STRING, ""),
    "submit": (_BOOL, True),
}
for _farm in ("Slurm", "OpenJD", "OpenCue"):
    _PLUGS[f"{_farm}Dispatcher"] = _DISPATCHER


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
        outputs = {"out", "task", "trainingInput", "model", "pairs", "matches", "alignment", "referenceFrame"}
        outputs |= {"balance", "comparison", "crop", "sourceCrop", "cropFile", "lut", "report", "measuredFrames"}
        outputs |= {"files", "frames", "colorSpace", "version", "entity", "frameRange"}
        outputs |= {"selectedFrames", "selectedHoldOutFrames", "selectedPreviewFrame", "shots", "shot"}
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

    def testNumbersHaveTwoEnds(self):
        endless = {"frameOffset", "refreshCount", "framesMode"}
        for name in _PLUGS:
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

    def testScriptsDoNotNameTheFoldersOfTheCode(self):
        for name in _PLUGS:
            self.script[name] = getattr(GafferRecovery, name)()
        text = self.script.serialise()
        self.assertIn("import GafferRecovery\n", text)
        self.assertNotIn("import GafferRecovery.", text)
        for name in _PLUGS:
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

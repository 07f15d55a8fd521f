import Gaffer
import GafferUI
import GafferUITest
from Qt import QtWidgets

import GafferRecovery
import GafferRecoveryUI  # noqa: F401
from filmrecovery.base.recovery_modes import MODES
from filmrecovery.delivering.deliver_settings import REVIEWS
from filmrecovery.film.frames.frame_encoding import ENCODINGS
from filmrecovery.film.movies.unpack_settings import FIELDS, FILM, FRAMES, MATRICES, STRONG, WEAK
from filmrecovery.picture.aces import DELIVERY_SPACE
from filmrecovery.provenance.digital_source_type import POLICIES
from filmrecovery.reference.curation.selection_settings import SCOPES
from filmrecovery.reference.registration.align_settings import MODELS
from filmrecovery.training.runs.train_settings import SIZE_NAMES
from GafferRecovery.images.AlignedReference import MANUAL_BASES

_CHOICES = {
    ("Align", "model"): tuple(MODELS),
    ("Align", "manualBase"): MANUAL_BASES,
    ("Align", "comparisonMode"): ("difference", "edges"),
    ("SelectPairs", "scope"): tuple(SCOPES),
    ("GroundTruth", "mode"): MODES,
    ("Merge", "operation"): ("color", "luminosity"),
    ("TrainingPairs", "mode"): MODES,
    ("TrainingPairs", "dataType"): ("float", "half"),
    ("Train", "size"): SIZE_NAMES,
    ("Train", "precision"): ("auto", "float32", "bfloat16"),
    ("Train", "device"): ("auto", "cpu", "cuda"),
    ("Inference", "missingModel"): ("error", "passThrough"),
    ("Inference", "device"): ("auto", "cpu", "cuda"),
    ("RecoveryWriter", "encoding"): ENCODINGS,
    ("Provenance", "digitalSourceType"): POLICIES,
    ("DeliverFolder", "review"): REVIEWS,
    ("UnpackMovie", "pictures"): (FILM, FRAMES, FIELDS),
    ("UnpackMovie", "matrix"): ("", *MATRICES),
    ("UnpackMovie", "deblock"): ("", WEAK, STRONG),
}
# As many as Gaffer's own tests allow for updates in the background, which keep widgets alive.
_IDLE_EVENTS = 10000
_TASK = {"preTasks", "postTasks", "task"}
_NODULES = {
    "Asset": {"files", "entity"},
    "ElementReader": {"out"},
    "UnpackMovie": {"files"} | _TASK,
    "FindShots": {"shots"} | _TASK,
    "MatchFrames": {"shots", "matches"} | _TASK,
    "Align": {"in", "source", "matches", "shots", "alignment", "out", "comparison"} | _TASK,
    "SharedCrop": {"source", "alignment", "within", "shots", "cropFile"} | _TASK,
    "SelectPairs": {"matches", "alignment", "furtherAlignments", "shots"} | _TASK,
    "Balance": {"in", "balance", "out"} | _TASK,
    "Clean": {"in", "out"},
    "GroundTruth": {"source", "reference", "trainingInput", "out"},
    "TrainingPairs": {"input", "target", "preview", "alignment", "shots", "pairs"} | _TASK,
    "Train": {"pairs", "model"} | _TASK,
    "Inference": {"in", "model", "out"},
    "Merge": {"original", "recovered", "out"},
    "MatchGrade": {"in", "pairs", "lut", "out"} | _TASK,
    "Validate": {"model", "pairs", "lut", "shots", "report"} | _TASK,
    "DeliverFolder": {"models", "pairs", "reports"} | _TASK,
    "Provenance": {"in", "models", "out"},
    "RecoveryWriter": {"in", "out"} | _TASK,
}


def _node(name):
    return getattr(GafferRecovery, name)()


class NodesTest(GafferUITest.TestCase):
    def testChoicesAreThoseOfTheEngine(self):
        for (name, plugName), expected in _CHOICES.items():
            with self.subTest(node=name, plug=plugName):
                plug = _node(name)[plugName]
                values = []
                for preset in Gaffer.NodeAlgo.presets(plug):
                    Gaffer.NodeAlgo.applyPreset(plug, preset)
                    values.append(plug.getValue())
                self.assertEqual(values, list(expected))

    def testMenusShowTheDefaults(self):
        for name, plugName in [*_CHOICES, ("RecoveryWriter", "colorSpace")]:
            plug = _node(name)[plugName]
            self.assertIsNotNone(Gaffer.NodeAlgo.currentPreset(plug), f"{name}.{plugName}")
            self.assertIsInstance(GafferUI.PlugValueWidget.create(plug), GafferUI.PresetsPlugValueWidget)

    def testNumbersThatAreNotSetSayAutomatic(self):
        for name, plugNames in {
            "Train": ("minutes", "members"),
            "SelectPairs": ("count", "holdOuts"),
            "DeliverFolder": ("version",),
            "SharedCrop": ("left", "top", "right", "bottom"),
        }.items():
            for plugName in plugNames:
                plug = _node(name)[plugName]
                self.assertEqual(Gaffer.NodeAlgo.currentPreset(plug), "Automatic", plugName)
                plug.setValue(3)
                self.assertIsNone(Gaffer.NodeAlgo.currentPreset(plug), plugName)
                Gaffer.NodeAlgo.applyPreset(plug, "Automatic")
                self.assertEqual(plug.getValue(), plug.defaultValue(), plugName)

    def testBandsAreSmoothedOnlyWhereAStepIsGiven(self):
        self.assertEqual(Gaffer.NodeAlgo.presets(_node("UnpackMovie")["deband"]), ["Off"])

    def testWhatIsEmptyOnPurposeSaysSo(self):
        node = _node("Provenance")
        self.assertEqual(Gaffer.Metadata.value(node["models"][0], "label"), "Model")
        node["models"][0].setInput(_node("Train")["model"])
        self.assertEqual([Gaffer.Metadata.value(plug, "label") for plug in node["models"]], ["Model", "Another Model"])
        self.assertEqual(Gaffer.Metadata.value(node["models"][1], "pathPlugValueWidget:placeholderText"), "None")
        for name in ("filmTitle", "institution"):
            self.assertEqual(Gaffer.Metadata.value(node[name], "stringPlugValueWidget:placeholderText"), "Not set")
        self.assertEqual(
            Gaffer.Metadata.value(_node("Validate")["shots"], "pathPlugValueWidget:placeholderText"), "None"
        )

    def testAlignmentsOfSeveralReferencesAreTold(self):
        node = _node("SelectPairs")
        plugs = [node["alignment"], node["furtherAlignments"][0]]
        self.assertEqual([Gaffer.Metadata.value(plug, "label") for plug in plugs], ["Alignment", "Further Alignment"])
        aligns = [GafferRecovery.Align(name) for name in ("ColourAlign", "DonorAlign")]
        for plug, align in zip(plugs, aligns, strict=True):
            plug.setInput(align["alignment"])
        plugs.append(node["furtherAlignments"][1])
        self.assertEqual(
            [Gaffer.Metadata.value(plug, "label") for plug in plugs],
            ["Of ColourAlign", "Of DonorAlign", "Further Alignment"],
        )

    def testWhatGrowsIsNumbered(self):
        node = _node("DeliverFolder")
        trains = [_node("Train") for _ in range(2)]
        for index, train in enumerate(trains):
            node["models"][index].setInput(train["model"])
        self.assertEqual(
            [Gaffer.Metadata.value(plug, "label") for plug in node["models"]], ["Model", "Model 2", "Another Model"]
        )

    def testFilesTellOfATableThatTheEngineWrites(self):
        for name in ("MatchFrames", "SelectPairs"):
            self.assertIn("CSV", Gaffer.Metadata.value(_node(name)["fileName"], "description"))
        for name in ("Align", "Balance", "FindShots", "MatchGrade", "SharedCrop"):
            self.assertNotIn("table", Gaffer.Metadata.value(_node(name)["fileName"], "description"))

    def testSpacesOfElementsHaveNames(self):
        for name in ("MatchFrames", "Align", "SharedCrop"):
            plug = _node(name)["referenceSpace"]
            for space, expected in (("lin_ap0", "ACES2065-1"), ("g24_rec709", "Video, gamma 2.4")):
                plug.setValue(space)
                self.assertEqual(Gaffer.NodeAlgo.currentPreset(plug), expected)

    def testTheMenuOfSpacesBeginsWithTheDelivery(self):
        plug = GafferRecovery.RecoveryWriter()["colorSpace"]
        delivery, *others = Gaffer.NodeAlgo.presets(plug)
        self.assertGreater(len(others), 5)
        Gaffer.NodeAlgo.applyPreset(plug, others[-1])
        Gaffer.NodeAlgo.applyPreset(plug, delivery)
        self.assertEqual(plug.getValue(), DELIVERY_SPACE)

    def testNodulesAreThoseOfImagesPathsAndTasks(self):
        for name, expected in _NODULES.items():
            node = _node(name)
            gadget = GafferUI.NodeGadget.create(node)
            self.assertEqual({plug.getName() for plug in node.children(Gaffer.Plug) if gadget.nodule(plug)}, expected)

    def testLengthInMinutesReplacesSteps(self):
        script = Gaffer.ScriptNode()
        script["Train"] = GafferRecovery.Train()
        with GafferUI.Window() as window:
            ui = GafferUI.NodeUI.create(script["Train"])
        window.setVisible(True)
        for minutes, editable in ((10, False), (0, True)):
            script["Train"]["minutes"].setValue(minutes)
            self.waitForIdle(_IDLE_EVENTS)
            self.assertEqual(ui.plugValueWidget(script["Train"]["steps"]).enabled(), editable)

    def testModelIsShownAndNotEdited(self):
        script = Gaffer.ScriptNode()
        script["Train"] = GafferRecovery.Train()
        script["Train"]["runsDirectory"].setValue("/runs")
        with GafferUI.Window() as window:
            ui = GafferUI.NodeUI.create(script["Train"])
        window.setVisible(True)
        self.waitForIdle(_IDLE_EVENTS)
        (text,) = ui.plugValueWidget(script["Train"]["model"])._qtWidget().findChildren(QtWidgets.QLineEdit)
        self.assertEqual(text.text(), script["Train"]["model"].getValue())
        self.assertTrue(text.isReadOnly())

    def testFramesAreWrittenInBatches(self):
        for name in ("RecoveryWriter", "TrainingPairs"):
            node = _node(name)
            Gaffer.NodeAlgo.applyUserDefaults(node)
            self.assertEqual(node["dispatcher"]["batchSize"].getValue(), 100)

    def testNodeUIsEndWithTheirNodes(self):
        self.assertNodeUIsHaveExpectedLifetime(GafferRecovery)

import json

import Gaffer

import GafferRecovery
from filmrecovery.film.elements.scope import Scope, write_scopes
from GafferRecoveryTest import rawElements
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, callEngine


class FindShotsTest(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        self.source, self.reference = rawElements.writeElements(self.folder / "scans")
        self.list = self.folder / "reel.json"
        self.writeList(Scope("roof", "shot", 1, 6), Scope("street", "shot", 7, 12))
        node = self.script["FindShots"] = GafferRecovery.FindShots()
        node["sourceFiles"].setValue(self.source)
        node["shotList"].setValue(str(self.list))
        node["fileName"].setValue(str(self.folder / "shots.json"))
        self.node = node

    def writeList(self, *scopes):
        write_scopes(self.list, scopes)

    def shots(self, *frames):
        found = []
        with Gaffer.Context(self.script.context()) as context:
            for frame in frames:
                context.setFrame(frame)
                found.append(self.node["shot"].getValue())
        return found

    def testEachFrameHasTheNameOfItsShot(self):
        self.assertEqual(self.shots(1, 7), ["", ""])
        self.dispatch(self.node)
        self.assertEqual(self.shots(1, 6, 7, 12, 13), ["roof", "roof", "street", "street", ""])

    def testAnotherListCountsAfterTheNextDispatch(self):
        self.dispatch(self.node)
        self.writeList(Scope("whole", "shot", 1, 12))
        self.dispatch(self.node)
        self.assertEqual(self.shots(1, 12), ["whole", "whole"])

    def testWithoutAListTheShotsAreFound(self):
        self.node["shotList"].setValue("")
        self.dispatch(self.node)
        self.assertEqual(self.shots(1, 12), ["shot_010", "shot_010"])

    def testNotEnabledIsOneShot(self):
        self.dispatch(self.node)
        self.node["enabled"].setValue(False)
        self.assertEqual(self.shots(1, 12), ["", ""])
        self.assertEqual(self.node["shots"].getValue(), "")

    def testAListOfAnotherFilmIsOneSentence(self):
        self.writeList(Scope("roof", "shot", 1001, 1100))
        with self.assertRefused("FindShots", "none of its shots has a frame of", "by the numbers of the source"):
            self.execute(self.node)

    def testAWindowImportsNoTorchToLookAtAList(self):
        self.node["shotList"].setValue(str(self.folder / "reel.json"))
        timeline = self.folder / "reel.otio"
        callEngine("-m", "filmrecovery", "shots", self.source, self.folder / "found.json", "--timeline", timeline)
        code = (
            "import sys, Gaffer, GafferRecovery; script = Gaffer.ScriptNode(); "
            f"script['fileName'].setValue({str(self.save())!r}); script.load(); node = script['FindShots']\n"
            f"for path in ({str(self.list)!r}, {str(timeline)!r}):\n"
            "    node['shotList'].setValue(path); print([node.fault(), 'torch' in sys.modules])"
        )
        self.assertEqual(self.callGaffer("env", "python", "-c", code), "['', False]\n" * 2)

    def testShotsAreMatchedAlignedAndLabelledEachByItself(self):
        images = self.reader(self.source), self.reader(self.reference)
        match = self.script["MatchFrames"] = GafferRecovery.MatchFrames()
        align = self.script["Align"] = GafferRecovery.Align()
        select = self.script["SelectPairs"] = GafferRecovery.SelectPairs()
        for node, name in ((match, "matches"), (align, "alignment"), (select, "selection")):
            node["fileName"].setValue(str(self.folder / f"{name}.json"))
            node["sourceFiles"].setValue(self.source)
            node["shots"].setInput(self.node["shots"])
        for node in (match, align):
            node["referenceFiles"].setValue(self.reference)
        align["model"].setValue("translate")
        align["in"].setInput(images[1])
        align["source"].setInput(images[0])
        align["matches"].setInput(match["matches"])
        select["matches"].setInput(match["matches"])
        select["alignment"].setInput(align["alignment"])
        pairs = self.script["TrainingPairs"] = GafferRecovery.TrainingPairs()
        pairs["input"].setInput(images[0])
        pairs["target"].setInput(align["out"])
        pairs["preview"].setInput(images[0])
        pairs["frames"].setInput(select["selectedFrames"])
        pairs["holdOutFrames"].setInput(select["selectedHoldOutFrames"])
        pairs["previewFrame"].setInput(select["selectedPreviewFrame"])
        pairs["directory"].setValue(str(self.folder / "pairs"))
        pairs["shots"].setInput(self.node["shots"])
        for node, before in ((match, self.node), (align, match), (select, align), (pairs, select)):
            node["preTasks"][0].setInput(before["task"])
        self.dispatch(pairs)

        manifest = json.loads((self.folder / "pairs" / "manifest.json").read_text())
        labels = {pair["frame"]: pair["label"] for pair in manifest["pairs"]}
        trained = {pair["frame"] for pair in manifest["pairs"] if pair["role"] == "train"}
        self.assertLessEqual({1, 6, 7, 12}, trained)
        self.assertEqual(labels, {frame: "roof" if frame < 7 else "street" for frame in labels})

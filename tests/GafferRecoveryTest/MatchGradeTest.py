import os

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, callEngine, copyPairs, np, picture, readRgb


class MatchGradeTest(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        self.pairs = copyPairs(self.folder / "pairs")
        node = self.script["MatchGrade"] = GafferRecovery.MatchGrade()
        node["pairs"][0].setValue(str(self.pairs))
        node["fileName"].setValue(str(self.folder / "grade.clf"))
        node["nodes"].setValue(17)

    def testItGradesAsTheEngineDoes(self):
        node = self.script["MatchGrade"]
        self.execute(node)
        self.assertEqual(
            [name for name in self.filesIn(self.folder) if name.startswith("grade")],
            ["grade.clf", "grade.cube", "grade.json"],
        )
        rgb = np.clip(picture(1), 0.0, 1.0)
        node["in"].setInput(self.imageOf(rgb))
        graded = self.rgb(node["out"])
        source = self.pairs / "input.####.exr"
        options = ["--source-space", "srgb_tx", "--output-space", "srgb_tx", "--encoding", "float", "--frames", "1"]
        callEngine(
            "-m", "filmrecovery", "grade", self.folder / "grade.clf", source, self.folder / "graded.####.exr", *options
        )
        self.assertClose(graded, readRgb(self.folder / "graded.0001.exr"), 1e-5)
        self.assertGreater(np.abs(graded - rgb).max(), 0.01)

    def testNothingIsFittedWhereItIsNotEnabled(self):
        node = self.script["MatchGrade"]
        node["in"].setInput(self.imageOf(picture(1)))
        node["enabled"].setValue(False)
        self.execute(node)
        self.assertFalse(os.path.exists(self.folder / "grade.clf"))
        self.assertClose(self.rgb(node["out"]), picture(1), 0.0)
        with self.script.context():
            self.assertEqual(node["lut"].getValue(), "")

    def testRefusals(self):
        node = self.script["MatchGrade"]
        node["fileName"].setValue(str(self.folder / "grade.txt"))
        with self.assertRefused("grade.txt", ".clf"):
            self.execute(node)
        node["pairs"][0].setValue("")
        with self.assertRefused("MatchGrade", "connect the pairs of a TrainingPairs node"):
            self.execute(node)

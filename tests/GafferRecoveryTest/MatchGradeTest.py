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

    def testANewFitIsShown(self):
        node = self.script["MatchGrade"]
        node["in"].setInput(self.imageOf(np.full((4, 4, 3), 0.5)))
        file, changes = node.watchedFile()
        with self.assertRefused("there is no LUT yet: dispatch MatchGrade, which makes", "grade.cube"):
            file.setValue(str(self.folder / "grade.cube"))
            self.rgb(node["out"])
        for value in (0.1, 0.9, 0.4):
            entries = "\n".join([f"{value} {value} {value}"] * 8)
            (self.folder / "grade.cube").write_text(f"LUT_3D_SIZE 2\n{entries}\n")
            # As the interface does when it sees that the file has changed.
            changes.setValue(changes.getValue() + 1)
            self.assertClose(self.rgb(node["out"]), np.full((4, 4, 3), value), 1e-6)

    def testNothingIsFittedWhereItIsNotEnabled(self):
        node = self.script["MatchGrade"]
        node["in"].setInput(self.imageOf(picture(1)))
        node["enabled"].setValue(False)
        self.execute(node)
        self.assertFalse(os.path.exists(self.folder / "grade.clf"))
        self.assertClose(self.rgb(node["out"]), picture(1), 0.0)
        with self.script.context():
            self.assertEqual(node["lut"].getValue(), "")

    def testAnotherSuffixAndMissingPairsAreRefused(self):
        node = self.script["MatchGrade"]
        node["fileName"].setValue(str(self.folder / "grade.txt"))
        with self.assertRefused("grade.txt", ".clf"):
            self.execute(node)
        node["pairs"][0].setValue("")
        with self.assertRefused("MatchGrade", "connect the pairs of a TrainingPairs node"):
            self.execute(node)

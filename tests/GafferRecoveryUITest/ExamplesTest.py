from pathlib import Path

import Gaffer
import GafferUI
import GafferUITest

import GafferRecovery
import GafferRecoveryUI


class ExamplesTest(GafferUITest.TestCase):
    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        GafferRecoveryUI.examples.register()
        registered = GafferUI.Examples.registeredExamples()
        self.examples = {name: example for name, example in registered.items() if name.startswith("Film Recovery/")}

    def testTheFiveGraphsAreThere(self):
        self.assertEqual(len(self.examples), 5)
        for name, example in self.examples.items():
            self.assertTrue(Path(example["filePath"]).is_file(), example["filePath"])
            self.assertTrue(example["description"], name)

    def testNotableNodesAreInTheGraphs(self):
        for name, example in self.examples.items():
            script = Gaffer.ScriptNode()
            script["fileName"].setValue(example["filePath"])
            script.load()
            kinds = {type(node) for node in Gaffer.Node.RecursiveRange(script)}
            self.assertLessEqual(set(example["notableNodes"]), kinds, name)

    def testNodesLeadToTheExamples(self):
        self.assertLessEqual(
            self.examples.keys(), GafferUI.Examples.registeredExamples(node=GafferRecovery.Train).keys()
        )

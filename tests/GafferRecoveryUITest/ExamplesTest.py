from pathlib import Path

import Gaffer
import GafferDispatch
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

    def testTheGraphsAreThere(self):
        self.assertEqual(len(self.examples), 7)
        for name, example in self.examples.items():
            self.assertTrue(Path(example["filePath"]).is_file(), example["filePath"])
            self.assertTrue(example["description"], name)

    def testNotableNodesAreTheRecoveryNodesOfTheGraphs(self):
        recoveryNodes = {getattr(GafferRecovery, name) for name in GafferRecovery.__all__}
        for name, example in self.examples.items():
            script = Gaffer.ScriptNode()
            script["fileName"].setValue(example["filePath"])
            script.load()
            found = {type(node) for node in script.children(Gaffer.Node)} & recoveryNodes
            self.assertEqual(set(example["notableNodes"]), found, name)

    def testEveryNodeHasExamples(self):
        for name in GafferRecovery.__all__:
            kind = getattr(GafferRecovery, name)
            notOfOneGraph = GafferRecovery.Asset, GafferRecovery.UnpackMovie, GafferRecovery.DoubtMap
            if issubclass(kind, (GafferDispatch.Dispatcher, *notOfOneGraph)):
                # A graph goes to any farm, its files come from any manager or movie, and any picture may be doubted.
                continue
            examples = GafferUI.Examples.registeredExamples(node=kind)
            self.assertTrue(examples.keys() & self.examples.keys(), name)

import Gaffer
import GafferUI
import GafferUITest
import imath

import GafferRecovery
import GafferRecoveryUI


class NodeMenuTest(GafferUITest.TestCase):
    def testEveryNodeIsMadeFromTheMenu(self):
        root = Gaffer.ApplicationRoot("NodeMenuTest")
        GafferRecoveryUI.nodeMenu.append(root)
        script = Gaffer.ScriptNode()
        root["scripts"].addChild(script)
        editor = GafferUI.GraphEditor(script)
        definition = GafferUI.NodeMenu.acquire(root).definition()
        menu = GafferUI.Menu(definition)
        menu.popup(parent=editor, position=imath.V2i(0))
        for _, item in definition.items():
            script.selection().clear()
            item.command(menu)
        made = [node.typeName() for node in script.children(Gaffer.Node)]
        self.assertEqual(sorted(made), [f"GafferRecovery::{name}" for name in sorted(GafferRecovery.__all__)])

    def testOrderIsThatOfTheWork(self):
        root = Gaffer.ApplicationRoot("NodeMenuTest")
        GafferRecoveryUI.nodeMenu.append(root)
        paths = [path for path, _ in GafferUI.NodeMenu.acquire(root).definition().items()]
        self.assertEqual(
            [path.removeprefix("/Film Recovery/") for path in paths],
            [
                "Asset",
                "Unpack Movie",
                "Element Reader",
                "Find Shots",
                "Match Frames",
                "Align",
                "Shared Crop",
                "Select Pairs",
                "Balance",
                "Clean",
                "Ground Truth",
                "Training Pairs",
                "Train",
                "Recovery Inference",
                "Doubt Map",
                "Recovery Merge",
                "Match Grade",
                "Provenance",
                "Recovery Writer",
                "Validate",
                "Deliver Folder",
                "Slurm Dispatcher",
                "OpenJD Dispatcher",
                "OpenCue Dispatcher",
            ],
        )

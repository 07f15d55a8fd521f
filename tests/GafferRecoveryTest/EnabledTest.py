import os
from unittest import mock

import Gaffer
import GafferDispatch
import GafferImage
import IECore

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, picture, rgbChannels

# The input that each image output has the content of, where the node is not enabled.
_PASSED = {
    ("Align", "out"): "in",
    ("Balance", "out"): "in",
    ("Clean", "out"): "in",
    ("DoubtMap", "out"): "in",
    ("GroundTruth", "out"): "source",
    ("GroundTruth", "trainingInput"): "source",
    ("Inference", "out"): "in",
    ("MatchGrade", "out"): "in",
    ("Merge", "out"): "original",
    ("Provenance", "out"): "in",
    ("RecoveryWriter", "out"): "in",
}
_NOT_PASSED = {("Align", "comparison"), ("ElementReader", "out"), ("Train", "out")}
"""Images that are not a version of an input."""
_NODES = [
    name for name in GafferRecovery.__all__ if not issubclass(getattr(GafferRecovery, name), GafferDispatch.Dispatcher)
]
"""All but the dispatchers, which Gaffer cannot disable."""


class EnabledTest(RecoveryTestCase):
    """Every node can be disabled, as the nodes of Gaffer can: then it passes its input on, or does nothing."""

    def nodes(self):
        """A node of each type, by the name of the type, in the script."""
        for name in _NODES:
            self.script[name] = getattr(GafferRecovery, name)()
        return {name: self.script[name] for name in _NODES}

    def testEveryNodeCanBeDisabledFromTheGraphEditor(self):
        for name, node in self.nodes().items():
            self.assertTrue(node.enabledPlug().isSame(node["enabled"]), name)
            self.assertTrue(node["enabled"].getValue(), name)

    def testImagesHaveACorrespondingInput(self):
        for name, node in self.nodes().items():
            for plug in GafferImage.ImagePlug.OutputRange(node):
                output = name, plug.getName()
                if output in _NOT_PASSED:
                    self.assertIsNone(node.correspondingInput(plug), output)
                else:
                    self.assertTrue(node.correspondingInput(plug).isSame(node[_PASSED[output]]), output)
            for plug in Gaffer.StringPlug.OutputRange(node):
                self.assertIsNone(node.correspondingInput(plug), f"{name}.{plug.getName()}")

    def testDisabledNodesPassTheImageOn(self):
        planes = rgbChannels(picture(1)) | {"A": picture(2)[..., 0], "infrared": picture(2)[..., 1]}
        image = self.imageOf(planes, origin=(4, 2), size=(120, 90), metadata={"FilmTitle": "Mission"})
        nodes = self.nodes()
        for (name, output), source in _PASSED.items():
            with self.subTest(node=name, output=output):
                nodes[name]["enabled"].setValue(False)
                nodes[name][source].setInput(image)
                self.assertImagesEqual(nodes[name][output], image)

    def testDisabledTasksDoNothing(self):
        # Everything that they need is missing, the engine too.
        with mock.patch.dict(os.environ, FILMRECOVERY_PYTHON="/nowhere"):
            for name, node in self.nodes().items():
                if isinstance(node, GafferDispatch.TaskNode):
                    with self.subTest(node=name):
                        node["enabled"].setValue(False)
                        with self.script.context():
                            self.assertEqual(node["task"].hash(), IECore.MurmurHash())
                        self.execute(node)

    def testTasksBeforeADisabledOneAreStillDispatched(self):
        before = self.script["Before"] = GafferDispatch.PythonCommand()
        for name, node in self.nodes().items():
            if isinstance(node, GafferDispatch.TaskNode):
                node["enabled"].setValue(False)
                node["preTasks"][0].setInput(before["task"])
                with self.script.context():
                    tasks = [task.plug().source().node().getName() for task in node["task"].preTasks()]
                self.assertIn("Before", tasks, name)

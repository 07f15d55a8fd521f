import Gaffer

import GafferRecovery
from filmrecovery.film.frames.frame_encoding import DOUBT_CHANNEL
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, callEngine, np, picture, rgbChannels

_ENGINE = """
import sys
import numpy as np
from filmrecovery.picture.doubt_map import doubt_map

given = np.load(sys.argv[1])
np.save(sys.argv[2], doubt_map(given["rgb"], given["doubt"], 0.04))
"""


class DoubtMapTest(RecoveryTestCase):
    def setUp(self):
        RecoveryTestCase.setUp(self)
        self.picture = picture(1)
        # Beyond both ends of the scale too.
        self.doubt = np.linspace(-0.01, 0.06, self.picture[..., 0].size, dtype=np.float32)
        self.doubt = self.doubt.reshape(self.picture.shape[:2])

    def node(self, planes):
        node = self.script["DoubtMap"] = GafferRecovery.DoubtMap()
        node["in"].setInput(self.imageOf(planes, (-40, 33)))
        node["scaleEnd"].setValue(0.04)
        return node

    def planes(self):
        return {**rgbChannels(self.picture), "A": self.picture[..., 1], DOUBT_CHANNEL: self.doubt}

    def testIsTheMapOfTheReports(self):
        node = self.node(self.planes())
        folder = self.temporaryDirectory()
        np.savez(folder / "given.npz", rgb=self.picture, doubt=self.doubt)
        callEngine("-c", _ENGINE, folder / "given.npz", folder / "map.npy")
        # The engine takes one of 256 colours, Gaffer what lies between.
        self.assertClose(self.rgb(node["out"]), np.load(folder / "map.npy"), 0.006)

    def testKeepsTheRest(self):
        node = self.node(self.planes())
        channels = self.channels(node["out"])
        self.assertEqual(set(channels), {"R", "G", "B", "A", DOUBT_CHANNEL})
        for name in ("A", DOUBT_CHANNEL):
            self.assertClose(channels[name], self.planes()[name], 0)
        self.assertEqual(self.window(node["out"]), self.window(node["in"]))
        node["enabled"].setValue(False)
        self.assertClose(self.rgb(node["out"]), self.picture, 0)
        self.assertTrue(node.correspondingInput(node["out"]).isSame(node["in"]))

    def testAnImageWithoutDoubtIsTold(self):
        node = self.node(rgbChannels(self.picture))
        with self.assertRaisesRegex(Gaffer.ProcessException, "recovery.doubt"):
            self.rgb(node["out"])

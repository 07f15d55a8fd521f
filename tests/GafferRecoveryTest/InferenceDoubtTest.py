import GafferTest
import imath

import GafferRecovery
from GafferRecovery.engine import torchEngine
from GafferRecoveryTest.InferenceTestCase import InferenceTestCase
from GafferRecoveryTest.RecoveryTestCase import (
    callEngine,
    np,
    picture,
    readExr,
    rgbChannels,
    writeExr,
)

_DOUBT = "recovery.doubt"


class InferenceDoubtTest(InferenceTestCase):
    """How far the recovery is to be doubted, as a channel beside those of the image."""

    def testDoubtIsAChannelBesideThose(self):
        rgb = picture(1, 150, 200)
        model = self.model(doubt=True)
        node = self.node(self.imageOf({**rgbChannels(rgb), "A": rgb[..., 2] * 0.5}, (-30, 17)), model)
        changed = GafferTest.CapturingSlot(node.plugDirtiedSignal())
        plain = self.channels(node["out"])
        self.assertNotIn(_DOUBT, plain)
        node["doubt"].setValue(True)
        self.assertIn(node["out"]["channelNames"], [plug for (plug,) in changed])
        channels = self.channels(node["out"])
        self.assertEqual([*channels], [*plain, _DOUBT])
        for name, plane in plain.items():
            self.assertClose(channels[name], plane, 0.0)
        loaded, _ = torchEngine.network(model, "doubting", "cpu")
        told = torchEngine.module("filmrecovery.model.inference").doubt_of(loaded, rgb)
        self.assertClose(channels[_DOUBT], told, 1e-6)
        self.assertGreater(told.max(), 1.1 * told.min())
        node["enabled"].setValue(False)
        self.assertNotIn(_DOUBT, self.channels(node["out"]))

    def testDoubtIsTheEnginesAndGoesThroughMergeAndWriter(self):
        rgb = np.abs(picture(1)) * 0.5
        source = self.temporaryDirectory() / "source.0001.exr"
        writeExr(source, rgbChannels(rgb))
        model = self.model(doubt=True)
        expected = self.temporaryDirectory() / "expected.0001.exr"
        patterns = [str(path).replace("0001", "####") for path in (source, expected)]
        options = ["--source-space", "lin_ap0", "--encoding", "float", "--device", "cpu", "--doubt"]
        callEngine("-m", "filmrecovery", "render", model, *patterns, *options)
        reader = self.reader(source, "lin_ap0")
        node = self.node(reader, model, doubt=True)
        merge = GafferRecovery.Merge()
        self.script.addChild(merge)
        merge["original"].setInput(reader)
        merge["recovered"].setInput(node["out"])
        writer = GafferRecovery.RecoveryWriter()
        self.script.addChild(writer)
        writer["in"].setInput(merge["out"])
        writer["encoding"].setValue("float")
        writer["fileName"].setValue(str(self.temporaryDirectory() / "written.exr"))
        self.execute(writer)
        written, told = (readExr(path)[0] for path in (writer["fileName"].getValue(), expected))
        self.assertEqual({*written}, {*told})
        self.assertClose(written[_DOUBT], told[_DOUBT], 1e-5)
        self.assertGreater(told[_DOUBT].max(), 0.01)

    def testDoubtOfAnEarlierRecoveryCounts(self):
        rgb = picture(1, 100, 180)
        earlier = np.full(rgb.shape[:2], 0.04, np.float32)
        image = self.imageOf({**rgbChannels(rgb), _DOUBT: earlier})
        node = self.node(image, self.model(doubt=True), doubt=True)
        alone = self.node(self.imageOf(rgb), self.model(doubt=True), doubt=True)
        own = self.channels(alone["out"])[_DOUBT]
        self.assertClose(self.channels(node["out"])[_DOUBT], np.hypot(earlier, own), 1e-6)
        node["crop"].setValue(imath.Box2i(imath.V2i(40, 30), imath.V2i(130, 90)))
        cropped = self.channels(node["out"])[_DOUBT]
        self.assertClose(cropped[:10], earlier[:10], 0.0)
        self.assertGreater(cropped[10:70, 40:130].min(), 0.04)
        node["doubt"].setValue(False)
        self.assertClose(self.channels(node["out"])[_DOUBT], earlier, 0.0)

    def testAModelThatCannotTellItsDoubtIsRefused(self):
        node = self.node(self.imageOf(picture(1)), self.model(), doubt=True)
        with self.assertRefused("does not know how far it is to be doubted", "train it again"):
            self.evaluate(node["out"])
        node["doubt"].setValue(False)
        self.evaluate(node["out"])
        # Where the input is shown for want of a model, there is no doubt of it.
        node = self.node(self.imageOf(picture(1)), "", doubt=True, missingModel="passThrough")
        self.assertNotIn(_DOUBT, self.channels(node["out"]))

import Gaffer
import GafferImage
import GafferImageUI
import GafferUI
import GafferUITest

import GafferRecoveryUI


class DisplayTransformTest(GafferUITest.TestCase):
    def testViewersBeginWithTheScriptsOwn(self):
        GafferRecoveryUI.displayTransform.register()
        # Of the whole process: Viewers of other tests have no such transform.
        self.addCleanup(Gaffer.Metadata.deregisterValue, GafferUI.View, "displayTransform.name", "userDefault")
        script = Gaffer.ScriptNode()
        colors = GafferImage.OpenColorIOConfigPlug.acquireDefaultConfigPlug(script)
        for name in ("__default__", "sRGB - Display/Un-tone-mapped"):
            colors["displayTransform"].setValue(name)
            view = GafferImageUI.ImageView(script)
            Gaffer.NodeAlgo.applyUserDefaults(view)
            self.assertEqual(view["displayTransform"]["name"].getValue(), name)

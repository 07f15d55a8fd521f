import Gaffer
import GafferUI
import GafferUITest

import GafferRecoveryUI


class StartupTest(GafferUITest.TestCase):
    def test(self):
        application = Gaffer.Application("StartupTest")
        application._executeStartupFiles("gui")
        paths = [path for path, _ in GafferUI.NodeMenu.acquire(application).definition().items()]
        self.assertIn("/Recovery/Train", paths)
        self.assertIn("Film Recovery/Combined Recovery", GafferUI.Examples.registeredExamples())
        self.assertIsInstance(application.root()._recoveryFileWatcher, GafferRecoveryUI.FileWatcher)

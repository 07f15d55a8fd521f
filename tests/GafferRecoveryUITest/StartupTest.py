import Gaffer
import GafferImageUI
import GafferUI
import GafferUITest

import GafferRecoveryUI


class StartupTest(GafferUITest.TestCase):
    def test(self):
        application = Gaffer.Application("StartupTest")
        application._executeStartupFiles("gui")
        items = GafferUI.NodeMenu.acquire(application).definition().items()
        self.assertIn("/Film Recovery/Train", [path for path, _ in items])
        self.assertNoOtherNodeIsFoundUnderTheSameName(items)
        self.assertIn("Film Recovery/Combined Recovery", GafferUI.Examples.registeredExamples())
        editors = GafferUI.Layouts.acquire(application).registeredEditors()
        self.assertLessEqual({"FilmRecoveryTraining", "FilmRecoveryShot"}, set(editors))
        self.assertIsInstance(application.root()._recoveryFileWatcher, GafferRecoveryUI.FileWatcher)
        self.assertNoOtherToolHasAKeyOfOurs()

    def assertNoOtherToolHasAKeyOfOurs(self):
        """Of the tools of a Viewer with one key, Gaffer takes its own."""
        view = GafferImageUI.ImageView(Gaffer.ScriptNode())
        tools = {name: GafferUI.Tool.create(name, view) for name in GafferUI.Tool.registeredTools(view.typeId())}
        keys = {name: Gaffer.Metadata.value(tool, "viewer:shortCut") for name, tool in tools.items()}
        self.assertEqual(keys["GafferSceneUI::CropWindowTool"], "C")
        self.assertEqual(len(set(keys.values())), len(keys), keys)

    def assertNoOtherNodeIsFoundUnderTheSameName(self, items):
        """The names that the menu's search shows: an artist must be able to tell our nodes from Gaffer's."""
        names = {True: [], False: []}
        for path, item in items:
            name = getattr(item, "searchText", path.rpartition("/")[2])
            names[path.startswith("/Film Recovery/")].append(name.replace(" ", "").lower())
        self.assertIn("merge", names[False])
        self.assertEqual(set(names[True]) & {"inference", *names[False]}, set())

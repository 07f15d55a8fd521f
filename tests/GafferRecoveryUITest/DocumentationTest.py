import dataclasses

import Gaffer
import GafferImage
import GafferUITest

import GafferRecovery
import GafferRecoveryUI  # noqa: F401
from filmrecovery.training.runs.train_settings import TrainSettings
from GafferRecovery.plugs import settingsPlugs


class DocumentationTest(GafferUITest.TestCase):
    def testNodesAndPlugsAreDocumented(self):
        self.assertNodesAreDocumented(GafferRecovery, additionalTerminalPlugTypes=(GafferImage.ImagePlug,))
        for name in GafferRecovery.__all__:
            kind = getattr(GafferRecovery, name)
            # A node without a description of its own would have that of its base class.
            descriptions = {Gaffer.Metadata.value(node(), "description") for node in (kind, kind.__base__)}
            self.assertEqual(len(descriptions), 2, name)

    def testSettingsOfTheTrainingAreDocumentedByTheEngine(self):
        node = GafferRecovery.Train()
        for field in dataclasses.fields(TrainSettings):
            description = Gaffer.Metadata.value(node[settingsPlugs.plugName(field.name)], "description")
            self.assertTrue(description.lower().startswith(field.metadata["help"].lower()), description)

    def testDescriptionsNameRanges(self):
        node = GafferRecovery.Train()
        for name, expected in (
            ("steps", "From 1 to 10,000,000."),
            ("minutes", "From 0.05 to 10,080. Automatic, which is 0: not set."),
            ("scaleJitter", "From 0 to 0.5."),
            ("startFrom", "Empty: not set."),
        ):
            self.assertTrue(Gaffer.Metadata.value(node[name], "description").endswith(expected), name)

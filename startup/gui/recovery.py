# `application` is the program that this file is executed for.

import GafferRecoveryUI

GafferRecoveryUI.nodeMenu.append(application)  # noqa: F821
GafferRecoveryUI.TrainingEditor.register(application)  # noqa: F821
GafferRecoveryUI.ShotEditor.register(application)  # noqa: F821
GafferRecoveryUI.examples.register()
GafferRecoveryUI.displayTransform.register()
GafferRecoveryUI.graphOpening.register()
GafferRecoveryUI.reportPage.register()
# Held by what they watch, and as long as that.
application.root()._recoveryFileWatcher = GafferRecoveryUI.FileWatcher(application.root())  # noqa: F821
application.root()._recoveryStates = GafferRecoveryUI.StateAnnotations(application.root())  # noqa: F821

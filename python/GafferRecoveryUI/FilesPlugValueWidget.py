from collections.abc import Sequence
from typing import Any

import Gaffer
import GafferUI

from filmrecovery.assets.connection import is_configured
from GafferRecoveryUI.AssetChooserDialogue import AssetChooserDialogue


class FilesPlugValueWidget(GafferUI.FileSystemPathPlugValueWidget):
    """The files of an element, by their path or by the reference of an asset.

    Gaffer's own widget makes a path of whatever is typed, and `bal:/print` of the reference `bal:///print`. Where an
    asset manager is configured, a button opens what it offers for choosing.
    """

    def __init__(self, plug: Gaffer.StringPlug, **kw: Any) -> None:
        GafferUI.FileSystemPathPlugValueWidget.__init__(self, plug, **kw)
        self.__button: GafferUI.Button | None = None
        if is_configured():
            button = GafferUI.Button("Asset...", toolTip="Chooses in what the asset manager offers for that.")
            button.clickedSignal().connect(Gaffer.WeakMethod(self.__clicked))
            self.pathWidget().parent().append(button)
            self.__button = button

    def _updateFromEditable(self) -> None:
        GafferUI.FileSystemPathPlugValueWidget._updateFromEditable(self)
        if self.__button:
            self.__button.setEnabled(self._editable())

    def _updateFromValues(self, values: Sequence[str], exception: Exception | None) -> None:
        GafferUI.FileSystemPathPlugValueWidget._updateFromValues(self, values, exception)
        if len(set(values)) == 1 and _isReference(values[0]):
            # After the path, which does not follow the text back.
            self.pathWidget().setText(values[0])

    def _setPlugFromPath(self, path: Gaffer.Path) -> None:
        text = self.pathWidget().getText()
        if _isReference(text):
            self.getPlug().setValue(text)
        else:
            GafferUI.FileSystemPathPlugValueWidget._setPlugFromPath(self, path)

    def _pathChooserDialogue(self) -> GafferUI.PathChooserDialogue:
        text = self.pathWidget().getText()
        if not _isReference(text):
            return GafferUI.FileSystemPathPlugValueWidget._pathChooserDialogue(self)
        # It begins where it would for an empty plug, and what is there stays until a file is chosen.
        self.path().setFromString("")
        dialogue = GafferUI.FileSystemPathPlugValueWidget._pathChooserDialogue(self)
        self.pathWidget().setText(text)
        return dialogue

    def __clicked(self, button: GafferUI.Button) -> None:
        window = self.ancestor(GafferUI.Window)
        with GafferUI.ErrorDialogue.ErrorHandler(title="No asset to choose", parentWindow=window):
            chosen = AssetChooserDialogue(self.pathWidget().getText()).waitForReference(parentWindow=window)
            if chosen:
                with Gaffer.UndoScope(self.getPlug().ancestor(Gaffer.ScriptNode)):
                    self.getPlug().setValue(chosen)


def _isReference(text: str) -> bool:
    return "://" in text

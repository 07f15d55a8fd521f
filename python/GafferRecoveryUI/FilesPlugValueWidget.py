from collections.abc import Sequence

import Gaffer
import GafferUI


class FilesPlugValueWidget(GafferUI.FileSystemPathPlugValueWidget):
    """The files of an element, by their path or by the reference of an asset.

    Gaffer's own widget makes a path of whatever is typed, and `bal:/print` of the reference `bal:///print`.
    """

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


def _isReference(text: str) -> bool:
    return "://" in text

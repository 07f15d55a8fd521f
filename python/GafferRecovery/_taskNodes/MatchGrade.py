import Gaffer
import GafferImage
import IECore

from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.files.LutFile import LutFile
from GafferRecovery.plugs import pathPlugs, settingsPlugs, unsavedPlugs


class MatchGrade(EngineTask):
    """The best match of the elements that a colourist could make: a 3D LUT, fitted to the pairs of the training.

    The task fits it. `lut` carries the path of its file, and `out` is `in` with the LUT applied. A recovery has to be
    better than this baseline; it is no part of the recovery. Images are those of the script's working space. Where the
    node is not enabled, `out` is `in`.
    """

    def __init__(self, name: str = "MatchGrade") -> None:
        EngineTask.__init__(self, name)

        self["in"] = GafferImage.ImagePlug()
        self["pairs"] = pathPlugs.pairs()
        settingsPlugs.add(self, MatchGradeSettings)
        self["fileName"] = Gaffer.StringPlug(defaultValue="${project:rootDirectory}/baseline/${script:name}/grade.clf")
        self.addPath("lut")
        self["out"] = unsavedPlugs.output(GafferImage.ImagePlug)
        self["__fileChanges"] = unsavedPlugs.fileChanges()

        lut = self["__lutFile"] = LutFile()
        lut["in"].setInput(self["in"])
        lut["enabled"].setInput(self["enabled"])
        lut["fileName"].setInput(self["fileName"])
        lut["fileChanges"].setInput(self["__fileChanges"])

        graded = self["__graded"] = GafferImage.LUT()
        graded["in"].setInput(self["in"])
        graded["fileName"].setInput(lut["out"])
        graded["interpolation"].setValue(GafferImage.LUT.Interpolation.Tetrahedral)
        graded["enabled"].setInput(self["enabled"])
        self["out"].setInput(graded["out"])

    def watchedFile(self) -> tuple[Gaffer.StringPlug, Gaffer.IntPlug]:
        """The plug with the path of the file that `out` depends on, and the plug to count up when the file changes."""
        return self["fileName"], self["__fileChanges"]

    def correspondingInput(self, output: Gaffer.Plug) -> Gaffer.Plug | None:
        return self["in"] if output.isSame(self["out"]) else EngineTask.correspondingInput(self, output)

    def calls(self, name: str) -> list[list[str]]:
        pairs = self.pairFolders(name, "fit to")
        path = self.needed("fileName", name, "name the file of the LUT, such as grade.clf")
        return [["match-grade", *pairs, f"--lut={path}", *self.settings(MatchGradeSettings, name)]]


IECore.registerRunTimeTyped(MatchGrade, typeName="GafferRecovery::MatchGrade")

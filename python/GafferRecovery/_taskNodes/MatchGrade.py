import Gaffer
import GafferImage
import IECore

from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.plugs import settingsPlugs


class MatchGrade(EngineTask):
    """What a colourist's match of the elements can do at best: a 3D LUT, fitted to the pairs that a model learns from.

    The task fits it; `lut` carries the path of its file, and `out` is `in` as it grades it. It is the baseline that a
    recovery has to beat, and no part of the recovery. Images are those of the script's working space.
    """

    def __init__(self, name: str = "MatchGrade") -> None:
        EngineTask.__init__(self, name)

        self["in"] = GafferImage.ImagePlug()
        self["pairs"] = Gaffer.ArrayPlug(elementPrototype=Gaffer.StringPlug("pairs0"))
        settingsPlugs.add(self, MatchGradeSettings)
        self["fileName"] = Gaffer.StringPlug(defaultValue="${project:rootDirectory}/baseline/${script:name}/grade.clf")
        self.addPath("lut")
        self["out"] = GafferImage.ImagePlug(
            direction=Gaffer.Plug.Direction.Out, flags=Gaffer.Plug.Flags.Default & ~Gaffer.Plug.Flags.Serialisable
        )

        graded = self["__graded"] = GafferImage.LUT()
        graded["in"].setInput(self["in"])
        graded["fileName"].setInput(self["fileName"])
        graded["interpolation"].setValue(GafferImage.LUT.Interpolation.Tetrahedral)
        graded["enabled"].setInput(self["enabled"])
        self["out"].setInput(graded["out"])

    def calls(self, name: str) -> list[list[str]]:
        pairs = [plug.getValue() for plug in self["pairs"] if plug.getValue()]
        if not pairs:
            raise RuntimeError(f"{name}: has no pairs to fit to; connect the pairs of a TrainingPairs node to `pairs`")
        path = self.needed("fileName", name, "name the file of the LUT, such as grade.clf")
        return [["match-grade", *pairs, f"--lut={path}", *self.settings(MatchGradeSettings, name)]]


IECore.registerRunTimeTyped(MatchGrade, typeName="GafferRecovery::MatchGrade")

import Gaffer
import IECore

from filmrecovery.reference.matching.match_settings import MatchSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.plugs import settingsPlugs


class MatchFrames(EngineTask):
    """Finds which frame of the reference shows which frame of the source. `matches` carries the path of the table.

    The elements may differ in frame numbers, framing, colour and contrast, and frames may be missing or doubled. Where
    the node is not enabled, `matches` is empty.
    """

    def __init__(self, name: str = "MatchFrames") -> None:
        EngineTask.__init__(self, name)

        self.addElement("source", frames=True)
        self.addElement("reference", frames=True)
        self["shots"] = Gaffer.StringPlug()
        settingsPlugs.add(self, MatchSettings)
        self["fileName"] = Gaffer.StringPlug(
            defaultValue="${project:rootDirectory}/reference/${script:name}/matches.json"
        )
        self.addPath("matches")

    def calls(self, name: str) -> list[list[str]]:
        others = {"frames": "sourceFrames", "reference-frames": "referenceFrames", "shots": "shots"}
        values = {option: self[plug].getValue() for option, plug in others.items()}
        arguments = [
            "match",
            self.files("source", name),
            self.files("reference", name),
            self.needed("fileName", name, "name the file of the matches, such as matches.json"),
            *(f"--{option}={value}" for option, value in values.items() if value),
            *self.spaces(name, "source", "reference"),
            *self.settings(MatchSettings, name),
        ]
        return [arguments]


IECore.registerRunTimeTyped(MatchFrames, typeName="GafferRecovery::MatchFrames")

from pathlib import Path

import Gaffer
import IECore

from filmrecovery.base.errors import RecoveryError
from filmrecovery.film.elements.element import find_element
from filmrecovery.reference.curation.shot_list import TIMECODE_SUFFIXES, read_shots
from filmrecovery.reference.curation.shot_settings import ShotSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.engine import enginePackages
from GafferRecovery.files.ShotRecord import ShotRecord
from GafferRecovery.plugs import pathPlugs, settingsPlugs, unsavedPlugs


class FindShots(EngineTask):
    """Finds the shots of an element that holds several, or takes those of a list.

    `shots` carries the path of the file with them, and `shot` the name of the shot at the frame: empty before the file
    is made. Where the node is not enabled both are empty, which means that the element is one shot.
    """

    def __init__(self, name: str = "FindShots") -> None:
        EngineTask.__init__(self, name)

        self.addElement("source", frames=True)
        self["shotList"] = Gaffer.StringPlug()
        settingsPlugs.add(self, ShotSettings)
        self["fileName"] = Gaffer.StringPlug(
            defaultValue="${project:rootDirectory}/reference/${script:name}/shots.json"
        )
        self.addPath("shots")
        self["shot"] = unsavedPlugs.output(Gaffer.StringPlug)
        self["__fileChanges"] = unsavedPlugs.fileChanges()

        record = self["__record"] = ShotRecord()
        record["fileName"].setInput(self["__path"]["out"])
        record["fileChanges"].setInput(self["__fileChanges"])
        self["shot"].setInput(record["out"])

    def watchedFile(self) -> tuple[Gaffer.StringPlug, Gaffer.IntPlug]:
        """The plug with the path of the file that `shot` depends on, and the plug to count up when the file changes."""
        return self["fileName"], self["__fileChanges"]

    def fault(self) -> str:
        """What is wrong with the list as it is set, in the engine's words; empty where nothing is, or there is none.

        Raises IECore.Exception where the engine's packages cannot be imported, which read timelines.
        """
        listed, source = (pathPlugs.text(self[plug]) for plug in ("shotList", "sourceFiles"))
        if not (listed and source and self["enabled"].getValue()):
            return ""
        suffix = Path(listed).suffix.lower()
        if suffix in TIMECODE_SUFFIXES:
            # Its timecode is told by the headers of the scan, which the engine's own process reads.
            return "" if Path(listed).is_file() else f"{listed}: missing; choose the list of the shots"
        if suffix == ".otio":
            # OpenTimelineIO is among them.
            enginePackages.find()
        try:
            read_shots(listed, find_element(source, self["sourceFrames"].getValue() or None))
        except RecoveryError as error:
            return str(error)
        return ""

    def calls(self, name: str) -> list[list[str]]:
        others = {"list": self["shotList"].getValue(), "frames": self["sourceFrames"].getValue()}
        arguments = [
            "shots",
            self.files("source", name),
            self.needed("fileName", name, "name the file of the shots, such as shots.json"),
            *(f"--{option}={value}" for option, value in others.items() if value),
            *self.spaces(name, "source"),
            *self.settings(ShotSettings, name),
        ]
        return [arguments]


IECore.registerRunTimeTyped(FindShots, typeName="GafferRecovery::FindShots")

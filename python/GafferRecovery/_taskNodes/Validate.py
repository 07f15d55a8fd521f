from pathlib import Path

import Gaffer
import IECore

from filmrecovery.picture.aces import DELIVERY_SPACE
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.report_folder import ReportFolder
from filmrecovery.validation.validate_settings import ValidateSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.engine import engineProcess
from GafferRecovery.files import workState
from GafferRecovery.files.MeasuredFrames import MeasuredFrames
from GafferRecovery.files.workState import Work
from GafferRecovery.plugs import pathPlugs, settingsPlugs, unsavedPlugs


class Validate(EngineTask):
    """Measures a recovery and judges it: on hold-outs and over the shot, beside its source and a baseline.

    Writes a report for people, and its figures as JSON; `report` carries the path of their folder. A recovery that does
    not pass is no error of the task: its frames stay, to be looked at. With `mostFrames` a few frames are measured,
    spread over the frames of the script, which need be the only ones that are written: `measuredFrames` carries them,
    for the frame range of a dispatcher. Where the node is not enabled nothing is measured, and `report` still carries
    the path.
    """

    def __init__(self, name: str = "Validate") -> None:
        EngineTask.__init__(self, name)

        self["model"] = Gaffer.StringPlug()
        self["pairs"] = pathPlugs.pairs()
        self["lut"] = Gaffer.StringPlug()
        self.addElement("source", frames=True, space="")
        self.addElement("recovered", space=DELIVERY_SPACE)
        settingsPlugs.add(self, ValidateSettings)
        settingsPlugs.add(self, Criteria)
        self["title"] = Gaffer.StringPlug()
        self["shot"] = Gaffer.StringPlug()
        self["directory"] = Gaffer.StringPlug(defaultValue="${project:rootDirectory}/report/${script:name}")
        self["outliersFile"] = Gaffer.StringPlug()
        self["alignment"] = Gaffer.StringPlug()
        self["selection"] = Gaffer.StringPlug()
        self["measuredFrames"] = unsavedPlugs.output(Gaffer.StringPlug)
        self["report"] = unsavedPlugs.output(Gaffer.StringPlug)
        self["report"].setInput(self["directory"])

        frames = self["__measuredFrames"] = MeasuredFrames()
        for plug in ("sourceFrames", "mostFrames"):
            frames[plug].setInput(self[plug])
        self["measuredFrames"].setInput(frames["out"])

    def measuresFew(self) -> bool:
        """Whether a few frames stand for all of them."""
        return self["mostFrames"].getValue() > self["mostFrames"].defaultValue()

    def work(self) -> Work:
        """The verdict, for the graph. In the current context."""
        folder, model = (Path(pathPlugs.text(self[plug])) for plug in ("directory", "model"))
        return workState.validation(ReportFolder(folder).record, model)

    def calls(self, name: str) -> list[list[str]]:
        pairs = self.pairFolders(name, "measure on")
        options = {plug: self[plug].getValue() for plug in ("lut", "title", "shot")}
        # Of these the engine measures those of `measuredFrames`.
        options["frames"] = self["__measuredFrames"]["whole"].getValue()
        call = [
            "validate",
            self.needed("model", name, "connect it to `model` of a Train node"),
            self.files("source", name),
            self.files("recovered", name),
            f"--output={self.needed('directory', name, 'name a folder for the report')}",
            *(f"--{option}={value}" for option, value in options.items() if value),
            *self.spaces(name, "source", "recovered"),
            *self.settings(ValidateSettings, name),
            *self.settings(Criteria, name),
            "--pairs",
            *pairs,
        ]
        return [call]

    def addOutliers(self) -> str:
        """Adds the outliers of the report to `outliersFile`, to be trained on, and says what was added, or why not.

        Raises IECore.Exception, with the engine's message, where the report or the model cannot be read.
        """
        name = self.relativeName(self.scriptNode())
        selection = self["selection"].getValue()
        # There is none where all frames were named by hand.
        known = {"alignment": self["alignment"].getValue(), "selection": selection if Path(selection).is_file() else ""}
        call = [
            "add-outliers",
            self.needed("directory", name, "name a folder for the report"),
            self.needed("outliersFile", name, "connect it to `outliersFile` of a SelectPairs node"),
            f"--model={self.needed('model', name, 'connect it to `model` of a Train node')}",
            *(f"--{option}={value}" for option, value in known.items() if value),
        ]
        with IECore.CapturingMessageHandler() as handler:
            engineProcess.run(call, name)
        return "\n".join(message.message for message in handler.messages if message.level == IECore.Msg.Level.Info)


IECore.registerRunTimeTyped(Validate, typeName="GafferRecovery::Validate")

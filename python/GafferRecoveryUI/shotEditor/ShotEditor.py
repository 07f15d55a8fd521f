import functools
from collections.abc import Callable
from typing import Any

import Gaffer
import GafferUI
import imath
from Qt import QtCore, QtWidgets

from filmrecovery.base.errors import RecoveryError
from GafferRecoveryUI import reportPage
from GafferRecoveryUI.ElidedText import ElidedText
from GafferRecoveryUI.FollowingEditor import FollowingEditor
from GafferRecoveryUI.nodeUIs.FindShotsUI import ShotsTable
from GafferRecoveryUI.shotEditor import handRoles, shotStages
from GafferRecoveryUI.shotEditor.FilmStripWidget import Chosen, FilmStripWidget
from GafferRecoveryUI.shotEditor.FrameFacts import LEFT, FrameFacts, ShotFacts
from GafferRecoveryUI.shotEditor.lanes import ROLE_COLOURS
from GafferRecoveryUI.shotEditor.ShotReader import ShotReader
from GafferRecoveryUI.shotEditor.shotStages import ShotStage, StageFiles
from GafferRecoveryUI.shotEditor.Thumbnails import Thumbnails
from GafferRecoveryUI.WrappedText import WrappedText

_TYPE = "FilmRecoveryShot"
_NO_STAGE = "This graph has no SelectPairs or TrainingPairs node. Open one from Help > Examples > Film Recovery."
_NO_SOURCE = "The source has no files yet. Choose them on Settings."
_FAULT_STYLE = "color: rgb(255, 120, 100)"
_ROLES = {
    "Train": ("train", "Trains on the chosen frames."),
    "Hold Out": ("hold-out", "Does not train on the chosen frames: they measure the result."),
    "Leave Out": (LEFT, "Does not use the chosen frames."),
    "Preview": ("preview", "Shows the frame during the training."),
}


class ShotEditor(FollowingEditor):
    """The shot at a glance: pictures, matches, alignment, roles and findings of each frame, over time.

    It follows the files that the nodes of the graph write. To set a role is an edit of the script, which can be undone.
    """

    def __init__(self, scriptNode: Gaffer.ScriptNode, **kw: Any) -> None:
        columns = GafferUI.SplitContainer(GafferUI.SplitContainer.Orientation.Horizontal, borderWidth=4)
        FollowingEditor.__init__(self, columns, scriptNode, **kw)
        self.__shotReader = ShotReader()
        self.__stages: list[ShotStage] = []
        self.__stage: ShotStage | None = None
        self.__readOf: StageFiles | None = None
        self.__facts = ShotFacts()
        self.__selected: list[int] = []
        self.__outcome: tuple[str, bool] | None = None
        weak = functools.partial(Gaffer.WeakMethod, fallbackResult=None)
        self.__thumbnails = Thumbnails(weak(self.__picturesChanged))
        self.__strip = FilmStripWidget(
            weak(self.__chosen), self.__thumbnails.image, self.__thumbnails.want, weak(self.__scrolled)
        )
        # Not within a container, which would hold them itself.
        swatches = {
            role: GafferUI.Image.createSwatch(imath.Color3f(*colour.getRgbF()[:3]))
            for role, colour in ROLE_COLOURS.items()
        }
        with columns:
            self.__shots = GafferUI.Frame(borderWidth=0, borderStyle=GafferUI.Frame.BorderStyle.None_)
            with GafferUI.ListContainer(spacing=4, borderWidth=4) as column:
                with GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=6) as top:
                    self.__summary = ElidedText()
                    self.__all = GafferUI.Button("All Frames", toolTip="Makes all frames fit into the width.")
                    self.__span = GafferUI.Button(
                        "This Shot", toolTip="Makes the shot of the frame fit into the width."
                    )
                    self.__report = GafferUI.Button("Open the Report")
                with GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4):
                    self.__buttons = {}
                    for label, (role, toolTip) in _ROLES.items():
                        button = self.__buttons[role] = GafferUI.Button(label, swatches[role], toolTip=toolTip)
                        button.clickedSignal().connect(functools.partial(weak(self.__roleClicked), role))
                    self.__automatic = GafferUI.Button(
                        "Automatic", toolTip="Names no frames by hand any more: SelectPairs chooses them again."
                    )
                    GafferUI.Spacer(imath.V2i(0), parenting={"expand": True})
                # Below the buttons: beside them a narrow editor leaves it a few words a line.
                self.__message = WrappedText(leastLines=2)
        self.__stageChoice = QtWidgets.QComboBox()
        self.__stageChoice.setToolTip("The stage whose frames are shown.")
        self.__stageChoice.activated.connect(weak(self.__stageChosen))
        top._qtWidget().layout().insertWidget(0, self.__stageChoice)
        self.__bar = QtWidgets.QScrollBar(QtCore.Qt.Horizontal)
        self.__bar.valueChanged.connect(weak(self.__barMoved))
        layout = column._qtWidget().layout()
        layout.insertWidget(1, self.__strip, 1)
        layout.insertWidget(2, self.__bar)
        top._qtWidget().layout().setStretchFactor(self.__summary._qtWidget(), 1)
        columns.setSizes([0.38, 0.62])
        self.__all.clickedSignal().connect(weak(self.__allClicked))
        self.__span.clickedSignal().connect(weak(self.__spanClicked))
        self.__report.clickedSignal().connect(weak(self.__reportClicked))
        self.__automatic.clickedSignal().connect(weak(self.__automaticClicked))
        self.keyPressSignal().connect(weak(self.__keyPress))
        scriptNode.plugDirtiedSignal().connect(weak(self.__plugDirtied))
        scriptNode.actionSignal().connect(weak(self.__acted))
        self.__showStages()

    @staticmethod
    def register(application: Gaffer.Application) -> None:
        """Offers the editor in the menu of every panel."""
        GafferUI.Layouts.acquire(application).registerEditor(_TYPE)

    def getTitle(self) -> str:
        return GafferUI.Editor.getTitle(self) or "Film Recovery Shot"

    def __repr__(self) -> str:
        return "GafferRecoveryUI.ShotEditor( scriptNode )"

    def facts(self) -> ShotFacts:
        """What is shown of the frames."""
        return self.__facts

    def strip(self) -> FilmStripWidget:
        return self.__strip

    def thumbnails(self) -> Thumbnails:
        return self.__thumbnails

    def stageNames(self) -> list[str]:
        """The stages that can be chosen."""
        return [stage.name for stage in self.__stages]

    def setStage(self, name: str) -> None:
        """Shows another stage."""
        self.__stage = next(stage for stage in self.__stages if stage.name == name)
        self.__outcome = None
        self.__stageChanged()
        self.look()

    def message(self) -> str:
        """What is said of the chosen frames."""
        return self.__message.getText()

    def selected(self) -> list[int]:
        """The chosen frames."""
        return list(self.__selected)

    def setRole(self, role: str) -> None:
        """Gives the chosen frames a role."""
        if self.__stage is not None and self.__selected:
            stage, roles = self.__stage, self.__facts.roles()
            self.__do(lambda: handRoles.setRole(stage.node, roles, self.__selected, role))

    def _reading(self) -> Callable[[], ShotFacts] | None:
        self.__showStages()
        if self.__stage is None:
            return None
        self.__strip.update()
        self.__readOf = self.__stage.files
        return functools.partial(self.__shotReader.read, self.__readOf)

    def _show(self, read: ShotFacts) -> None:
        # An edit may have come while the files were read.
        self.__showStages()
        if self.__stage is not None and self.__readOf == self.__stage.files:
            self.__facts = read
            self.__showFacts()
        elif self.__stage is not None:
            self.look()

    def __showStages(self) -> None:
        stages = shotStages.stages(self.scriptNode())
        if stages == self.__stages and self.__stage in stages:
            return
        names = [stage.name for stage in stages]
        if names != self.stageNames():
            self.__stageChoice.clear()
            self.__stageChoice.addItems(names)
            self.__stageChoice.setVisible(len(names) > 1)
            self.__showShots()
        name = self.__stage.name if self.__stage is not None else None
        self.__stages = stages
        self.__stage = next((stage for stage in stages if stage.name == name), stages[0] if stages else None)
        self.__stageChanged()

    def __stageChanged(self) -> None:
        stage = self.__stage
        if stage is None:
            self.__facts = ShotFacts()
            self.__showFacts()
            return
        self.__stageChoice.setCurrentText(stage.name)
        try:
            self.__thumbnails.setElement(stage.files.pattern, stage.files.space, self.scriptNode().context())
        except RecoveryError:
            # Reading the files tells it.
            self.__thumbnails.setElement("", "", self.scriptNode().context())

    def __showShots(self) -> None:
        find = shotStages.findShots(self.scriptNode())
        shown = self.__shots.getChild()
        if find is None or (shown is not None and shown.getPlug().isSame(find["shots"])):
            self.__shots.setVisible(find is not None)
            return
        self.__shots.setChild(ShotsTable(find["shots"], showsPlug=False))
        self.__shots.setVisible(True)

    def __showFacts(self) -> None:
        facts = self.__facts
        self.__strip.setShot(facts)
        frame = round(self.scriptNode()["frame"].getValue())
        frames = {found.frame for found in facts.frames}
        self.__selected = [number for number in self.__selected if number in frames]
        if not self.__selected and frame in frames:
            self.__selected = [frame]
        self.__strip.setSelected(self.__selected)
        self.__strip.setFrame(frame)
        text = facts.summary() if facts.frames else _NO_SOURCE if self.__stage is not None else _NO_STAGE
        self.__summary.setText("  ·  ".join([*facts.faults, text]))
        self.__summary.setToolTip("\n".join([*facts.faults, *text.split("  ·  ")]))
        self.__summary._qtWidget().setStyleSheet(_FAULT_STYLE if facts.faults else "")
        report = self.__stage.files.report if self.__stage is not None else None
        self.__span.setVisible(len(facts.spans()) > 1)
        self.__report.setVisible(report is not None)
        self.__report.setEnabled(facts.passed is not None)
        for button in self.__buttons.values():
            button.setEnabled(bool(self.__selected))
        self.__automatic.setVisible(self.__stage is not None and "selectedFrames" in self.__stage.node)
        self.__automatic.setEnabled(facts.byHand)
        self.__showMessage()

    def __showMessage(self) -> None:
        text, fault = self.__outcome or (self.__ofSelected(), False)
        self.__message.setText(text, fault=fault)

    def __ofSelected(self) -> str:
        chosen = [found for found in self.__facts.frames if found.frame in self.__selected]
        if len(chosen) > 1:
            return f"{len(chosen)} frames are chosen."
        return _sentence(chosen[0]) if chosen else ""

    def __chosen(self, chosen: Chosen) -> None:
        numbers = [found.frame for found in self.__facts.frames]
        if chosen.extends and self.__selected:
            first, last = sorted((numbers.index(self.__selected[-1]), numbers.index(chosen.frame)))
            self.__selected = [*numbers[first:last], numbers[last]]
        elif chosen.toggles and chosen.frame in self.__selected:
            self.__selected.remove(chosen.frame)
        elif chosen.toggles:
            self.__selected.append(chosen.frame)
        else:
            self.__selected = [chosen.frame]
        self.__outcome = None
        self.scriptNode()["frame"].setValue(chosen.frame)
        self.__showFacts()

    def __plugDirtied(self, plug: Gaffer.Plug) -> None:
        if not plug.isSame(self.scriptNode()["frame"]):
            return
        frame = round(plug.getValue())
        if frame not in self.__selected:
            # The timeline has moved.
            self.__selected, self.__outcome = [frame], None
            self.__showFacts()
        self.__strip.setFrame(frame)

    def __acted(self, script: Gaffer.ScriptNode, action: Gaffer.Action, stage: Gaffer.Action.Stage) -> None:
        if stage != Gaffer.Action.Stage.Do and self.__outcome is not None:
            # What it tells of is undone.
            self.__outcome = None
            self.__showMessage()

    def __roleClicked(self, role: str, button: GafferUI.Button) -> None:
        self.setRole(role)

    def __automaticClicked(self, button: GafferUI.Button) -> None:
        if self.__stage is not None:
            stage = self.__stage
            self.__do(lambda: handRoles.setAutomatic(stage.node))

    def __do(self, work: Callable[[], str]) -> None:
        """Does something to the script, and says what was done or why it was not."""
        try:
            self.__outcome = work(), False
        except RuntimeError as error:
            self.__outcome = str(error), True
        self.__showMessage()
        self.look()

    def __keyPress(self, widget: GafferUI.Widget, event: GafferUI.KeyEvent) -> bool:
        roles = {"T": "train", "H": "hold-out", "L": LEFT}
        if event.modifiers or event.key not in roles:
            return False
        self.setRole(roles[event.key])
        return True

    def __allClicked(self, button: GafferUI.Button) -> None:
        self.__strip.showAll()

    def __spanClicked(self, button: GafferUI.Button) -> None:
        self.__strip.showSpan(round(self.scriptNode()["frame"].getValue()))

    def __reportClicked(self, button: GafferUI.Button) -> None:
        if self.__stage is not None and self.__stage.files.report is not None:
            reportPage.show(self.__stage.files.report.parent, self)

    def __stageChosen(self, index: int) -> None:
        self.setStage(self.__stageChoice.itemText(index))

    def __picturesChanged(self) -> None:
        self.__strip.redraw()

    def __scrolled(self) -> None:
        """Sets the scroll bar as the strip stands."""
        axis = self.__strip.axis()
        self.__bar.blockSignals(True)
        self.__bar.setRange(0, round(axis.longest()))
        self.__bar.setPageStep(round(axis.width))
        self.__bar.setSingleStep(max(1, round(axis.cell)))
        self.__bar.setValue(round(axis.offset))
        self.__bar.blockSignals(False)

    def __barMoved(self, value: int) -> None:
        self.__strip.setOffset(value)


def _sentence(facts: FrameFacts) -> str:
    return ". ".join(text[0].upper() + text[1:] for text in facts.sentences()) + "."


GafferUI.Editor.registerType(_TYPE, ShotEditor)

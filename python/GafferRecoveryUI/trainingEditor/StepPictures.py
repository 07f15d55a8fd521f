import functools
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import Gaffer
import GafferUI
import IECore
from Qt import QtCore, QtGui, QtWidgets

from filmrecovery.training.runs.kept_steps import KeptFile
from GafferRecoveryUI import backgroundWork
from GafferRecoveryUI.trainingEditor.PictureWidget import PictureWidget
from GafferRecoveryUI.trainingEditor.StepMenu import StepMenu


class StepPictures(GafferUI.Widget):
    """Pictures that a run has kept of its steps, one at a time, with a slider over the steps.

    At its right end the slider follows a training: the newest picture is shown. Pictures are read in a thread. A click
    on one opens it in the Viewer, and a menu says what else can be done with its step.
    """

    def __init__(
        self, title: str, none: str, toolTip: str, reader: ThreadPoolExecutor, steps: StepMenu, **kw: Any
    ) -> None:
        column = GafferUI.ListContainer(spacing=2)
        GafferUI.Widget.__init__(self, column, toolTip=toolTip, **kw)
        self.__reader, self.__title, self.__none, self.__steps = reader, title, none, steps
        self.__pictures: tuple[KeptFile, ...] = ()
        self.__shown: KeptFile | None = None
        with column, GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4):
            self.__label = GafferUI.Label(title, parenting={"expand": True})
            self.__menu = GafferUI.MenuButton(
                "This Step",
                menu=GafferUI.Menu(Gaffer.WeakMethod(self.menuDefinition)),
                toolTip="What can be done with the step whose picture is shown.",
            )
        # Else the longest title would say how wide the editor is at least, and a small window cut it.
        self.__label._qtWidget().setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Preferred)
        self.__picture = PictureWidget(Gaffer.WeakMethod(self.__clicked, fallbackResult=None))
        self.__slider = QtWidgets.QSlider(QtCore.Qt.Horizontal)
        self.__slider.setPageStep(1)
        self.__slider.valueChanged.connect(Gaffer.WeakMethod(self.__moved))
        layout = column._qtWidget().layout()
        layout.addWidget(self.__picture, 1)
        layout.addWidget(self.__slider)
        self.setPictures(())

    def setPictures(self, pictures: Sequence[KeptFile]) -> None:
        """Shows these, by step: the newest, or that of the same step as before where the slider stands at another."""
        follows = self.__slider.value() == self.__slider.maximum()
        step = self.__shown.step if self.__shown else None
        self.__pictures = tuple(pictures)
        steps = [picture.step for picture in self.__pictures]
        last = max(0, len(steps) - 1)
        self.__slider.blockSignals(True)
        self.__slider.setRange(0, last)
        self.__slider.setValue(last if follows or step not in steps else steps.index(step))
        self.__slider.blockSignals(False)
        self.__slider.setEnabled(last > 0)
        self.__show()

    def picture(self) -> PictureWidget:
        return self.__picture

    def step(self) -> int | None:
        """The step of the picture that is shown."""
        return self.__shown.step if self.__shown else None

    def setStep(self, step: int) -> None:
        """Moves the slider to a step of which there is a picture."""
        self.__slider.setValue([picture.step for picture in self.__pictures].index(step))

    def menuDefinition(self) -> IECore.MenuDefinition:
        return self.__steps.definition(self.__shown)

    def __clicked(self) -> None:
        if self.__shown is not None:
            self.__steps.open(self.__shown)

    def __moved(self, value: int) -> None:
        self.__show()

    def __show(self) -> None:
        before = self.__shown
        picture = self.__shown = self.__pictures[self.__slider.value()] if self.__pictures else None
        self.__menu.setEnabled(picture is not None)
        if picture is None:
            self.__label.setText(self.__title)
            self.__picture.setText(self.__none)
            return
        newest = " (newest)" if picture is self.__pictures[-1] and len(self.__pictures) > 1 else ""
        title = f"{self.__title}, step {picture.step:,}{newest}"
        self.__label.setText(title)
        self.__label.setToolTip(title)
        if picture != before:
            read = functools.partial(QtGui.QImage, str(picture.path))
            backgroundWork.submit(self.__reader, read, self.__showImage, picture)

    def __showImage(self, read: Future[QtGui.QImage], picture: KeptFile) -> None:
        if picture != self.__shown:
            return
        image = read.result()
        if image.isNull():
            self.__picture.setText(f"{picture.path.name} cannot be read.")
        else:
            self.__picture.setImage(image)

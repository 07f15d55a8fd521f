from concurrent.futures import ThreadPoolExecutor
from typing import Any

import Gaffer
import GafferUI
import imath
from Qt import QtWidgets

from filmrecovery.training.runs.run_overview import RunOverview
from GafferRecoveryUI.trainingEditor.graphRuns import GraphRun
from GafferRecoveryUI.trainingEditor.StepMenu import StepMenu
from GafferRecoveryUI.trainingEditor.StepPictures import StepPictures

_LOOK = (
    " A click opens it in the Viewer. The wheel zooms, the mouse drags, and a double click shows the whole again. "
    "This Step takes its model, compares it, or begins a new training from it."
)


class PicturesPanel(GafferUI.Widget):
    """The contact sheet, the preview and the map of its doubt of a run."""

    def __init__(self, steps: StepMenu, **kw: Any) -> None:
        self.__splitter = GafferUI.SplitContainer(GafferUI.SplitContainer.Orientation.Vertical, borderWidth=4)
        GafferUI.Widget.__init__(self, self.__splitter, **kw)
        # Beside that of the runs: a picture does not wait for a journal.
        self.__reader = ThreadPoolExecutor(1, "Film Recovery pictures")
        self.__steps = steps
        self.__overview: RunOverview | None = None
        self.__frames: list[int] = []
        with self.__splitter:
            self.__sheet = StepPictures(
                "Contact sheet",
                "No contact sheet yet.",
                "Pairs as the network sees them, their targets, what it makes of them, and the error." + _LOOK,
                self.__reader,
                steps,
            )
            with GafferUI.ListContainer(spacing=2):
                with GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4) as row:
                    self.__frameLabel = GafferUI.Label("Frame")
                    GafferUI.Spacer(imath.V2i(1), parenting={"expand": True})
                self.__preview = StepPictures(
                    "Preview",
                    "No preview yet. Its frames are chosen by SelectPairs, or named on Settings.",
                    "A frame that is not trained on, as the model recovers it at this step." + _LOOK,
                    self.__reader,
                    steps,
                    parenting={"expand": True},
                )
            self.__doubt = StepPictures(
                "Doubt of the preview",
                "No map of doubt: it needs a preview, of a training by this version.",
                "How far the preview is to be doubted: the error to be expected, from blue, none, to yellow, 5 % of "
                "the range or more." + _LOOK,
                self.__reader,
                steps,
            )
        self.__row = row
        self.__choice = QtWidgets.QComboBox()
        self.__choice.setToolTip("The frame of the source that is previewed.")
        row._qtWidget().layout().insertWidget(1, self.__choice)
        self.__choice.currentIndexChanged.connect(Gaffer.WeakMethod(self.__frameChosen))
        self.__splitter.setSizes([0.4, 0.3, 0.3])
        self.show(None)

    def show(self, run: GraphRun | None) -> None:
        """Shows the pictures of a run. Where the run is the same as before, its sliders and its frame stay."""
        self.__steps.setRun(run)
        overview = self.__overview = run.overview if run is not None else None
        frames = sorted(overview.previews) if overview is not None else []
        if frames != self.__frames:
            before = self.__frame()
            self.__frames = frames
            self.__choice.blockSignals(True)
            self.__choice.clear()
            self.__choice.addItems([str(frame) for frame in frames])
            self.__choice.setCurrentIndex(frames.index(before) if before in frames else 0)
            self.__choice.blockSignals(False)
        self.__row.setVisible(len(frames) > 1)
        self.__sheet.setPictures(overview.contact_sheets if overview is not None else ())
        self.__showFrame()

    def sheet(self) -> StepPictures:
        return self.__sheet

    def preview(self) -> StepPictures:
        return self.__preview

    def doubt(self) -> StepPictures:
        return self.__doubt

    def __frame(self) -> int | None:
        index = self.__choice.currentIndex()
        return self.__frames[index] if 0 <= index < len(self.__frames) else None

    def __frameChosen(self, index: int) -> None:
        self.__showFrame()

    def __showFrame(self) -> None:
        frame, overview = self.__frame(), self.__overview
        previews, doubts = (overview.previews, overview.doubts) if overview is not None else ({}, {})
        self.__preview.setPictures(previews.get(frame, ()) if frame is not None else ())
        self.__doubt.setPictures(doubts.get(frame, ()) if frame is not None else ())

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import Gaffer
import GafferUI
import imath
from Qt import QtWidgets

from filmrecovery.training.run_overview import RunOverview
from GafferRecoveryUI.trainingEditor.StepPictures import StepPictures

_LOOK = " The wheel zooms, the mouse drags, and a double click shows the whole again."


class PicturesPanel(GafferUI.Widget):
    """The contact sheet and the preview of a run."""

    def __init__(self, **kw: Any) -> None:
        self.__splitter = GafferUI.SplitContainer(GafferUI.SplitContainer.Orientation.Vertical, borderWidth=4)
        GafferUI.Widget.__init__(self, self.__splitter, **kw)
        # Beside that of the runs: a picture does not wait for a journal.
        self.__reader = ThreadPoolExecutor(1, "Film Recovery pictures")
        self.__overview: RunOverview | None = None
        self.__frames: list[int] = []
        with self.__splitter:
            self.__sheet = StepPictures(
                "Contact sheet",
                "No contact sheet yet.",
                "Pairs as the network sees them, their targets, what it makes of them, and the error." + _LOOK,
                self.__reader,
            )
            with GafferUI.ListContainer(spacing=2):
                with GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4) as row:
                    self.__frameLabel = GafferUI.Label("Frame")
                    GafferUI.Spacer(imath.V2i(1), parenting={"expand": True})
                self.__preview = StepPictures(
                    "Preview",
                    "No preview. Name frames to preview on SelectPairs or TrainingPairs.",
                    "A frame that is not trained on, as the model recovers it at this step." + _LOOK,
                    self.__reader,
                    parenting={"expand": True},
                )
        self.__row = row
        self.__choice = QtWidgets.QComboBox()
        self.__choice.setToolTip("The frame of the source that is previewed.")
        row._qtWidget().layout().insertWidget(1, self.__choice)
        self.__choice.currentIndexChanged.connect(Gaffer.WeakMethod(self.__frameChosen))
        self.__splitter.setSizes([0.55, 0.45])
        self.show(None)

    def show(self, overview: RunOverview | None) -> None:
        """Shows the pictures of a run. Where the run is the same as before, its sliders and its frame stay."""
        self.__overview = overview
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
        self.__showPreview()

    def sheet(self) -> StepPictures:
        return self.__sheet

    def preview(self) -> StepPictures:
        return self.__preview

    def __frame(self) -> int | None:
        index = self.__choice.currentIndex()
        return self.__frames[index] if 0 <= index < len(self.__frames) else None

    def __frameChosen(self, index: int) -> None:
        self.__showPreview()

    def __showPreview(self) -> None:
        frame = self.__frame()
        known = self.__overview.previews if self.__overview is not None else {}
        self.__preview.setPictures(known[frame] if frame is not None else ())

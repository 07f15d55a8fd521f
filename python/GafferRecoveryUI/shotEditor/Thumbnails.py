import functools
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import Gaffer
import GafferImage
import IECore
from Qt import QtGui

import GafferRecovery
from filmrecovery.base.errors import RecoveryError
from filmrecovery.film.elements.element import Element
from GafferRecovery.engine import enginePackages
from GafferRecovery.files.fileState import fileState
from GafferRecovery.images.pixels import rgbOf
from GafferRecoveryUI import backgroundWork

HEIGHT = 108
"""Of the pictures, in pixels."""
_MOST = 600
"""Pictures that are kept, of about 80 kB each."""
_SHOWN_IN = "srgb_tx"
"""The colour space of a screen."""


class Thumbnails:
    """Small pictures of the frames of an element, read in a thread by image nodes of its own: those asked for last.

    The nodes are in no script. So neither does an edit wait for them, nor do they wait for a job in the background.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.__changed = changed
        self.__reader = ThreadPoolExecutor(1, "Film Recovery thumbnails")
        self.__working = False
        self.__element: Element | None = None
        self.__context: Gaffer.Context | None = None
        self.__wanted: tuple[int, ...] = ()
        self.__known: OrderedDict[tuple[Element, int], tuple[str, QtGui.QImage]] = OrderedDict()

    def setElement(self, pattern: str, space: str, context: Gaffer.Context) -> None:
        """Shows another element. Pictures that were read stay. Raises SettingsError for a bad pattern."""
        self.__element = Element(pattern, (), space) if pattern else None
        # Pictures are made in the space of a screen, whatever space the script works in.
        self.__context = Gaffer.Context(context)
        GafferImage.OpenColorIOAlgo.setWorkingSpace(self.__context, _SHOWN_IN)

    def image(self, frame: int) -> QtGui.QImage | None:
        """The picture of a frame; None before it is read, a null image where it cannot be."""
        known = self.__known.get((self.__element, frame)) if self.__element else None
        return known[1] if known else None

    def want(self, frames: Sequence[int]) -> None:
        """Reads these, and no others that were wanted before; also where their files have changed."""
        self.__wanted = tuple(frames)
        if not self.__working and self.__element is not None and self.__wanted:
            self.__working = True
            of, states = self.__element, dict(self.__states())
            work = functools.partial(_read, of, self.__context, self.__wanted, states)
            backgroundWork.submit(self.__reader, work, self.__read, of)

    def works(self) -> bool:
        """Whether pictures are being read."""
        return self.__working

    def __states(self) -> Any:
        for (element, frame), (state, _) in self.__known.items():
            if element == self.__element:
                yield frame, state

    def __read(self, read: Future[tuple[int, str, QtGui.QImage] | None], element: Element) -> None:
        self.__working = False
        found = read.result()
        if found is None:
            return
        frame, state, image = found
        self.__known[element, frame] = state, image
        while len(self.__known) > _MOST:
            self.__known.popitem(last=False)
        self.__changed()
        self.want(self.__wanted)


def _read(
    element: Element, context: Gaffer.Context, frames: Sequence[int], states: dict[int, str]
) -> tuple[int, str, QtGui.QImage] | None:
    """The first of the frames whose file is another one than when it was read, in the thread of the reader."""
    for frame in frames:
        state = fileState(element.path(frame))
        if states.get(frame) != state:
            return frame, state, _picture(element, context, frame) if state else QtGui.QImage()
    return None


def _picture(element: Element, context: Gaffer.Context, frame: int) -> QtGui.QImage:
    reader, small = _nodes(element.pattern, element.space)
    with Gaffer.Context(context) as frameContext:
        frameContext.setFrame(frame)
        try:
            np = enginePackages.module("numpy")
            size = reader["out"].format()
            width = max(1, round(HEIGHT * size.width() * size.getPixelAspect() / size.height()))
            small["format"].setValue(GafferImage.Format(width, HEIGHT))
            rgb = rgbOf(small["out"])
        except (Gaffer.ProcessException, IECore.Exception, RecoveryError):
            # What is wrong with the file, the node that reads it in the graph tells.
            return QtGui.QImage()
    pixels = np.ascontiguousarray(np.clip(np.nan_to_num(rgb), 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
    height, width = pixels.shape[:2]
    return QtGui.QImage(pixels.tobytes(), width, height, 3 * width, QtGui.QImage.Format_RGB888).copy()


@functools.lru_cache(4)
def _nodes(pattern: str, space: str) -> tuple[GafferRecovery.ElementReader, GafferImage.Resize]:
    reader, small = GafferRecovery.ElementReader(), GafferImage.Resize()
    reader["fileName"].setValue(pattern)
    reader["colorSpace"].setValue(space)
    small["in"].setInput(reader["out"])
    small["filter"].setValue("box")
    small["fitMode"].setValue(GafferImage.Resize.FitMode.Distort)
    return reader, small

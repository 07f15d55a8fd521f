"""The figure over the hold-outs by which the best step of a training is known; lower is better.

Standard library alone, so that Gaffer's own interpreter can read a journal.
"""

from collections.abc import Mapping

_FIGURES = {"chroma": "holdOutChroma", "spatial": "holdOutLuma", "plain": "holdOutPsnr"}
"""The figure of a line of the journal that decides, by recovery mode."""
MEASURES = {"chroma": "rms of chroma", "spatial": "rms of luma", "plain": "rms"}
"""What the error is, by recovery mode: of values from 0 to 1 in the working space, as a mean over the hold-outs."""


def deciding_error(figures: Mapping[str, float | None], mode: str) -> float | None:
    """The error among the figures of a step; None where they have none, or one that is no number."""
    figure = figures.get(_FIGURES[mode])
    return 10 ** (-figure / 20) if mode == "plain" and figure is not None else figure

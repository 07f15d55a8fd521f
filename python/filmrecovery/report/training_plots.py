"""The journal of a training as plots."""

from typing import Any

from filmrecovery.report.plots import Marks, Plot, Scale, draw

_HOLD_OUT = {
    "chroma": ("holdOutChroma", "Difference of chroma on hold-outs, root mean square, share of chroma", min),
    "spatial": ("holdOutLuma", "Difference of luma on hold-outs, root mean square, share of white", min),
    "plain": ("holdOutPsnr", "Peak signal-to-noise ratio on hold-outs, dB", max),
}
_SMOOTH_STEPS = 20
"""Each point is smoothed over a stretch around it, of one in this many of the journal."""


def training_plots(entries: list[dict[str, Any]], mode: str) -> list[Plot]:
    """The loss by step, on a logarithmic scale, and the figure of the hold-outs that the best model is chosen by.

    `entries` are the lines of the journal; there is no plot of what it does not hold.
    """
    losses = [(entry["step"], entry["loss"]) for entry in entries if entry.get("loss") is not None]
    figure, title, best = _HOLD_OUT[mode]
    held_out = [(entry["step"], entry[figure]) for entry in entries if entry.get(figure) is not None]
    chosen = [best(held_out, key=lambda point: point[1])] if held_out else []
    plots = [
        draw(
            "Loss, the error that the training works against",
            "lower is better; it levels off where there is no more to learn",
            {"each step": losses, "smoothed": _smoothed(losses)},
            "step",
            Scale(logarithmic=True),
        ),
        draw(
            title,
            "an upturn at the end says that the training learns its pairs by heart",
            {"recovery": held_out},
            "step",
            marks=Marks(chosen, "the best step"),
        ),
    ]
    return [plot for plot in plots if plot]


def _smoothed(points: list[tuple[int, float]]) -> list[tuple[int, float | None]]:
    """Each point as the median of those around it, a twentieth of the journal."""
    reach = max(len(points) // (2 * _SMOOTH_STEPS), 1)
    around = [sorted(y for _, y in points[max(n - reach, 0) : n + reach + 1]) for n in range(len(points))]
    return [(x, values[len(values) // 2]) for (x, _), values in zip(points, around, strict=True)]

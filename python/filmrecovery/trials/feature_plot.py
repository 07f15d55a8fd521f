"""The growth of what stages cost, as a picture: level lines where the work grows as the film does."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

from filmrecovery.report import plots
from filmrecovery.report.page_template import page_template


def growth_picture(milliseconds: Mapping[str, Sequence[tuple[int, float]]], title: str = "Cost of a frame") -> str:
    """An SVG of the milliseconds a frame of each stage, by frames of the film, both on logarithmic scales."""
    series = {name: [(math.log10(x), y) for x, y in points] for name, points in milliseconds.items()}
    drawn = plots.draw(title, "", series, "frames", plots.Scale(logarithmic=True))
    assert drawn is not None, "each stage has a cost"
    lengths = sorted({x for points in milliseconds.values() for x, _ in points})
    low, high = math.log10(lengths[0]), math.log10(lengths[-1])
    width = plots.RIGHT - plots.LEFT
    # A single length lies in the middle, as `draw` has it.
    places = [(math.log10(x) - low) / (high - low) if high > low else 0.5 for x in lengths]
    ticks = tuple(plots.Tick(plots.LEFT + width * at, f"{x:,}") for at, x in zip(places, lengths, strict=True))
    template = page_template("filmrecovery.trials", "growth.svg.j2")
    return template.render(drawn=dataclasses.replace(drawn, x_ticks=ticks), plots=plots)

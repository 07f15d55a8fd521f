"""The figures of a shot as plots, one a figure, with what they were judged by."""

import dataclasses
import itertools
from collections.abc import Iterator

from filmrecovery.film.pair_roles import optional_frames
from filmrecovery.report.plots import Plot, Points, draw
from filmrecovery.report.words import BETTER, sentence
from filmrecovery.validation.validation_figures import PICTURES, ShotFigures, ShotFrame, Validation
from filmrecovery.validation.verdict import Finding, Verdict

# The criteria that a figure is judged by; the limit of those that judge it as it is can be drawn beside it, others
# judge what is made of it.
_AS_IT_IS = {
    "luma_rms": "luma identity",
    "chroma_rms": "chroma identity",
    "added_flicker": "flicker",
    "uncovered": "coverage",
    "displacement": "displacement",
    "grain": "grain",
}
_DERIVED = {
    "shift_luma": ("steady colour", "one colour through the shot"),
    "shift_cb": ("steady colour", "one colour through the shot"),
    "shift_cr": ("steady colour", "one colour through the shot"),
    "halos": ("halos",),
    "blotches": ("blotches",),
    "clipped": ("clipping",),
    "out_of_range": ("range",),
}


def shot_plots(validation: Validation, verdict: Verdict) -> tuple[list[Plot], list[Plot]]:
    """The plots of figures that were judged, in the order of the findings, and those of the others."""
    findings = {finding.name: finding for finding in verdict.findings if finding.passed is not None}
    judged, others = {name: [] for name in findings}, []
    for field, series in _figures(validation):
        names = (_AS_IT_IS.get(field.name, ""), *_DERIVED.get(field.name, ()))
        having = [findings[name] for name in names if name in findings]
        plot = _plot(field, series, having, validation.frames)
        if plot:
            (judged[having[0].name] if having else others).append(plot)
    return list(itertools.chain.from_iterable(judged.values())), others


def _figures(validation: Validation) -> Iterator[tuple[dataclasses.Field, dict[str, Points]]]:
    """Every figure of the shot with its lines."""
    for field in dataclasses.fields(ShotFigures):
        series = {}
        for picture in PICTURES:
            values = [(one.frame, getattr(getattr(one, picture), field.name, None)) for one in validation.frames]
            # What a figure compares with is no line beside it.
            if not (picture == "source" and all(value in (0.0, None) for _, value in values)):
                series[picture] = values
        yield field, series
    (field,) = (field for field in dataclasses.fields(ShotFrame) if field.name == "uncovered")
    yield field, {"source": [(one.frame, one.uncovered) for one in validation.frames]}


def _plot(
    field: dataclasses.Field, series: dict[str, Points], findings: list[Finding], frames: tuple[ShotFrame, ...]
) -> Plot | None:
    failing = {frame for finding in findings for frame in optional_frames(finding.frames)}
    judged = series.get("recovery") or series["source"]
    limits = [
        finding.limit for finding in findings if finding.name == _AS_IT_IS.get(field.name) and finding.limit is not None
    ]
    unit = f", {field.metadata['unit']}" if field.metadata["unit"] else ""
    return draw(
        sentence(field.metadata["help"]) + unit,
        BETTER[field.metadata["better"]],
        series,
        "frame",
        limits,
        [(frame, value) for frame, value in judged if frame in failing],
        "frames that fail",
        uncut=("source", "recovery"),
    )

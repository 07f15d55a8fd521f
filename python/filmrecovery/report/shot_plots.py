"""The figures of a shot as plots, one a figure, with what they were judged by."""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

from filmrecovery.film.elements.pair_roles import optional_frames
from filmrecovery.report.plots import Marks, Plot, Points, Scale, draw
from filmrecovery.report.words import BETTER, figure_title
from filmrecovery.validation.declared_criteria import criteria_of
from filmrecovery.validation.validation_figures import PICTURES, ShotFigures, ShotFrame, Validation
from filmrecovery.validation.verdict import Finding, Verdict


def shot_plots(validation: Validation, verdict: Verdict) -> tuple[list[Plot], list[Plot]]:
    """The plots of figures that were judged, in the order of the findings, and those of the others."""
    rows = criteria_of(validation.mode)
    judged, others = {finding.name: [] for finding in verdict.judged}, []
    for field, series in _figures(validation):
        having = [(finding, rows[finding.name].measure) for finding in verdict.judged]
        having = [(finding, measure) for finding, measure in having if field.name in measure.figures]
        # The limit of what is computed from a figure would mean nothing beside the figure itself.
        limits = [finding.limit for finding, measure in having if measure.of_figure and finding.limit is not None]
        findings = [finding for finding, _ in having]
        plot = _plot(field, series, findings, limits)
        if plot:
            (judged[findings[0].name] if findings else others).append(plot)
    return list(itertools.chain.from_iterable(judged.values())), others


def _figures(validation: Validation) -> Iterator[tuple[dataclasses.Field[Any], dict[str, Points]]]:
    """Every figure of the shot with its lines."""
    for field in dataclasses.fields(ShotFigures):
        series = {}
        for picture in PICTURES:
            values = [
                (shot_frame.frame, getattr(getattr(shot_frame, picture), field.name, None))
                for shot_frame in validation.frames
            ]
            # What a figure compares with is no line beside it.
            if not (picture == "source" and all(value in (0.0, None) for _, value in values)):
                series[picture] = values
        yield field, series
    (field,) = (field for field in dataclasses.fields(ShotFrame) if field.name == "uncovered")
    yield field, {"source": [(shot_frame.frame, shot_frame.uncovered) for shot_frame in validation.frames]}


def _plot(
    field: dataclasses.Field[Any], series: dict[str, Points], findings: list[Finding], limits: list[float]
) -> Plot | None:
    failing = {frame for finding in findings for frame in optional_frames(finding.frames)}
    judged = series.get("recovery") or series["source"]
    return draw(
        figure_title(field),
        BETTER[field.metadata["better"]],
        series,
        "frame",
        Scale(tuple(limits), uncut=("source", "recovery")),
        Marks([(frame, value) for frame, value in judged if frame in failing], "frames that fail"),
    )

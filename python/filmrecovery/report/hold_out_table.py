"""The table of hold-outs: every figure of source, baseline and recovery, and which is the best."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from filmrecovery.report.words import BETTER, figure_title, number
from filmrecovery.validation.validation_figures import PICTURES, HoldOut, HoldOutFigures, Look, badness, summarise


@dataclass(frozen=True)
class Cell:
    """A figure as it is read, and whether none beside it is better."""

    text: str
    best: bool


@dataclass(frozen=True)
class Row:
    """One figure: what it is and what is better, of each picture, and of the ground truth where it has one."""

    name: str
    better: str
    cells: tuple[Cell, ...]
    truth: str


@dataclass(frozen=True)
class HoldOutTable:
    """Rows of figures, means over some hold-outs; the cells of a row are those of `pictures`."""

    title: str
    pictures: tuple[str, ...]
    rows: tuple[Row, ...]


def hold_out_tables(hold_outs: tuple[HoldOut, ...]) -> list[HoldOutTable]:
    """The table of the means, and, where there is more than one hold-out, one of each; none without hold-outs."""
    if not hold_outs:
        return []
    frames = ", ".join(str(hold_out.frame) for hold_out in hold_outs)
    tables = [_table(f"Mean of frames {frames}" if len(hold_outs) > 1 else f"Frame {frames}", hold_outs)]
    if len(hold_outs) > 1:
        tables += [_table(f"Frame {hold_out.frame} {hold_out.label}".strip(), (hold_out,)) for hold_out in hold_outs]
    return tables


def _table(title: str, hold_outs: tuple[HoldOut, ...]) -> HoldOutTable:
    means = {
        picture: {name: summary.mean for name, summary in summarise(hold_outs, picture).items()}
        for picture in (*PICTURES, "truth")
    }
    pictures = tuple(picture for picture in PICTURES if means[picture])
    rows = []
    # The likeness to the ground truth comes before the look, which the ground truth has itself.
    look = {field.name for field in dataclasses.fields(Look)}
    for field in sorted(dataclasses.fields(HoldOutFigures), key=lambda field: field.name in look):
        values = [means[picture].get(field.name) for picture in pictures]
        if any(value is not None for value in values):
            rows.append(_row(field, values, means["truth"].get(field.name)))
    return HoldOutTable(title, pictures, tuple(rows))


def _row(field: dataclasses.Field[Any], values: list[float | None], truth: float | None) -> Row:
    texts = [number(value) for value in values]
    known = [
        (badness(value, field.metadata["better"]), text)
        for value, text in zip(values, texts, strict=True)
        if value is not None
    ]
    # What reads the same is as good.
    best = min(known)[1] if len(set(texts)) > 1 and known else None
    return Row(
        figure_title(field),
        BETTER[field.metadata["better"]],
        tuple(Cell(text, text == best) for text in texts),
        number(truth) if truth is not None else "",
    )

"""The criteria as a table, for the page of a report and for the guide.

Imports the standard library alone, so that Gaffer's own interpreter can read it.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.criterion import Criterion
from filmrecovery.validation.declared_criteria import CRITERIA, named

_HEADINGS = ("Criterion", "Question", "What is measured", "What is allowed", "Options", "What to do if it fails")


@dataclass(frozen=True)
class CriterionInWords:
    """One criterion as it is read."""

    name: str
    question: str
    measured: str
    allowed: str
    """The limit, as the given settings have it, with its unit."""
    settings: tuple[str, ...]
    """The fields of `Criteria` that the limit depends on."""
    remedy: str


def in_words(criteria: Criteria, rows: Iterable[Criterion]) -> list[CriterionInWords]:
    """The rows in words, with these limits."""
    settings = dataclasses.asdict(criteria)
    return [
        CriterionInWords(
            named(row),
            row.question,
            row.measured,
            row.limit.allowed(row, settings),
            tuple(row.limit.helps(row)),
            row.remedy,
        )
        for row in rows
    ]


def markdown_table() -> str:
    """All criteria with their default limits, as a table in Markdown."""
    lines = [_HEADINGS, ("---",) * len(_HEADINGS)]
    for row in in_words(Criteria(), CRITERIA):
        options = ", ".join(f"`--{name.replace('_', '-')}`" for name in row.settings)
        lines.append((row.name, row.question, row.measured, row.allowed, options, row.remedy))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)

"""Matched frames, and the files that hold them."""

import csv
import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import HIGHEST_FRAME
from filmrecovery.base.records import parse_records, read_record, write_record, write_table
from filmrecovery.film.elements.frame_numbers import format_frames

VERSION = 3
"""Of the format and the method: 2 follows references that pan, 3 is less sure where little moves."""


@dataclass(frozen=True)
class FrameMatch:
    """The reference's frame that shows a frame of the source, or None where the reference lacks it.

    `confidence`, 0 to 1, is the probability that it is this very frame. It is low where frames beside it fit as well:
    in a static passage, where they may show the same, and where frames were dropped or doubled at a place that the
    pictures do not tell.
    """

    source: int = setting(dataclasses.MISSING, "frame number of the source", minimum=0, maximum=HIGHEST_FRAME)
    reference: int | None = setting(
        dataclasses.MISSING, "frame number of the reference", minimum=0, maximum=HIGHEST_FRAME
    )
    confidence: float = setting(dataclasses.MISSING, "probability that this is right", minimum=0, maximum=1)


def summary(matches: tuple[FrameMatch, ...]) -> str:
    """What was found, in a few lines."""
    matched = [match for match in matches if match.reference is not None]
    unsure = [match.source for match in matches if match.confidence < 0.5]
    lines = [f"{len(matched)} of {len(matches)} frames have a match in the reference"]
    if missing := [match.source for match in matches if match.reference is None]:
        lines.append(f"without: {format_frames(missing)}")
    if unsure:
        lines.append(
            "to be looked at (confidence below 0.5; frames beside the match fit as well, as where little moves): "
            f"{format_frames(unsure)}"
        )
    return "\n".join(lines)


def write_matches(path: str | Path, matches: tuple[FrameMatch, ...], made_from: str | None = None) -> None:
    """Writes matches as JSON, and as a table of the same name with the suffix .csv. Raises OutputError."""
    path = Path(path)
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(("source", "reference", "confidence"))
    for match in matches:
        rows.writerow((match.source, "" if match.reference is None else match.reference, f"{match.confidence:.3f}"))
    write_table(path.with_suffix(".csv"), table.getvalue())
    write_record(path, VERSION, {"matches": [dataclasses.asdict(match) for match in matches]}, made_from)


def read_matches(path: str | Path) -> tuple[FrameMatch, ...]:
    """The matches of a JSON file. Raises FileError where it is missing, foreign or damaged."""
    path = Path(path)
    remedy = "correct it, or remove it and match the frames again"
    rows = read_record(path, "a file of matches", VERSION, remedy).get("matches")
    return parse_records(FrameMatch, rows, str(path), "match", remedy)

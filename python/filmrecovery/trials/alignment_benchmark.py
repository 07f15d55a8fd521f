"""Measures matching and alignment on simulated elements against their known truth."""

import csv
import dataclasses
import io
import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import RecoveryError
from filmrecovery.picture.arrays import Matrix, Points
from filmrecovery.reference.alignment.align_frames import align_frames
from filmrecovery.reference.alignment.alignment_file import FrameAlignment
from filmrecovery.reference.matching.frame_match import FrameMatch
from filmrecovery.reference.matching.match_frames import match_frames
from filmrecovery.reference.matching.match_settings import MatchSettings
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.trials.alignment_cases import CASES, Case, check_footage, make_case
from filmrecovery.trials.simulation.alignment_truth import AlignmentTruth
from filmrecovery.trials.simulation.footage import demo_footage, read_footage

WIDTH = 640
"""Footage is reduced to so many pixels; errors are in them."""

TOLERANCE = 0.5
"""A frame whose error is above so many pixels of the source should be flagged."""

SURE = 0.8
"""A match of this confidence should be right."""

_GRID = (9, 16)

_HEADINGS = (
    "footage",
    "case",
    "exact",
    "within one",
    "lost",
    "invented",
    f"wrong, sure by {SURE}",
    "s/frame",
    "aligned",
    "median px",
    "p95 px",
    "worst px",
    f"> {TOLERANCE} px flagged",
    "not flagged",
    "good flagged",
    "expected px",
    "> twice expected",
    "s/frame",
)


@dataclass(frozen=True)
class MatchFigures:
    """How many frames of the source got the right frame of the reference; either one is right where it is doubled."""

    frames: int
    exact: int  # the right frame, or rightly none
    within_one: int  # those, and the frames beside the right one
    lost: int  # none, where there is one
    invented: int  # one, where there is none
    wrong_but_sure: int  # any fault, at a confidence of `SURE` and above


@dataclass(frozen=True)
class AlignmentFigures:
    """How far frames are off, in pixels of the source, and whether those that are far off were flagged.

    The error of a frame is the mean over a grid of points that both pictures show.
    """

    aligned: int
    median_error: float
    percentile_95: float
    worst_error: float
    bad_flagged: int  # above `TOLERANCE`
    bad_unflagged: int
    good_flagged: int
    median_expected: float  # of the errors that the alignment itself expects
    beyond_expected: int  # frames with more than twice the error expected


@dataclass(frozen=True)
class CaseFigures:
    """A line of the table. Of a stage that refused its elements there is a problem instead of figures."""

    footage: str
    case: str
    matches: MatchFigures | None = None
    match_seconds: float = 0.0  # for a frame of the source
    alignment: AlignmentFigures | None = None
    align_seconds: float = 0.0
    problem: str = ""


def benchmark_alignment(
    folder: Path, footage: Sequence[str] = (), cases: Sequence[str] = tuple(CASES)
) -> tuple[CaseFigures, ...]:
    """Makes the cases of the demo shot and of more footage, matches and aligns them, and prints the table.

    `footage` are video files or patterns of sequences, of at least 120 frames. The elements of a case lie in
    `folder/FOOTAGE/CASE` and are made once. Writes `alignment.csv` and `alignment.md` into `folder` after every case.

    Raises what `read_footage` and `make_case` do; an error of matching or alignment is a line of the table.
    """
    shots = [demo_footage(WIDTH), *(read_footage(path, WIDTH) for path in footage)]
    check_footage(shots, cases)
    lines = []
    for shot, name in itertools.product(shots, cases):
        lines.append(measure_case(shot.name, make_case(name, shot, folder / shot.name / name.replace(" ", "-"))))
        write_text(folder / "alignment.csv", _comma_separated(lines))
        write_text(folder / "alignment.md", table(lines))
    print(table(lines))
    return tuple(lines)


def measure_case(footage: str, case: Case) -> CaseFigures:
    """Matches and aligns the elements of one case; the alignment works from the matches that were found."""
    figures = CaseFigures(footage, case.name)
    frames = len(case.source.frames)
    try:
        start = time.perf_counter()
        matches = match_frames(MatchSettings(), case.source, case.reference)
        seconds = (time.perf_counter() - start) / frames
        figures = dataclasses.replace(figures, matches=measure_matches(matches, case.truth), match_seconds=seconds)

        start = time.perf_counter()
        alignments = align_frames(AlignSettings(), matches, case.source, case.reference)
        seconds = (time.perf_counter() - start) / frames
        return dataclasses.replace(figures, alignment=measure_alignments(alignments, case.truth), align_seconds=seconds)
    except RecoveryError as error:
        return dataclasses.replace(figures, problem=str(error))


def true_matches(truth: AlignmentTruth) -> tuple[FrameMatch, ...]:
    """The matches that are right, to try an alignment by itself."""
    return tuple(FrameMatch(source, next(iter(truth.references(source)), None), 1.0) for source in truth.source)


def measure_matches(matches: Iterable[FrameMatch], truth: AlignmentTruth) -> MatchFigures:
    """Counts the matches that are right and those that are wrong, by the kind of their fault."""
    matches = tuple(matches)
    distances = [_frames_off(match.reference, truth.references(match.source)) for match in matches]
    lost = [match.reference is None and truth.references(match.source) != () for match in matches]
    invented = [match.reference is not None and truth.references(match.source) == () for match in matches]
    return MatchFigures(
        len(matches),
        exact=sum(distance == 0 for distance in distances),
        within_one=sum(distance <= 1 for distance in distances),
        lost=sum(lost),
        invented=sum(invented),
        wrong_but_sure=sum(
            distance > 0 and match.confidence >= SURE for match, distance in zip(matches, distances, strict=True)
        ),
    )


def _frames_off(found: int | None, right: tuple[int, ...]) -> float:
    if found is None or not right:
        return 0.0 if found is None and not right else np.inf
    return float(min(abs(found - reference) for reference in right))


def measure_alignments(alignments: Iterable[FrameAlignment], truth: AlignmentTruth) -> AlignmentFigures:
    """The errors of the frames that were aligned, each to the frame of the reference that it was aligned to."""
    alignments = tuple(alignments)
    if not alignments:
        return AlignmentFigures(0, np.nan, np.nan, np.nan, 0, 0, 0, np.nan, 0)
    errors = np.array([alignment_error(truth, found.source, found.reference, found.matrix) for found in alignments])
    expected = np.array([found.error for found in alignments])
    flagged = np.array([found.flagged for found in alignments])
    # Also what is no number.
    bad = ~(errors <= TOLERANCE)
    return AlignmentFigures(
        len(alignments),
        float(np.median(errors)),
        float(np.percentile(errors, 95)),
        float(errors.max()),
        bad_flagged=int(np.sum(bad & flagged)),
        bad_unflagged=int(np.sum(bad & ~flagged)),
        good_flagged=int(np.sum(~bad & flagged)),
        median_expected=float(np.median(expected)),
        beyond_expected=int(np.sum(~(errors <= 2 * expected))),
    )


def alignment_error(truth: AlignmentTruth, source: int, reference: int, matrix: Matrix) -> float:
    """How far `matrix` takes points of the source from where they belong, in pixels of the source, on average.

    A grid of points over the source is taken, less those that lie outside of the reference's picture or in its borders.
    """
    right = truth.matrix(source, reference)
    width, height = truth.source_size
    rows, columns = _GRID
    x, y = np.meshgrid((np.arange(columns) + 0.5) * width / columns, (np.arange(rows) + 0.5) * height / rows)
    points = np.stack([x.ravel(), y.ravel()])
    left, top, right_edge, bottom = truth.reference_window
    shown_x, shown_y = _transformed(right, points)
    points = points[:, (shown_x > left) & (shown_x < right_edge) & (shown_y > top) & (shown_y < bottom)]
    found = _transformed(np.linalg.inv(right) @ np.asarray(matrix, float), points)
    return float(np.mean(np.hypot(*(found - points))))


def _transformed(matrix: Matrix, points: Points) -> Points:
    """Points (2, count) after a homography."""
    across, down, depth = matrix @ np.vstack([points, np.ones(points.shape[1])])
    return np.stack([across / depth, down / depth])


def table(lines: Iterable[CaseFigures]) -> str:
    """The figures as a table in Markdown, a line for each case."""
    return "".join(f"| {' | '.join(row)} |\n" for row in (_HEADINGS, ("---",) * len(_HEADINGS), *map(_cells, lines)))


def _cells(line: CaseFigures) -> tuple[str, ...]:
    cells = [line.footage, line.case]
    if line.matches:
        of = line.matches
        cells += [f"{100 * of.exact / of.frames:.1f} %", f"{100 * of.within_one / of.frames:.1f} %"]
        cells += [str(of.lost), str(of.invented), str(of.wrong_but_sure), f"{line.match_seconds:.2f}"]
    if line.alignment:
        of = line.alignment
        cells += [str(of.aligned), f"{of.median_error:.3f}", f"{of.percentile_95:.3f}", f"{of.worst_error:.3f}"]
        cells += [str(of.bad_flagged), str(of.bad_unflagged), str(of.good_flagged)]
        cells += [f"{of.median_expected:.3f}", str(of.beyond_expected), f"{line.align_seconds:.2f}"]
    elif line.problem:
        cells.append(line.problem)
    return tuple(cells + [""] * (len(_HEADINGS) - len(cells)))


def _comma_separated(lines: Iterable[CaseFigures]) -> str:
    text = io.StringIO()
    names = [field.name for kind in (MatchFigures, AlignmentFigures) for field in dataclasses.fields(kind)]
    writer = csv.DictWriter(
        text, ("footage", "case", *names, "match_seconds", "align_seconds", "problem"), lineterminator="\n"
    )
    writer.writeheader()
    for line in lines:
        row = {field.name: getattr(line, field.name) for field in dataclasses.fields(line)}
        for part in (row.pop("matches"), row.pop("alignment")):
            row |= dataclasses.asdict(part) if part else {}
        writer.writerow(row)
    return text.getvalue()

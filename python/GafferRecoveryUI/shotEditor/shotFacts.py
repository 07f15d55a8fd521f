"""What is known of each frame of a shot, from what the files of its stage hold."""

from collections.abc import Iterable, Mapping, Sequence

from filmrecovery.base.errors import RecoveryError
from filmrecovery.film.elements.pair_roles import ROLES, optional_frames
from filmrecovery.reference.curation.selection_file import UNFIT
from filmrecovery.reference.matching.frame_match import FrameMatch
from GafferRecoveryUI.shotEditor.FrameFacts import LEFT, FrameFacts, ShotFacts
from GafferRecoveryUI.shotEditor.ShotRecords import ShotRecords


def shotFacts(records: ShotRecords, byHand: Sequence[str], faults: Iterable[str] = ()) -> ShotFacts:
    """What the records tell. `byHand` are the ranges of frames to train on, to hold out and to preview that were named
    by hand; where the first is empty, the selection tells the roles or, where there is none, the pairs."""
    sentences = list(faults)
    named = _named(byHand, records.outliers or frozenset(), sentences) if byHand[0] else None
    matches = {match.source: match for match in records.matches or ()}
    aligned = {frame.source: frame for frame in (records.alignment.frames if records.alignment else ())}
    selected = {role.frame: role for role in (records.selection.roles if records.selection else ())}
    pairs = {pair.frame: pair.role for pair in (records.manifest.pairs if records.manifest else ())}
    validation, verdict = records.report or (None, None)
    doubts = {frame.frame: frame.doubt.mean for frame in (validation.frames if validation else ()) if frame.doubt}
    failing = {failed.frame: failed for failed in (verdict.failing if verdict else ())}
    worth = optional_frames(verdict.outliers) if verdict else ()
    timing = timings(records.matches or ())
    frames = []
    for number in records.listed or sorted({*matches, *selected, *pairs}):
        match, at = matches.get(number), aligned.get(number)
        chosen, failed = selected.get(number), failing.get(number)
        if named is not None:
            role, reason = named.get(number, LEFT), "named by hand" if number in named else ""
        elif chosen is not None:
            role, reason = chosen.role, chosen.reason
        else:
            known = pairs if not selected else {}
            role, reason = known.get(number, LEFT if selected or pairs else ""), ""
        frames.append(
            FrameFacts(
                number,
                shot=chosen.shot if chosen else 0,
                reference=match.reference if match else at.reference if at else None,
                matched=match is not None or at is not None,
                timing=timing.get(number, ""),
                confidence=match.confidence if match else None,
                error=at.error if at else None,
                flagged=at.reason if at and at.flagged else "",
                role=role,
                reason=reason,
                unfit=chosen is not None and chosen.why in UNFIT,
                doubt=doubts.get(number),
                fails=failed.reason if failed else "",
                severity=failed.severity if failed else None,
                outlier=number in worth,
            )
        )
    return ShotFacts(
        tuple(frames),
        named is not None,
        records.alignment.settings.flag_threshold if records.alignment else None,
        verdict.passed if verdict else None,
        tuple(sentences),
    )


def timings(matches: Iterable[FrameMatch]) -> dict[int, str]:
    """How the reference goes on at each frame of the source (see `FrameFacts`)."""
    found: dict[int, str] = {}
    before: tuple[int, int] | None = None
    for match in matches:
        if match.reference is None:
            found[match.source] = "none"
            continue
        found[match.source] = ""
        if before is not None:
            step, expected = match.reference - before[1], match.source - before[0]
            if step <= 0:
                found[match.source] = "doubled"
            elif step > expected:
                found[match.source] = "dropped"
        before = match.source, match.reference
    return found


def _named(ranges: Sequence[str], outliers: Iterable[int], faults: list[str]) -> Mapping[int, str]:
    """The roles that were named by hand, and the outliers that are trained on in addition; a hold-out stays one."""
    found = dict.fromkeys(outliers, "train")
    for role, text in zip(ROLES, ranges, strict=True):
        try:
            frames = optional_frames(text)
        except RecoveryError as error:
            faults.append(str(error))
            continue
        found.update({frame: role for frame in frames if role != "preview" or frame not in found})
    return found

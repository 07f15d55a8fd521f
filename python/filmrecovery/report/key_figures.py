"""The few figures of a report that stand beside its verdict."""

from dataclasses import dataclass

from filmrecovery.report.words import counted, number
from filmrecovery.validation.validation_figures import PICTURES, Validation, summarise
from filmrecovery.validation.verdict import Verdict

_LIKENESS = {"chroma": ("ciede2000", "Colour difference on hold-outs (CIEDE2000)")}
_LIKENESS_OTHERWISE = ("psnr", "Likeness on hold-outs (PSNR, dB)")
_HELD = {"chroma": ("luma_rms", "Luma is off the source's"), "spatial": ("chroma_rms", "Chroma is off the source's")}


@dataclass(frozen=True)
class KeyFigure:
    """A figure to be read from afar, what it is, and what it compares with."""

    value: str
    name: str
    beside: str


def key_figures(validation: Validation, verdict: Verdict) -> list[KeyFigure]:
    """Criteria, likeness on hold-outs, what is held, and frames that fail; without those that were not measured."""
    judged = [finding for finding in verdict.findings if finding.passed is not None]
    kept = sum(bool(finding.passed) for finding in judged)
    left = len(verdict.findings) - len(judged)
    figures = [
        KeyFigure(
            f"{kept} of {len(judged)}", "Criteria kept to", f"{left} could not be judged" if left else "all were judged"
        )
    ]
    name, title = _LIKENESS.get(validation.mode, _LIKENESS_OTHERWISE)
    means = {picture: summarise(validation.hold_outs, picture).get(name) for picture in PICTURES}
    if means["recovery"]:
        others = [f"{picture} {number(found.mean)}" for picture, found in means.items() if found]
        figures.append(KeyFigure(number(means["recovery"].mean), title, ", ".join(others[:-1])))
    if validation.mode in _HELD and validation.frames:
        name, title = _HELD[validation.mode]
        worst = summarise(validation.frames, "recovery")[name].worst
        figures.append(KeyFigure(f"{number(100 * worst)} %", title, "of the range, in the worst frame"))
    failing = len(verdict.failing)
    figures.append(
        KeyFigure(
            str(failing),
            f"{'Frame' if failing == 1 else 'Frames'} that {'fails' if failing == 1 else 'fail'}",
            f"of {counted(len(validation.frames), 'frame')} of the shot",
        )
    )
    return figures

"""The few figures of a report that stand beside its verdict."""

from dataclasses import dataclass

from filmrecovery.report.words import counted, number
from filmrecovery.validation.validation_figures import LIKENESS, PICTURES, Validation, summarise
from filmrecovery.validation.verdict import Verdict

_LIKENESS = {"ciede2000": "Colour difference on hold-outs (CIEDE2000)", "psnr": "Likeness on hold-outs (PSNR, dB)"}
_HELD = {"luma identity": "Luma differs from the source's", "chroma identity": "Chroma differs from the source's"}


@dataclass(frozen=True)
class KeyFigure:
    """A figure to be read from afar, what it is, and what it compares with."""

    value: str
    name: str
    beside: str


def key_figures(validation: Validation, verdict: Verdict) -> list[KeyFigure]:
    """Criteria, likeness on hold-outs, what is held, and frames that fail; without those that were not measured."""
    judged = len(verdict.judged)
    left = len(verdict.findings) - judged
    figures = [
        KeyFigure(
            f"{judged - len(verdict.failed)} of {judged}",
            "Criteria passed",
            f"{left} could not be judged" if left else "all were judged",
        )
    ]
    name = LIKENESS[validation.mode]
    means = {picture: summarise(validation.hold_outs, picture).get(name) for picture in PICTURES}
    if means["recovery"]:
        others = [f"{picture} {number(mean.mean)}" for picture, mean in means.items() if mean]
        figures.append(KeyFigure(number(means["recovery"].mean), _LIKENESS[name], ", ".join(others[:-1])))
    for finding in verdict.judged:
        if finding.name in _HELD and finding.value is not None:
            worst = f"{number(100 * finding.value)} %"
            figures.append(KeyFigure(worst, _HELD[finding.name], "of the range, in the worst frame"))
    failing = len(verdict.failing)
    figures.append(
        KeyFigure(
            str(failing),
            f"{'Frame' if failing == 1 else 'Frames'} that {'fails' if failing == 1 else 'fail'}",
            f"of {counted(len(validation.frames), 'frame')} of the shot",
        )
    )
    return figures

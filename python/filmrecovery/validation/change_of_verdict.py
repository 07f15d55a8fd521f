"""What changed from one validation of a stage to the next."""

import statistics

from filmrecovery.validation.validation_figures import LIKENESS, Validation, figure_unit
from filmrecovery.validation.verdict import Verdict


def change(before: tuple[Validation, Verdict], after: tuple[Validation, Verdict]) -> str:
    """One line: the number of failing frames, and the figure of the hold-outs where these are the same frames.

    The figure is the mean by which the verdict compares recovery and source: CIEDE2000 in chroma mode, PSNR otherwise.
    """
    counts = [len(verdict.failing) for _, verdict in (before, after)]
    text = f"failing frames: {counts[1]}, before {counts[0]}"
    validations = before[0], after[0]
    held_out = [tuple(hold_out.frame for hold_out in validation.hold_outs) for validation in validations]
    if held_out[1] and held_out[0] == held_out[1]:
        figure = LIKENESS[after[0].mode]
        means = [
            statistics.fmean(getattr(hold_out.recovery, figure) for hold_out in validation.hold_outs)
            for validation in validations
        ]
        text += f"; hold-outs against the ground truth: {means[1]:.2f} {figure_unit(figure)}, before {means[0]:.2f}"
    return text

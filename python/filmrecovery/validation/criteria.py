"""Criteria of acceptance, apart from the verdict: reading them does not wait for numpy.

The defaults follow the published workflow: what must not change is held, no artefact is seen, colour is consistent over
the shot, and the recovery is better than the source and than a grade.
"""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True)
class Criteria:
    """What a recovery has to keep to."""

    luma_tolerance: float = setting(
        0.002, "chroma recovery: luma may differ from the source's by so much of white, root mean square", minimum=0.0
    )
    chroma_tolerance: float = setting(
        0.002, "spatial recovery: chroma may differ from the source's by so much of its range", minimum=0.0
    )
    least_colour_gain: float = setting(
        0.25, "chroma recovery: part of the source's CIEDE2000 on hold-outs that must be gone", maximum=1.0
    )
    least_psnr_gain: float = setting(0.5, "other recoveries: gain in PSNR on hold-outs over the source, in dB")
    most_flicker: float = setting(0.003, "flicker that the source's own does not explain", minimum=0.0)
    most_sudden_shift: float = setting(
        0.006, "colour of a frame may differ from that of its neighbours by so much", minimum=0.0
    )
    most_lasting_shift: float = setting(
        0.05, "colour of a frame may differ from that of the shot's middle by so much", minimum=0.0
    )
    deviations: float = setting(
        6.0, "or by so many robust deviations of the shot's own frames, where that is more", minimum=0.0
    )
    most_uncovered: float = setting(0.02, "share of a frame whose colours training never saw", minimum=0.0)
    most_blotches: float = setting(
        0.002, "uneven colour beyond that of source and ground truth, as a share of the chroma range", minimum=0.0
    )
    most_displacement: float = setting(
        1.5, "pixels that contours of pairs, and of what is recovered, may lie off the source's", minimum=0.0
    )
    most_halos: float = setting(
        0.05, "overshoot beside edges beyond that of source and ground truth, as a share of the edge", minimum=0.0
    )
    least_grain: float = setting(0.5, "granularity, as a part of the lower of source and ground truth", minimum=0.0)
    most_grain: float = setting(2.0, "granularity, as a multiple of the higher of source and ground truth", minimum=0.0)
    most_clipped: float = setting(
        0.01, "share of pixels at 0 or 1, beyond that of source and ground truth", minimum=0.0
    )
    most_out_of_range: float = setting(
        0.01, "share of pixels outside 0..1, beyond that of source and ground truth", minimum=0.0
    )
    most_outliers: int = setting(8, "frames to offer as new pairs", minimum=0)
    outlier_distance: int = setting(5, "frames between two that are offered", minimum=1)

"""The settings of the criteria, apart from the verdict: reading them does not wait for numpy.

The criteria say what each limit does. The defaults follow the published workflow: what must
not change is held, no artefact is seen, colour is consistent over the shot, and the recovery is better than the source
and than a grade.
"""

from dataclasses import dataclass
from typing import Any

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import MOST_FRAMES
from filmrecovery.validation.declared_criteria import settings_helps

_HELPS = settings_helps()


def limit(name: str, default: float, maximum: float = 1000.0, minimum: float = 0.0) -> Any:
    """The field of this name, with the help that follows from the criteria that use it."""
    return setting(default, _HELPS[name], minimum=minimum, maximum=maximum)


@dataclass(frozen=True)
class Criteria:
    """The limits of the criteria, and how many of the failing frames are offered as new pairs."""

    luma_tolerance: float = limit("luma_tolerance", 0.002)
    chroma_tolerance: float = limit("chroma_tolerance", 0.002)
    least_colour_gain: float = limit("least_colour_gain", 0.25, maximum=1.0, minimum=-1000.0)
    least_psnr_gain: float = limit("least_psnr_gain", 0.5, minimum=-1000.0)
    most_flicker: float = limit("most_flicker", 0.003)
    most_error_flicker: float = limit("most_error_flicker", 0.003)
    most_error_drift: float = limit("most_error_drift", 0.006)
    most_sudden_shift: float = limit("most_sudden_shift", 0.006)
    most_lasting_shift: float = limit("most_lasting_shift", 0.05)
    deviations: float = limit("deviations", 6.0)
    most_uncovered: float = limit("most_uncovered", 0.02)
    most_blotches: float = limit("most_blotches", 0.002)
    most_displacement: float = limit("most_displacement", 1.5)
    most_halos: float = limit("most_halos", 0.05)
    least_grain: float = limit("least_grain", 0.5)
    most_grain: float = limit("most_grain", 2.0)
    most_clipped: float = limit("most_clipped", 0.01)
    most_out_of_range: float = limit("most_out_of_range", 0.01)
    most_outliers: int = setting(
        8, "at most this many of the failing frames are offered as new pairs", minimum=0, maximum=1000
    )
    outlier_distance: int = setting(
        5, "frames offered as new pairs are at least this many apart", minimum=1, maximum=MOST_FRAMES
    )

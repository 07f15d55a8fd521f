"""What can be chosen about the simulated film."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import HIGHEST_SEED
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.pair_roles import optional_frames


@dataclass(frozen=True)
class SimulationSettings:
    """How much the film has aged, and how good the video is. Gauges and stocks are in `simulated_elements`."""

    seed: int = setting(
        1, "seed of grain, weave and wear: the same seed gives the same film", minimum=0, maximum=HIGHEST_SEED
    )
    fade: float = setting(
        0.5, "dark fading of the print, from 0 (fresh) to 1 (hardly any cyan left)", minimum=0, maximum=1
    )
    uneven: float = setting(
        0.0,
        "how unevenly the print faded, from 0 (all alike) to 1: towards both edges, along the roll, from shot to shot",
        minimum=0,
        maximum=1,
    )
    shot_starts: tuple[int, ...] = setting(
        (),
        'first frames of all shots but the first, such as "25,60": where uneven changes',
        parse=optional_frames,
        show=format_frames,
    )
    grain: float = setting(
        1.0, "grain of both film elements, as a multiple of what their stocks have", minimum=0, maximum=100
    )
    weave: float = setting(0.0, "gate weave of both film elements in pixels rms", minimum=0, maximum=100)
    wear: float = setting(0.3, "dust and scratches, from 0 (none) to 1 (a worn-out print)", minimum=0, maximum=1)
    video_quality: int = setting(50, "quality of the video's compression, on the scale of JPEG", minimum=1, maximum=95)

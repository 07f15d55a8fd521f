"""Where on the film the dyes have aged more: fading is not even over the frame, in time, or from shot to shot.

Wound film ages from where moisture and air reach it. They come in at both edges of the strip, which lie left and right
of the picture, and at the outer turns of the roll (Adelstein, Bigourdan and Reilly, J. Am. Inst. Conserv. 36, 1997,
193; Bigourdan and Reilly, Environment and Enclosures in Film Preservation, Image Permanence Institute, 1997). What
diffuses in and is used up on its way falls off as a hyperbolic cosine. A roll that lies on one side takes up more
there, so that the edges come and go once in every turn. Shots were printed on stock of other batches, at other printer
lights.
"""

from bisect import bisect_right

import numpy as np

from filmrecovery.picture.arrays import Channel, Values
from filmrecovery.trials.simulation.randomness import generator
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

# Shares of the fading, where `uneven` is 1.
_EDGES = 1.2
_TURN = 0.35
_OUTER_TURNS = 0.3
_BATCH = 0.25

# Half widths of the picture, after which what comes in from an edge has fallen to 1/e.
_REACH = 0.45
# Frames in a turn of 16 mm film at the middle of a roll of 15 cm: 47 cm of frames that are 7.62 mm high (ISO 69).
_TURN_FRAMES = 62.0
# Frames after which the outer turns' surplus has fallen to 1/e: some ten turns.
_OUTER_FRAMES = 600.0
# Density, standard deviation in each of R, G and B, where `uneven` is 1: two or three printer points of 0.025.
_LIGHTS = 0.06


def aging(settings: SimulationSettings, number: int, height: int, width: int) -> Channel:
    """Age of the dyes over frame `number`, (height, width, 1) float32, as a multiple of what `fade` says.

    It is 1 everywhere where `uneven` is 0. Otherwise it is about 1 in the mean over a frame from the middle of the
    roll, and more at its beginning.
    """
    across = np.linspace(-1.0, 1.0, width)
    edges = np.cosh(across / _REACH) / np.cosh(1 / _REACH)
    mean = _REACH * np.tanh(1 / _REACH)
    random = generator(settings.seed, "uneven fading")
    phase = random.uniform(0, 2 * np.pi)
    # Further down the frame the film has gone on round the roll.
    film = number + np.linspace(0.0, 1.0, height)
    turn = np.sin(2 * np.pi * film / _TURN_FRAMES + phase)[:, np.newaxis]
    outer = np.exp(-number / _OUTER_FRAMES)
    batch = _of_shot(settings, number, "batch").standard_normal()
    surplus = _EDGES * (edges - mean) + _TURN * turn * edges + _OUTER_TURNS * outer + _BATCH * batch
    return np.maximum(1 + settings.uneven * surplus, 0.05)[..., np.newaxis].astype(np.float32)


def printer_lights(settings: SimulationSettings, number: int) -> Values:
    """Density (3,) in R, G and B by which the printer lights of the frame's shot are off."""
    return settings.uneven * _LIGHTS * _of_shot(settings, number, "lights").standard_normal(3).astype(np.float32)


def _of_shot(settings: SimulationSettings, number: int, purpose: str) -> np.random.Generator:
    return generator(settings.seed, f"shot, {purpose}", bisect_right(settings.shot_starts, number))

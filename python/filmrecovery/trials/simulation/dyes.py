"""The three dyes of colour film: what they absorb, and how they fade.

A scanner sees integral densities (R, G, B): the sum of what all three dyes absorb in its bands. Each dye absorbs mostly
in one band and a little in the others (unwanted absorptions), so that integral densities are a matrix times the amounts
of dye (Giorgianni and Madden, Digital Color Management, 2nd ed. 2008; Hunt, The Reproduction of Colour, 6th ed. 2004).
Fading takes away dye, each at its own rate, and is linear in density (Gschwind and Frey, J. Imaging Sci. Technol. 38,
1994, 520): the same loss moves every colour another way, which no gain or gamma of a channel undoes.
"""

import numpy as np

from filmrecovery.picture.arrays import Picture

# Red, green and blue density (rows) of one unit of cyan, magenta and yellow (columns). Typical of chromogenic dyes;
# each row adds up to 1, so that equal amounts are neutral.
ABSORPTIONS = np.array([[0.88, 0.09, 0.03], [0.20, 0.70, 0.10], [0.12, 0.28, 0.60]], dtype=np.float32)
_UNMIXING = np.linalg.inv(ABSORPTIONS)

# So much is left of the cyan, magenta and yellow of an unstable print stock that was kept in the dark until the cyan
# was all but gone: cyan fades first, then yellow, magenta hardly (Adelstein, Graham and West, J. SMPTE 79, 1970, 1011;
# Wilhelm and Brower, The Permanence and Care of Color Photographs, 1993, ch. 9).
_LEFT = np.array([0.15, 0.85, 0.40], dtype=np.float32)

# Meanwhile left-over couplers yellow: stain in R, G and B density.
_STAIN = np.array([0.01, 0.04, 0.12], dtype=np.float32)


def dye_amounts(density: Picture) -> Picture:
    """Cyan, magenta and yellow, (height, width, 3), that give integral densities (R, G, B); no dye is less than none.

    The densities of colours more saturated than the dyes can make come out less saturated.
    """
    return np.maximum(density @ _UNMIXING.T, 0)


def fade(dyes: Picture, amount: Picture) -> Picture:
    """The dyes (cyan, magenta, yellow) after a share `amount` of their life: each decays at a steady rate.

    The share, (height, width, 1), is 0 for fresh dyes and 1 where the cyan is all but gone.
    """
    return dyes * _LEFT**amount


def integral_density(dyes: Picture) -> Picture:
    """Red, green and blue density, (height, width, 3), of amounts of cyan, magenta and yellow."""
    return dyes @ ABSORPTIONS.T


def stain(amount: Picture) -> Picture:
    """Red, green and blue density, (height, width, 3), that stain adds after a share `amount` of the dyes' life."""
    return _STAIN * amount

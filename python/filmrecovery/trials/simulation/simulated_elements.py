"""The film elements: a faded 16 mm print, and a sharper 35 mm internegative and a 9.5 mm print of the same film."""

from dataclasses import dataclass

import numpy as np

from filmrecovery.picture.arrays import Picture
from filmrecovery.trials.simulation.dyes import dye_amounts, fade, integral_density, stain
from filmrecovery.trials.simulation.grain import grain
from filmrecovery.trials.simulation.optics import film_mtf, soften, weave
from filmrecovery.trials.simulation.randomness import generator
from filmrecovery.trials.simulation.sensitometry import characteristic_curve, scan, scene_density, scene_light
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings
from filmrecovery.trials.simulation.uneven_fading import aging, printer_lights
from filmrecovery.trials.simulation.wear import dirt, scratch_losses

_DIRT_DENSITY = 1.5


@dataclass(frozen=True)
class Stock:
    """What makes one film element differ from another; figures are typical of its class, not of one product."""

    name: str
    frame_width: float  # mm of the camera aperture
    resolution: float  # cycles/mm at which all generations together leave half of the modulation
    granularity: float  # rms x 1000 of all generations together, in densities of the scene
    contrast: float  # of the straight line, against the picture as graded
    toe: float  # softness of toe and shoulder, in density
    unmixed: bool  # whether the unwanted absorptions of the dyes are corrected (by masking couplers or in the scan)
    fading: float  # share of the print's fading that this stock suffers
    wear: float  # share of the print's wear
    lights: tuple[float, float, float]  # what the printer lights are off, in R, G and B density wanted; more is darker


FADED_PRINT = Stock(
    name="faded print",
    frame_width=10.26,  # ISO 69, camera aperture of 16 mm film
    resolution=12.0,
    granularity=32.0,
    contrast=1.15,
    toe=0.25,
    unmixed=True,
    fading=1.0,
    wear=1.0,
    lights=(0.12, 0.12, 0.12),
)

INTERNEGATIVE = Stock(
    name="internegative",
    frame_width=21.95,  # ISO 2906, camera aperture of 35 mm film (Academy)
    resolution=40.0,
    granularity=8.0,
    contrast=0.97,
    toe=0.04,
    unmixed=False,
    fading=0.05,
    wear=0.2,
    lights=(0.03, -0.01, -0.04),
)

SMALL_GAUGE = Stock(
    name="9.5 mm print",
    frame_width=8.5,  # of the frame of 9.5 mm film, whose perforations lie between the frames
    resolution=11.0,
    granularity=34.0,
    contrast=1.1,
    toe=0.2,
    unmixed=True,
    fading=0.2,
    wear=0.6,
    lights=(0.04, 0.0, 0.03),
)


def faded_print(rgb: Picture, number: int, settings: SimulationSettings) -> Picture:
    """Frame `number` as the scan of a faded, worn 16 mm print shows it: magenta, flat, soft and grainy.

    Takes and gives (height, width, 3) float32 in 0..1, display-referred Rec.709, of the same framing.
    """
    return _scanned(rgb, number, FADED_PRINT, settings)


def internegative(rgb: Picture, number: int, settings: SimulationSettings) -> Picture:
    """Frame `number` as the scan of a 35 mm internegative shows it as a positive: sharp, of fine grain, hardly faded.

    Its colour is not to be trusted: the unwanted absorptions of its dyes are left uncorrected, so that it is pale, and
    its printer lights are off. Takes and gives (height, width, 3) float32 in 0..1, display-referred Rec.709.
    """
    return _scanned(rgb, number, INTERNEGATIVE, settings)


def small_gauge(rgb: Picture, number: int, settings: SimulationSettings) -> Picture:
    """Frame `number` as the scan of a 9.5 mm print for the home shows it: softer and grainier, and faded less.

    Takes and gives (height, width, 3) float32 in 0..1, display-referred Rec.709, of the same framing.
    """
    return _scanned(rgb, number, SMALL_GAUGE, settings)


def _scanned(rgb: Picture, number: int, stock: Stock, settings: SimulationSettings) -> Picture:
    height, width = rgb.shape[:2]
    size = (height, width, stock.frame_width)
    wear = settings.wear * stock.wear
    # (height, width, 1)
    fading = settings.fade * stock.fading * aging(settings, number, height, width)

    def random(purpose: str, number: int = 0) -> np.random.Generator:
        return generator(settings.seed, f"{stock.name}, {purpose}", number)

    mtf = film_mtf(*size, stock.resolution)
    exposure = scene_density(soften(scene_light(rgb), mtf))
    # Grain of the negative is printed through the curve: toe and shoulder hide it, mid-densities show it most.
    exposure += grain(*size, settings.grain * stock.granularity, mtf, random("grain", number))
    # Dirt on the negative keeps light from the print: clear specks.
    exposure *= 1 - dirt(*size, wear / 2, random("dirt on the negative", number))[..., None]
    lights = np.asarray(stock.lights, np.float32) + stock.fading * printer_lights(settings, number)
    density = characteristic_curve(exposure + lights, stock.contrast, stock.toe)

    dyes = dye_amounts(density) if stock.unmixed else density
    dyes = dyes * (1 - scratch_losses(*size, wear, number, random("scratches")))
    density = integral_density(fade(dyes, fading)) + stain(fading)
    density += _DIRT_DENSITY * dirt(*size, wear, random("dirt", number))[..., None]
    if settings.weave:
        density = weave(density, gate_weave(stock, number, settings))
    return scan(density)


def gate_weave(stock: Stock, number: int, settings: SimulationSettings) -> tuple[float, float]:
    """How far frame `number` of a stock lies off its place in the gate, (down, right) in pixels."""
    down, right = generator(settings.seed, f"{stock.name}, weave", number).normal(0, settings.weave, 2)
    return float(down), float(right)

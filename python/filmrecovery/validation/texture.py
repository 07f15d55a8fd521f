"""Grain, sharpness and halos of a picture, at places that were found in the source (see `places`).

Pictures are luma, (height, width) in display-referred 0..1.
"""

import numpy as np

from filmrecovery.picture.arrays import Channel
from filmrecovery.picture.blur import blurred
from filmrecovery.validation.places import (
    FIELD,
    PROFILE,
    Places,
    coarse_detail,
    cut_fields,
    normalised_profiles,
    profiles,
    reduced,
)

# Cycles a pixel: coarser, it is the picture's shading.
_GRAIN_BAND = (0.15, 0.5)
_NEAR = slice(2, 10)


def grain(luma: Channel, places: Places) -> float | None:
    """Granularity: root mean square of luma in flat fields between 0.15 and 0.5 cycles a pixel, as a share of white.

    It is taken from the noise power spectrum of each field under a Hann window (Welch, IEEE Trans. Audio 15, 1967, 70):
    the median over the fields of the power in the band. None where the frame has no flat fields.
    """
    if len(places.fields) == 0:
        return None
    window = np.outer(np.hanning(FIELD), np.hanning(FIELD))
    fields = cut_fields(luma, places.fields)
    fields = (fields - fields.mean(axis=(1, 2), keepdims=True)) * window
    power = np.square(np.abs(np.fft.fft2(fields))) / np.square(window).sum() / FIELD**2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(FIELD), np.fft.fftfreq(FIELD)))
    low, high = _GRAIN_BAND
    band = (frequency >= low) & (frequency <= high)
    return float(np.sqrt(np.median(power[:, band].sum(axis=1))))


def sharpness(luma: Channel, places: Places) -> float | None:
    """Contrast of fine detail over that of coarse detail, along the strongest contours of the source.

    Fine is what lies between Gaussians of 1 and 2 pixels, coarse between 4 and 16: root mean squares over the contours.
    What grain adds to the fine detail, by the median of the flat fields, is taken off. None where the frame has no
    contours or no flat fields.
    """
    if len(places.fields) == 0 or not places.contours.any():
        return None
    luma = luma.astype(np.float32)
    fine = blurred(luma, 1.0) - blurred(luma, 2.0)
    noise = np.median(np.square(cut_fields(fine, places.fields)).mean(axis=(1, 2)))
    power = np.mean(reduced(np.square(fine))[places.contours], dtype=np.float64) - noise
    strength = np.mean(np.square(coarse_detail(luma)[places.contours]), dtype=np.float64)
    return float(np.sqrt(max(power, 0.0) / max(strength, 1e-9)))


def halos(luma: Channel, places: Places) -> float | None:
    """How far luma swings beyond both sides of edges, as a share of the edge's height.

    It is read off the median of the profiles across the edges: overshoot on the light side plus undershoot on the dark
    one, 2 to 9 pixels from the edge, against what lies 11 to 16 pixels away. None where the frame has no lone edges.
    """
    if len(places.edges) == 0:
        return None
    mean = np.median(normalised_profiles(profiles(luma, places.edges, places.directions)), axis=0)
    light, dark = mean[PROFILE:][_NEAR], mean[PROFILE::-1][_NEAR]
    return float(max(light.max() - 1, 0) + max(-dark.min(), 0))

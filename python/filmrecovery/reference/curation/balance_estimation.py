"""The stage that estimates the technical balance of a faded element from the levels of its pictures."""

from pathlib import Path

import numpy as np
from scipy.optimize import brentq, least_squares

from filmrecovery.base.errors import ElementError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.spread_frames import evenly_spread
from filmrecovery.film.products.freshness import kept_or_made, made_from
from filmrecovery.model.balance import (
    VERSION,
    Balance,
    ChannelBalance,
    read_balance,
    write_balance,
)
from filmrecovery.model.balance_settings import BalanceSettings
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Colours, Values
from filmrecovery.picture.luma import LUMA_WEIGHTS
from filmrecovery.reference.curation.picture_colours import picture_colours

_FRAMES = 16
_DARKEST, _LIGHTEST = 0.5, 99.5
_MATCHED_LEVELS = (0.5, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99.5)
_MOST_POWER = 2.0
# Two 8-bit codes: a channel with less range cannot be stretched.
_LEAST_RANGE = 0.008


def current_balance(
    path: Path, settings: BalanceSettings, source: Element, reference: Element | None = None
) -> Balance:
    """`estimate_balance`, kept in a file: estimated again only where settings or files changed. Raises OutputError."""
    line = made_from("balance", VERSION, settings, source, reference)
    return kept_or_made(path, line, read_balance, lambda: estimate_balance(settings, source, reference), write_balance)


def estimate_balance(settings: BalanceSettings, source: Element, reference: Element | None = None) -> Balance:
    """The balance of a source, estimated from the levels of a few frames, spread over it, without their borders.

    Without a reference: the darkest and the lightest level of each channel become as dark and as light as in the
    channel that faded least. The middle level moves half of the way to where the channels meet in grey; all of the way
    would take the colour from scenes that are not grey on the whole. With a reference: the levels of each channel
    become the reference's. It has to show the same scenes, but the elements need not be matched or aligned.

    Raises SettingsError for a space that is unknown or not display-referred, ElementError for frames that are missing
    or damaged, and for a channel that holds no picture.
    """
    colour.check_display_referred(settings.working_space)
    looked_at = source.with_frames(evenly_spread(source.frames, _FRAMES))
    ours = _samples(looked_at, settings.working_space)
    if reference is None:
        channels = _balanced_by_itself(ours)
    else:
        theirs = _samples(reference.with_frames(evenly_spread(reference.frames, _FRAMES)), settings.working_space)
        channels = _matched(ours, theirs)
    return Balance(
        *channels,
        keep_luma=settings.keep_luma,
        working_space=settings.working_space,
        source=source.pattern,
        source_frames=format_frames(looked_at.frames),
        reference=reference.pattern if reference else None,
    )


def _samples(element: Element, working_space: str) -> Colours:
    """The pixels (count, 3) of an element's pictures, float64."""
    samples = picture_colours(element, working_space)
    for name, values in zip(("red", "green", "blue"), samples.T, strict=True):
        if np.ptp(np.percentile(values, (_DARKEST, _LIGHTEST))) < _LEAST_RANGE:
            raise ElementError(
                f"{element.pattern}: {name} holds no picture in frames {format_frames(element.frames)}; give frames "
                "that show something, or balance this element by hand"
            )
    return samples


def _balanced_by_itself(samples: Colours) -> list[ChannelBalance]:
    darkest, lightest = np.percentile(samples, (_DARKEST, _LIGHTEST), axis=0)
    black, white = darkest.min(), lightest.max()
    shares = np.clip((samples - darkest) / (lightest - darkest), 0.02, 1.0)
    middles = np.exp(np.mean(np.log(shares), axis=0))
    grey = np.exp(np.log(middles) @ np.array(LUMA_WEIGHTS))
    channels = []
    for low, high, middle in zip(darkest, lightest, middles, strict=True):
        wanted = black + (white - black) * np.sqrt(middle * grey)
        channels.append(_through((low, low + (high - low) * middle, high), (black, wanted, white)))
    return channels


def _through(levels: tuple[float, float, float], wanted: tuple[float, float, float]) -> ChannelBalance:
    """The balance that takes dark, middle and light levels to the wanted ones; the middle as far as powers may go."""

    def with_power(logarithm: float) -> ChannelBalance:
        power = float(np.exp(logarithm))
        black, white = (level ** (1 / power) for level in (wanted[0], wanted[2]))
        slope = float((white - black) / (levels[2] - levels[0]))
        return ChannelBalance(slope, float(black - slope * levels[0]), power)

    def excess(logarithm: float) -> float:
        found = with_power(logarithm)
        return (found.slope * levels[1] + found.offset) ** found.power - wanted[1]

    most = np.log(_MOST_POWER)
    # Higher powers make the middle darker.
    if excess(most) >= 0:
        return with_power(most)
    if excess(-most) <= 0:
        return with_power(-most)
    return with_power(brentq(excess, -most, most))


def _matched(ours: Values, theirs: Values) -> list[ChannelBalance]:
    """The balances that bring the levels of each channel nearest to the reference's, outliers having little say."""
    channels = []
    for levels, wanted in zip(
        *(np.percentile(samples, _MATCHED_LEVELS, axis=0).T for samples in (ours, theirs)), strict=True
    ):
        start = _through((levels[0], levels[7], levels[-1]), (wanted[0], wanted[7], wanted[-1]))

        def differences(numbers: Values, levels: Values = levels, wanted: Values = wanted) -> Values:
            slope, offset, logarithm = numbers
            line = slope * levels + offset
            return np.where(line > 0, np.maximum(line, 1e-9) ** np.exp(logarithm), line) - wanted

        found = least_squares(
            differences,
            (start.slope, start.offset, np.log(start.power)),
            bounds=((1e-2, -1e2, -np.log(_MOST_POWER) - 1e-6), (1e2, 1e2, np.log(_MOST_POWER) + 1e-6)),
            loss="soft_l1",
            f_scale=0.02,
        )
        slope, offset, logarithm = found.x.tolist()
        channels.append(ChannelBalance(slope, offset, float(np.exp(logarithm))))
    return channels

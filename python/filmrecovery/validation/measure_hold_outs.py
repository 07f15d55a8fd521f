"""The hold-outs of a validation, measured against their ground truth: each by itself, and those of a shot over time."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from filmrecovery.base.overlap import on_all_cores, workers
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.picture.arrays import Channel, Picture
from filmrecovery.picture.measures import chroma_rms, ciede2000_map, delta_itp_map, luma_rms, psnr, ssim
from filmrecovery.picture.torch_threads import shared_cores
from filmrecovery.training.pairs.load_pairs import Pair
from filmrecovery.validation.doubted import doubt_and_error, squares_by_blocks
from filmrecovery.validation.flicker import Fields, mean_fields
from filmrecovery.validation.looks import Looks
from filmrecovery.validation.steadiness import FEWEST_FRAMES, steadiness
from filmrecovery.validation.validation_figures import (
    HoldOut,
    HoldOutFigures,
    ShotSteadiness,
    SteadinessFigures,
)

# So many evenly spread pixels of a hold-out give the colour differences to three digits, in a tenth of the time.
_COLOUR_SAMPLES = 2**18

Results = Mapping[str, Callable[[Pair], Picture]]
"""What the recovery, and the baseline if there is one, make of a pair's input, by their names."""


def measure_hold_outs(
    pairs: Sequence[Pair], results: Results, doubted: Callable[[Pair], Channel | None], mode: str
) -> tuple[tuple[HoldOut, ...], tuple[ShotSteadiness, ...]]:
    """The figures of each hold-out, and of each shot that has enough of them to see what its colour does over time.

    `doubted` says how far the recovery of a pair's input is to be doubted, if that is known.
    Pictures are clamped to 0..1, as the ground truth is.
    """
    with shared_cores(workers()):
        measured = list(
            on_all_cores(lambda pair: _hold_out(pair, results, doubted(pair), mode), pairs, "Measuring hold-outs")
        )
    return tuple(hold_out for hold_out, _ in measured), _steadiness(measured)


def _hold_out(pair: Pair, results: Results, doubt: Channel | None, mode: str) -> tuple[HoldOut, dict[str, Fields]]:
    """The figures of a hold-out, and the mean colours of its pictures and its ground truth by their names."""
    pictures = {"source": pair.input, **{name: make(pair) for name, make in results.items()}}
    looks = Looks(pair.input, mode)

    def figures(picture: Picture) -> HoldOutFigures:
        shown = np.clip(picture, 0.0, 1.0)
        step = max(1, round((shown.shape[0] * shown.shape[1] / _COLOUR_SAMPLES) ** 0.5))
        few = shown[::step, ::step], pair.target[::step, ::step]
        ciede2000, delta_itp = ciede2000_map(*few), delta_itp_map(*few)
        return HoldOutFigures(
            **dataclasses.asdict(looks.look(picture)),
            psnr=psnr(shown, pair.target),
            ssim=ssim(shown, pair.target),
            ciede2000=float(ciede2000.mean()),
            ciede2000_p95=float(np.quantile(ciede2000, 0.95)),
            delta_itp=float(delta_itp.mean()),
            delta_itp_p95=float(np.quantile(delta_itp, 0.95)),
            luma_rms=luma_rms(shown, pair.target),
            chroma_rms=chroma_rms(shown, pair.target),
        )

    hold_out = HoldOut(
        frame=pair.frame,
        label=pair.label,
        source=figures(pictures["source"]),
        baseline=figures(pictures["baseline"]) if "baseline" in pictures else None,
        recovery=figures(pictures["recovery"]),
        truth=looks.look(pair.target),
        doubt=None
        if doubt is None
        else doubt_and_error(squares_by_blocks(doubt, np.clip(pictures["recovery"], 0.0, 1.0), pair.target, mode)),
    )
    fields = {name: mean_fields(np.clip(picture, 0.0, 1.0)) for name, picture in pictures.items()}
    return hold_out, fields | {"truth": mean_fields(pair.target)}


def _steadiness(measured: Sequence[tuple[HoldOut, dict[str, Fields]]]) -> tuple[ShotSteadiness, ...]:
    shots: dict[str, list[tuple[int, dict[str, Fields]]]] = {}
    for hold_out, fields in measured:
        shots.setdefault(hold_out.label, []).append((hold_out.frame, fields))
    # One number of two folders means two shots of one label, or of none.
    return tuple(
        _steadiness_of(label, dict(hold_outs))
        for label, hold_outs in shots.items()
        if FEWEST_FRAMES <= len(hold_outs) == len(dict(hold_outs))
    )


def _steadiness_of(label: str, fields: Mapping[int, Mapping[str, Fields]]) -> ShotSteadiness:
    def of(picture: str) -> dict[int, Fields]:
        return {frame: pictures[picture] for frame, pictures in fields.items()}

    def figures(picture: str) -> SteadinessFigures:
        return SteadinessFigures(**dataclasses.asdict(steadiness(of(picture), of("truth"))))

    return ShotSteadiness(
        label=label,
        frames=format_frames(fields),
        source=figures("source"),
        baseline=figures("baseline") if all("baseline" in pictures for pictures in fields.values()) else None,
        recovery=figures("recovery"),
    )

"""Looks: how the pictures of one frame look beside each other, measured at places of the source."""

from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.training.pairs.load_pairs import Pair
from filmrecovery.validation.blotches import blotches
from filmrecovery.validation.displacement import Contours, chroma_contours, displacement, luma_contours
from filmrecovery.validation.extremes import clipped_share, out_of_range_share
from filmrecovery.validation.places import find_places
from filmrecovery.validation.texture import grain, halos, sharpness
from filmrecovery.validation.validation_figures import Look, PairFit

# Less is taken for so much: an eighth of an 8-bit code, and a picture without any detail.
_LEAST_GRAIN, _LEAST_SHARPNESS = 0.0005, 0.01


class Looks:
    """Measures pictures of one frame, (height, width, 3) display-referred, against its source."""

    def __init__(self, source: Picture, mode: str) -> None:
        self._source, self._mode = source, mode
        self._luma = luma(source)
        self._contours = luma_contours(self._luma)
        self._places = find_places(self._luma)
        self._grain = grain(self._luma, self._places)
        self._sharpness = sharpness(self._luma, self._places)

    def look(self, picture: Picture) -> Look:
        """The look of a picture of the frame, of the source's size."""
        y = luma(picture)
        return Look(
            clipped=clipped_share(picture),
            out_of_range=out_of_range_share(picture),
            grain=_ratio(grain(y, self._places), self._grain, _LEAST_GRAIN),
            sharpness=_ratio(sharpness(y, self._places), self._sharpness, _LEAST_SHARPNESS),
            halos=halos(y, self._places),
            blotches=blotches(picture, self._source),
            displacement=_displacement(picture, self._contours, self._mode),
        )


def pair_fit(pair: Pair, mode: str) -> PairFit:
    """What its look says of the ground truth of a pair."""
    displaced = _displacement(pair.target, luma_contours(luma(pair.input)), mode)
    return PairFit(pair.frame, pair.role, pair.label, displaced, clipped_share(pair.target))


def _displacement(picture: Picture, source: Contours | None, mode: str) -> float | None:
    """How far the contours of what a mode recovers lie off the luma contours of the source."""
    recovered = chroma_contours(chroma(picture)) if mode == "chroma" else luma_contours(luma(picture))
    return displacement(recovered, source) if recovered and source else None


def _ratio(value: float | None, source: float | None, least: float) -> float | None:
    return max(value, least) / max(source, least) if value is not None and source is not None else None

"""Two pictures merged in the manner of the blend modes Color and Luminosity.

Luma and chroma are BT.709 of the display-referred picture (see `filmrecovery.picture.luma`).
"""

from filmrecovery.base.errors import SettingsError
from filmrecovery.base.recovery_modes import MERGE_OPERATIONS
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.luma import with_luma_of


def merge(original: Picture, recovered: Picture, operation: str) -> Picture:
    """The merged picture, (height, width, 3), of two display-referred ones of that shape.

    "color" gives the recovered picture with the luma of the original, "luminosity" the original with the luma of the
    recovered one. Nothing is clamped. Raises SettingsError for another operation.
    """
    if operation == "color":
        return with_luma_of(recovered, original)
    if operation == "luminosity":
        return with_luma_of(original, recovered)
    raise SettingsError(f"operation '{operation}' is not one of {', '.join(MERGE_OPERATIONS)}")

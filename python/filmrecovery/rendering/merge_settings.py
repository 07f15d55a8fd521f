"""Settings of the merge, apart from the stage, so that reading them does not wait for numpy."""

import dataclasses
from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.recovery_modes import MERGE_HELP, MERGE_OPERATIONS
from filmrecovery.film.frames.frame_encoding import ENCODINGS
from filmrecovery.picture.aces import DELIVERY_SPACE


@dataclass(frozen=True)
class MergeSettings:
    """What is merged, and the colour spaces of the work and the result."""

    operation: str = setting(dataclasses.MISSING, MERGE_HELP, choices=MERGE_OPERATIONS)
    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space to merge in")
    output_space: str = setting(DELIVERY_SPACE, "OCIO colour space of the result")
    encoding: str = setting("zip", "EXR encoding of the result", choices=ENCODINGS)

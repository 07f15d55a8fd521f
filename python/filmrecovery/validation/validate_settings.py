"""Settings of the validation, apart from the stage, so that reading them does not wait for torch."""

import dataclasses
from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.picture.aces import DELIVERY_SPACE


@dataclass(frozen=True)
class ValidateSettings:
    """Colour spaces of the files, the part of the picture that is measured, and where the network computes."""

    source_space: str = setting(dataclasses.MISSING, "OCIO colour space of the source's files")
    recovered_space: str = setting(DELIVERY_SPACE, "OCIO colour space of the recovered files")
    baseline_space: str = setting(DELIVERY_SPACE, "OCIO colour space of the baseline's files")
    crop: str | None = setting(None, "file with the part of the picture that was recovered, from crop")
    device: str = setting("auto", "what computes: cpu, cuda, cuda:N, or auto, the first GPU if there is one")

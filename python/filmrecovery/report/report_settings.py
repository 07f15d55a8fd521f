"""Settings of a report, apart from the stage, so that reading them does not wait for numpy."""

import dataclasses
from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.picture.aces import DELIVERY_SPACE


@dataclass(frozen=True)
class ReportSettings:
    """What stands at the head of a report, and where the elements are that it shows."""

    source_space: str = setting(dataclasses.MISSING, "OCIO colour space of the source's files")
    title: str = setting("Untitled", "title of the film")
    shot: str = setting("", "name of the shot")
    recovered_space: str = setting(DELIVERY_SPACE, "OCIO colour space of the recovered files")
    baseline_space: str = setting(DELIVERY_SPACE, "OCIO colour space of the baseline's files")
    reference: str | None = setting(None, "pattern of the reference's files, aligned to the source")
    reference_space: str = setting("srgb_tx", "OCIO colour space of the reference's files")
    source: str | None = setting(None, "pattern of the source's files (default: as they were validated)")
    recovered: str | None = setting(None, "pattern of the recovered files (default: as they were validated)")
    baseline: str | None = setting(None, "pattern of the baseline's files (default: as they were validated)")

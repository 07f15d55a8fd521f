"""Settings of a report, apart from the stage, so that reading them does not wait for numpy."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True)
class ReportSettings:
    """What stands at the head of a report, and where the elements are that it shows."""

    title: str = setting("Untitled", "title of the film")
    shot: str = setting("", "name of the shot")
    reference: str | None = setting(None, "pattern of the reference's files, aligned to the source")
    reference_space: str = setting("srgb_tx", "OCIO colour space of the reference's files")
    source: str | None = setting(None, "pattern of the source's files (default: as they were validated)")
    recovered: str | None = setting(None, "pattern of the recovered files (default: as they were validated)")
    baseline: str | None = setting(None, "pattern of the baseline's files (default: as they were validated)")

"""Settings of the validation, apart from the stage, so that reading them does not wait for torch."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True)
class ValidateSettings:
    """The part of the picture that is measured, and where the network computes."""

    crop: str | None = setting(None, "file with the part of the picture that was recovered, from crop")
    device: str = setting("auto", "what computes: cpu, cuda, cuda:N, or auto, the first GPU if there is one")

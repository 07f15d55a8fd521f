"""Settings of the validation, apart from the stage, so that reading them does not wait for torch."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True)
class ValidateSettings:
    """The part of the picture that is measured, the shots, and where the network computes."""

    crop: str | None = setting(None, "file with the part of the picture that was recovered, from crop")
    shots: str | None = setting(
        None,
        "file that names the shots, as it was given to the render, to tell of shots without pairs: shots.json, or a "
        "timeline such as scene.otio",
    )
    device: str = setting("auto", "what computes: cpu, cuda, cuda:N, or auto, the first GPU if there is one")

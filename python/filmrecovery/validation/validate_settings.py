"""Settings of the validation, apart from the stage, so that reading them does not wait for torch."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import MOST_FRAMES
from filmrecovery.base.mask_texts import MASK_BOXES_HELP, MASK_FILES_HELP


@dataclass(frozen=True)
class ValidateSettings:
    """The part of the picture and the frames that are measured, the shots, and where the network computes."""

    crop: str | None = setting(None, "file with the part of the picture that was recovered, from crop")
    shots: str | None = setting(
        None,
        "file that names the shots, the one that the render was given: shots.json, or a timeline such as scene.otio; "
        "each shot is then judged by itself, and those without pairs are named",
    )
    most_frames: int | None = setting(
        None,
        "measure at most this many frames of the shot, in runs of three that are spread over it; 50 to 100 give an "
        "early verdict; all hold-outs are measured (default: every frame)",
        minimum=3,
        maximum=MOST_FRAMES,
    )
    mask_files: str | None = setting(None, f"{MASK_FILES_HELP}; nothing is measured there")
    mask_boxes: str | None = setting(None, f"{MASK_BOXES_HELP}; nothing is measured there")
    device: str = setting("auto", "what computes: cpu, cuda, cuda:N, or auto, the first GPU if there is one")

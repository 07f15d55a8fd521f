"""Settings of the render, apart from the stage, so that reading them does not wait for torch."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.mask_texts import MASK_BOXES_HELP, MASK_FILES_HELP
from filmrecovery.film.frames.frame_encoding import ENCODINGS
from filmrecovery.picture.aces import DELIVERY_SPACE


@dataclass(frozen=True)
class RenderSettings:
    """Colour space and encoding of the result, and where the network computes."""

    output_space: str = setting(DELIVERY_SPACE, "OCIO colour space of the result")
    encoding: str = setting("zip", "EXR encoding of the result", choices=ENCODINGS)
    crop: str | None = setting(
        None, "file with the part of the picture to recover, from crop; the rest stays as it is (default: the whole)"
    )
    shots: str | None = setting(
        None,
        "file that names the shots, for a model that knows them apart: shots.json, or a timeline such as scene.otio; "
        "frames of other shots get the film's grade",
    )
    keep_files: str | None = setting(None, f"{MASK_FILES_HELP}; there the frame stays as it is")
    keep_boxes: str | None = setting(None, f"{MASK_BOXES_HELP}; there the frame stays as it is")
    doubt: bool = setting(
        False,
        "write the channel recovery.doubt too: the error to be expected at each pixel of what the mode recovers; white "
        "is 1",
    )
    device: str = setting("auto", "what computes: cpu, cuda, cuda:N, or auto, the first GPU if there is one")

"""Which frames become training pairs, and how their ground truth is made."""

import dataclasses
from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import WIDEST_MEDIAN
from filmrecovery.base.mask_texts import MASK_BOXES_HELP, MASK_FILES_HELP
from filmrecovery.base.recovery_modes import MODES
from filmrecovery.model.clean_settings import CleanSettings

CHROMA_MEDIAN = 10


@dataclass(frozen=True)
class PairSettings:
    """Which frames become pairs, and how the ground truth is made."""

    mode: str = setting(dataclasses.MISSING, "what is recovered", choices=MODES)
    frames: str = setting(dataclasses.MISSING, 'frames to train on, such as "1,24,48"')
    hold_out_frames: str = setting("", "frames that are never trained on, to measure the training with")
    preview_frames: str = setting("", "frames without reference, shown during training")
    median: int | None = setting(
        None,
        f"width of the reference's median in pixels, chroma mode only (default: {CHROMA_MEDIAN}; 0: none)",
        minimum=0,
        maximum=WIDEST_MEDIAN,
    )
    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space of the pairs")
    crop: str | None = setting(None, "file with the part of the picture to train on, from crop (default: the whole)")
    balance: str | None = setting(None, "file with the balance of the source, from balance (default: none)")
    clean: CleanSettings = setting(CleanSettings(), "cleaning of the source for the network, chroma mode only")
    alignment: str | None = setting(
        None, "file that says how well the reference lies over the source, from align; noted in the manifest"
    )
    mask_files: str | None = setting(None, f"{MASK_FILES_HELP}; nothing is learnt there")
    mask_boxes: str | None = setting(None, f"{MASK_BOXES_HELP}; nothing is learnt there")
    label: str = setting("", "name of the shot, shown on contact sheets")

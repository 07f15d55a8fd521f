"""How a balance is estimated. Standard library alone."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True)
class BalanceSettings:
    """The colour space to balance in, and whether brightness is balanced too."""

    keep_luma: bool = setting(False, "keep the picture's BT.709 luma, and balance only its chroma")
    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space to balance in")

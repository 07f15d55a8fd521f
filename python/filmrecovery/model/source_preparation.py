"""What is done to a source before the network sees it, in training and in inference alike: a balance, then cleaning.

It is written into the manifest of the pairs and into the model, so that a model is never given anything but what it was
trained on. Imports numpy and the standard library alone, so that Gaffer's own interpreter can apply it, live.
"""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.model.balance import Balance, apply_balance
from filmrecovery.model.clean import CleanSettings, clean
from filmrecovery.picture.arrays import Picture


@dataclass(frozen=True)
class SourcePreparation:
    """How a source is prepared; by default it is left as it is."""

    balance: Balance | None = setting(None, "technical balance of the source")
    clean: CleanSettings = setting(CleanSettings(), "cleaning of the source, chroma mode only")

    @property
    def cleans(self) -> bool:
        """Whether the network sees a cleaned picture."""
        return self.clean != CleanSettings()

    def balanced(self, rgb: Picture) -> Picture:
        """The source as it is recovered, (height, width, 3) float32, of a picture in the working space."""
        return apply_balance(self.balance, rgb) if self.balance else rgb

    def prepared(self, rgb: Picture) -> Picture:
        """The source as the network sees it, (height, width, 3) float32, of a picture in the working space.

        Values outside 0..1 survive: a balance may bring them into that range.
        """
        return clean(self.clean, self.balanced(rgb))

    def __str__(self) -> str:
        balance = f"a balance ({self.balance})" if self.balance else "no balance"
        return f"{balance}, median {self.clean.median}, degrain {self.clean.degrain:g}"

"""What is done to a source before the network sees it, in training and in inference alike: a balance, then cleaning.

It is written into the manifest of the pairs and into the model, so that a model is never given anything but what it was
trained on. Imports numpy and the standard library alone, so that Gaffer's own interpreter can apply it, live.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting, to_mapping
from filmrecovery.base.errors import FileError
from filmrecovery.base.read_file import parse_json
from filmrecovery.base.records import parse_record
from filmrecovery.model.balance import Balance, apply_balance
from filmrecovery.model.clean import clean
from filmrecovery.model.clean_settings import CleanSettings
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

    def prepared(self, rgb: Picture, check: Callable[[], None] = lambda: None) -> Picture:
        """The source as the network sees it, (height, width, 3) float32, of a picture in the working space.

        Values outside 0..1 survive: a balance may bring them into that range. `check` is called many times; what it
        raises ends the work.
        """
        balanced = self.balanced(rgb)
        check()
        return clean(self.clean, balanced, check)

    def __str__(self) -> str:
        balance = f"a balance ({self.balance})" if self.balance else "no balance"
        return f"{balance}, median {self.clean.median}, degrain {self.clean.degrain:g}"


def preparation_text(preparation: SourcePreparation) -> str:
    """A preparation as the header of a prepared picture says it, under `PREPARATION_NAME`; empty where there is none.

    What a balance was estimated from is left out.
    """
    if preparation == SourcePreparation():
        return ""
    balance = preparation.balance.without_origin() if preparation.balance else None
    return json.dumps(to_mapping(SourcePreparation(balance, preparation.clean)))


def parse_preparation(text: str, where: str) -> SourcePreparation:
    """The preparation of a text that `preparation_text` wrote. Raises FileError, naming `where`, for another one."""
    remedy = "write the picture again"
    if not text:
        return SourcePreparation()
    try:
        content = parse_json(text)
    except ValueError as error:
        raise FileError(f"{where}: what its header says of a preparation is damaged; {remedy}") from error
    return parse_record(SourcePreparation, content, where, remedy)

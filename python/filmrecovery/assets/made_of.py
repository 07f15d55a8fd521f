"""The trait that says what an entity was made of.

OpenAssetIO has relations that a manager answers for, but no call by which a host says one. A trait of its own is kept
by every manager that keeps what it does not know.
"""

from collections.abc import Sequence

from openassetio.trait import TraitsData

MADE_OF = "filmrecovery:recovery.MadeOf"
_REFERENCES = "references"


def set_made_of(traits: TraitsData, references: Sequence[str]) -> None:
    """Says that an entity was made of others, by their references, one a line."""
    traits.setTraitProperty(MADE_OF, _REFERENCES, "\n".join(references))


def made_of(traits: TraitsData) -> tuple[str, ...]:
    """The references that an entity was made of; none where it does not say so."""
    found = traits.getTraitProperty(MADE_OF, _REFERENCES) if traits.hasTrait(MADE_OF) else None
    return tuple(found.splitlines()) if isinstance(found, str) else ()

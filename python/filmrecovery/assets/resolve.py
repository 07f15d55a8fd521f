"""Resolving: from references to files, all of a batch in one call of the manager."""

from collections.abc import Sequence

from openassetio.access import RelationsAccess, ResolveAccess
from openassetio.trait import TraitsData
from openassetio_mediacreation.specifications.lifecycle import StableReferenceRelationshipSpecification_v1
from openassetio_mediacreation.traits.color import OCIOColorManagedTrait_v1
from openassetio_mediacreation.traits.content import LocatableContentTrait_v1
from openassetio_mediacreation.traits.lifecycle import VersionTrait_v1
from openassetio_mediacreation.traits.timeDomain import FrameRangedTrait_v1

from filmrecovery.assets.asset import Asset
from filmrecovery.assets.connection import Connection
from filmrecovery.assets.location import path_of
from filmrecovery.assets.made_of import MADE_OF, made_of
from filmrecovery.assets.refusals import check_answers
from filmrecovery.base.errors import AssetError, named
from filmrecovery.film.elements.element import Entity

_TRAITS = {
    MADE_OF,
    FrameRangedTrait_v1.kId,
    LocatableContentTrait_v1.kId,
    OCIOColorManagedTrait_v1.kId,
    VersionTrait_v1.kId,
}


def resolve(connection: Connection, references: Sequence[str]) -> list[Asset]:
    """The files of references, in their order, by one call of the manager; each reference stays as it is.

    Raises AssetError, which names every reference that the manager refuses, in its words.
    """
    return _resolve(connection, references, [None] * len(references))


def resolve_pinned(connection: Connection, references: Sequence[str]) -> list[Asset]:
    """The files of the versions that references lead to now, so that what is newest is asked for once.

    The manager is asked for the stable reference of each, in one call, and then for their files, in another. Where it
    knows none, the reference stays as it is. Raises as `resolve` does.
    """
    return _resolve(connection, references, _stable(connection, references))


def _resolve(connection: Connection, references: Sequence[str], stable: Sequence[str | None]) -> list[Asset]:
    """The files of the stable references or, where there is none, of the references themselves."""
    manager = connection.manager
    if not references:
        return []
    entities = [connection.entity(pinned or reference) for pinned, reference in zip(stable, references, strict=True)]
    with connection.asked():
        answers = manager.resolve(
            entities, _TRAITS, ResolveAccess.kRead, connection.context, manager.BatchElementErrorPolicyTag.kVariant
        )
    check_answers(connection, references, answers)
    assets = []
    for reference, pinned, traits in zip(references, stable, answers, strict=True):
        with named(f"{reference}: the asset manager '{connection.name}' cannot be followed"):
            assets.append(_asset(reference, pinned, traits))
    return assets


def _stable(connection: Connection, references: Sequence[str]) -> list[str | None]:
    """The stable reference of each; None where the manager knows none."""
    manager = connection.manager
    if not references or not manager.hasCapability(manager.Capability.kRelationshipQueries):
        return [None] * len(references)
    entities = [connection.entity(reference) for reference in references]
    relation = StableReferenceRelationshipSpecification_v1.create().traitsData()
    with connection.asked():
        pagers = manager.getWithRelationship(
            entities,
            relation,
            1,
            RelationsAccess.kRead,
            connection.context,
            set(),
            manager.BatchElementErrorPolicyTag.kVariant,
        )
        check_answers(connection, references, pagers)
        pages = [pager.get() for pager in pagers]
    return [page[0].toString() if page else None for page in pages]


def _asset(reference: str, stable: str | None, traits: TraitsData) -> Asset:
    content = LocatableContentTrait_v1(traits)
    location = content.getLocation("")
    if not location:
        raise AssetError("the entity has no location of files; name one that has")
    ranged, version = FrameRangedTrait_v1(traits), VersionTrait_v1(traits)
    start, end, step = ranged.getStartFrame(-1), ranged.getEndFrame(-1), ranged.getStep(1)
    return Asset(
        reference,
        Entity(stable or reference, version.getStableTag("") or version.getSpecifiedTag("")),
        path_of(location, content.getIsTemplated(False)),
        _range(ranged.getInFrame(start), ranged.getOutFrame(end), step),
        _range(start, end, step),
        OCIOColorManagedTrait_v1(traits).getColorspace(""),
        made_of(traits),
        is_pinned=stable is not None,
    )


def _range(first: int, last: int, step: int) -> str:
    """Frames as people write them; empty where the manager does not say both ends."""
    if first < 0 or last < first:
        return ""
    if first == last:
        return str(first)
    return f"{first}-{last}" + (f"x{step}" if step > 1 else "")

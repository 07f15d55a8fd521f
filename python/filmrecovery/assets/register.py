"""Publishing: the asset manager is asked first whether it takes all of a batch, and then told of all of it.

Where the manager names a place for the files, they are put there in between.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from openassetio.access import PublishingAccess, ResolveAccess
from openassetio.errors import BatchElementError
from openassetio.trait import TraitsData
from openassetio_mediacreation.traits.color import OCIOColorManagedTrait_v1
from openassetio_mediacreation.traits.content import LocatableContentTrait_v1
from openassetio_mediacreation.traits.identity import DisplayNameTrait_v1
from openassetio_mediacreation.traits.timeDomain import FrameRangedTrait_v1
from openassetio_mediacreation.traits.twoDimensional import ImageCollectionTrait_v1, PixelBasedTrait_v1
from openassetio_mediacreation.traits.usage import EntityTrait_v1

from filmrecovery.assets.connection import Connection
from filmrecovery.assets.location import location_of, path_of
from filmrecovery.assets.made_of import set_made_of
from filmrecovery.assets.placement import drives_places, lies_at, places, put
from filmrecovery.assets.refusals import check_answers
from filmrecovery.assets.resolve import resolve_pinned
from filmrecovery.base.errors import AssetError


@dataclass(frozen=True)
class Publication:
    """Files that become a version of an entity.

    `reference` is the entity's, `path` a file or the pattern of numbered frames, whose first and last are `frames`.
    `rate` is frames a second. `made_of` are references with their versions.
    """

    reference: str
    name: str
    path: str
    mime_type: str
    frames: tuple[int, int] | None = None
    rate: float | None = None
    space: str | None = None
    made_of: tuple[str, ...] = ()


def register(connection: Connection, publications: Sequence[Publication]) -> list[str]:
    """Publishes all of a batch, and returns the reference of each version, in their order.

    Raises AssetError, in the manager's words, before anything is registered where it refuses one in advance;
    OutputError where files cannot be put where the manager wants them.
    """
    manager = connection.manager
    if not manager.hasCapability(manager.Capability.kPublishing):
        raise AssetError(f"The asset manager '{connection.name}' takes no publications; configure one that does")
    if not publications:
        return []
    references = [publication.reference for publication in publications]
    entities = [connection.entity(reference) for reference in references]
    traits = [_traits(publication) for publication in publications]
    policy = (PublishingAccess.kWrite, connection.context, manager.BatchElementErrorPolicyTag.kVariant)
    with connection.asked():
        accepted = manager.preflight(entities, traits, *policy)
        check_answers(connection, references, accepted)
        wanted = places(connection, accepted, traits)
    for publication, place in zip(publications, wanted, strict=True):
        if place:
            put(publication.path, place)
    placed = [
        dataclasses.replace(publication, path=place or publication.path)
        for publication, place in zip(publications, wanted, strict=True)
    ]
    traits = [_traits(publication) for publication in placed]
    with connection.asked():
        published = manager.register(accepted, traits, *policy)
        check_answers(connection, references, published)
    return [version.toString() for version in published]


def stands_already(connection: Connection, publications: Sequence[Publication]) -> list[str | None]:
    """For each the reference of its entity's newest version where that has these files already; None elsewhere.

    Raises AssetError for what is no reference of the manager.
    """
    manager, content = connection.manager, LocatableContentTrait_v1
    entities = [connection.entity(publication.reference) for publication in publications]
    if not entities:
        return []
    with connection.asked():
        answers = manager.resolve(
            entities,
            {content.kId},
            ResolveAccess.kRead,
            connection.context,
            manager.BatchElementErrorPolicyTag.kVariant,
        )
    # The manager answers with an error for an entity that is not there yet.
    driven = drives_places(connection, [_traits(publication) for publication in publications])
    same = [
        publication.reference
        for publication, answer, is_driven in zip(publications, answers, driven, strict=True)
        if not isinstance(answer, BatchElementError) and _has(content(answer), publication, is_driven)
    ]
    stable = {asset.reference: asset.entity.reference for asset in resolve_pinned(connection, same)}
    return [stable.get(publication.reference) for publication in publications]


def _has(content: LocatableContentTrait_v1, publication: Publication, is_driven: bool) -> bool:
    """Whether the location is that of the publication or, where the manager places files, of copies of them."""
    location, is_templated = location_of(publication.path)
    standing = content.getLocation("")
    if standing == location or not (is_driven and standing):
        return standing == location
    return content.getIsTemplated(False) == is_templated and lies_at(publication.path, path_of(standing, is_templated))


def _traits(publication: Publication) -> TraitsData:
    traits = TraitsData({EntityTrait_v1.kId})
    location, is_templated = location_of(publication.path)
    content = LocatableContentTrait_v1(traits)
    content.setLocation(location)
    content.setIsTemplated(is_templated)
    content.setMimeType(publication.mime_type)
    DisplayNameTrait_v1(traits).setName(publication.name)
    if is_templated:
        ImageCollectionTrait_v1.imbueTo(traits)
        PixelBasedTrait_v1.imbueTo(traits)
    if publication.frames:
        ranged = FrameRangedTrait_v1(traits)
        ranged.setStartFrame(publication.frames[0])
        ranged.setEndFrame(publication.frames[1])
        if publication.rate:
            ranged.setFramesPerSecond(publication.rate)
    if publication.space:
        OCIOColorManagedTrait_v1(traits).setColorspace(publication.space)
    # Also where it is empty: a manager may want the traits of the version before.
    set_made_of(traits, publication.made_of)
    return traits

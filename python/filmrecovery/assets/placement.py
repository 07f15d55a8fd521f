"""Places that the asset manager names for what is published: files are copied there before they are registered.

Most managers leave files where they are. One that has a place of its own for each version says so by its policy for
the access "manager-driven", and answers the reference that it gave in the preflight with a location.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openassetio.access import PolicyAccess, ResolveAccess
from openassetio.errors import BatchElementError, NotImplementedException
from openassetio.trait import TraitsData
from openassetio_mediacreation.traits.content import LocatableContentTrait_v1

from filmrecovery.assets.connection import Connection
from filmrecovery.assets.location import path_of
from filmrecovery.base.atomic import copy_file
from filmrecovery.base.errors import AssetError, OutputError, named
from filmrecovery.base.file_hash import file_sha256
from filmrecovery.film.elements.element import Element, find_element

_LOG = logging.getLogger(__name__)


def drives_places(connection: Connection, traits: Sequence[TraitsData]) -> list[bool]:
    """For each whether the manager says where its files are to lie. Raises AssetError where the manager fails."""
    manager, location = connection.manager, LocatableContentTrait_v1.kId
    kinds = [data.traitSet() for data in traits]
    with connection.asked():
        try:
            policies = manager.managementPolicy(kinds, PolicyAccess.kManagerDriven, connection.context)
        except (LookupError, NotImplementedException) as error:
            # A manager from before this access, or with no entry for it in its library, drives nothing.
            _LOG.debug("The asset manager '%s' has no policy for places: %s", connection.name, error)
            return [False] * len(traits)
    return [policy.hasTrait(location) for policy in policies]


def places(connection: Connection, working: Sequence[Any], traits: Sequence[TraitsData]) -> list[str | None]:
    """The path, or the pattern of numbered frames, at which the manager wants the files of each; None where it does not
    mind.

    `working` are the references of the preflight. Raises AssetError where the manager names no place although it said
    that it would, or one that is no place on this machine.
    """
    driven = drives_places(connection, traits)
    asked = [reference for reference, is_driven in zip(working, driven, strict=True) if is_driven]
    if not asked:
        return [None] * len(working)
    manager, content = connection.manager, LocatableContentTrait_v1
    with connection.asked():
        resolved = manager.resolve(
            asked,
            {content.kId},
            ResolveAccess.kManagerDriven,
            connection.context,
            manager.BatchElementErrorPolicyTag.kVariant,
        )
    answers = iter(resolved)
    return [_place(connection, next(answers)) if is_driven else None for is_driven in driven]


def put(path: str, place: str) -> None:
    """Copies a file, or numbered frames, to a place, and reads the copies back. What is there already stays.

    Raises OutputError where another file is there, or a copy is not what was copied; AssetError where the place of
    frames has no number.
    """
    for source, target in _files(path, place):
        if not target.exists():
            copy_file(source, target)
        if file_sha256(target) != file_sha256(source):
            raise OutputError(
                f"{target}: is where the asset manager wants {source}, and is no copy of it; nothing is overwritten, "
                "remove it or have the manager name another place"
            )


def lies_at(path: str, place: str) -> bool:
    """Whether a file, or all of numbered frames, has been put at a place."""
    return all(
        target.is_file() and file_sha256(target) == file_sha256(source) for source, target in _files(path, place)
    )


def _place(connection: Connection, answer: Any) -> str:
    if isinstance(answer, BatchElementError):
        raise AssetError(f"The asset manager '{connection.name}' names no place: {answer.message}")
    content = LocatableContentTrait_v1(answer)
    location = content.getLocation("")
    if not location:
        raise AssetError(
            f"The asset manager '{connection.name}' said that it places these files, and names no place; have it name "
            "one, or configure it to place no files"
        )
    with named(f"The asset manager '{connection.name}' names no place on this machine"):
        return path_of(location, content.getIsTemplated(False))


def _files(path: str, place: str) -> list[tuple[Path, Path]]:
    """Each file with that of the place."""
    if "#" not in Path(path).name:
        return [(Path(path), Path(place))]
    if "#" not in Path(place).name:
        raise AssetError(f"{place}: the asset manager names one file for the frames {path}; have it name a template")
    source = find_element(path)
    target = Element(place, source.frames, "")
    return list(zip(source.paths(), target.paths(), strict=True))

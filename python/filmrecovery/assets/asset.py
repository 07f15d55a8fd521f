"""What an asset manager says of an entity. Standard library alone."""

from dataclasses import dataclass

from filmrecovery.film.elements.element import Entity


@dataclass(frozen=True)
class Asset:
    """An entity with the place of its files. What the manager does not say is empty.

    `reference` is what was asked for, `entity` the version that was found. `path` is a file, or the pattern of numbered
    frames. `frames` are those to use, `all_frames` with handles, both as people write them. `made_of` are references
    that it was published with. `is_pinned` says whether the manager gave the reference of this very version.
    """

    reference: str
    entity: Entity
    path: str
    frames: str = ""
    all_frames: str = ""
    space: str = ""
    made_of: tuple[str, ...] = ()
    is_pinned: bool = False

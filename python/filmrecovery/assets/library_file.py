"""The library of OpenAssetIO's Basic Asset Library, for studios without an asset manager.

That manager reads a JSON file and keeps in memory what is registered. Here it is written back, so that other processes
find it, with relations in the form in which it answers for them.
"""

import contextlib
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import filelock
from openassetio_mediacreation.traits.relationship import UnboundedTrait_v1
from openassetio_mediacreation.traits.usage import RelationshipTrait_v1

from filmrecovery.assets.connection import Connection
from filmrecovery.assets.made_of import MADE_OF
from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import AssetError

_IMPLICIT = "bal_library_"
"""How the variables begin that the manager adds by itself."""
_SECONDS = 60


@contextlib.contextmanager
def kept(connection: Connection) -> Generator[None]:
    """Keeps what is registered while this is entered, where the manager is a Basic Asset Library.

    Other processes that publish wait meanwhile. Where the body raises, nothing is kept. Raises AssetError for a library
    that has no file, or at which another process is for a minute.
    """
    settings = connection.manager.settings()
    if not {"library_json", "library_path"} <= settings.keys():
        # Another manager, which keeps what is registered itself.
        yield
        return
    if not settings["library_path"]:
        raise AssetError(
            f"The asset manager '{connection.name}' would forget what is published; name the file of its library by "
            "'library_path'"
        )
    path = Path(settings["library_path"])
    lock = filelock.FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=_SECONDS)
    except filelock.Timeout as error:
        raise AssetError(f"{path}: another process has been publishing for a minute; wait for it or stop it") from error
    try:
        with connection.asked():
            # As it is now: another process may have published since this one began.
            connection.manager.initialize({"library_path": str(path)})
        yield
        library = json.loads(connection.manager.settings()["library_json"])
        write_text(path, json.dumps(_tidied(library), indent=2, ensure_ascii=False) + "\n")
    finally:
        lock.release()


def _tidied(library: dict[str, Any]) -> dict[str, Any]:
    """The library as it is written: without what the manager adds by itself, and with relations."""
    variables = library.get("variables", {})
    library["variables"] = {name: value for name, value in variables.items() if not name.startswith(_IMPLICIT)}
    # Where it was only asked for an entity, the manager adds an empty one.
    library["entities"] = {name: entity for name, entity in library["entities"].items() if entity != {"versions": []}}
    for entity in library["entities"].values():
        _relate(entity, library["entities"])
    return library


def _relate(entity: dict[str, Any], others: dict[str, Any]) -> None:
    """Makes a relation of what the newest version was made of. The manager's relations are of entities, no versions."""
    newest = entity["versions"][-1] if entity["versions"] else None
    traits = (newest or {}).get("traits") or {}
    references = traits.get(MADE_OF, {}).get("references", "").splitlines()
    names = [name for name in (urlsplit(reference).path[1:] for reference in references) if name in others]
    if names:
        relation = {"traits": {RelationshipTrait_v1.kId: {}, UnboundedTrait_v1.kId: {}, MADE_OF: {}}, "entities": names}
        other_relations = [other for other in entity.get("relations", []) if MADE_OF not in other["traits"]]
        entity["relations"] = [*other_relations, relation]

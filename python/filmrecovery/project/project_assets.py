"""References to assets in a project file: they become files, frames and colour spaces before the file is checked.

The first run holds on to the versions that it found, in `assets.json` in the folder of the results: a run that goes on
later makes nothing again because something newer was published. Remove that file to take the newest versions.
"""

import logging
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from filmrecovery.assets.agreement import agreed_frames, agreed_space
from filmrecovery.assets.asset import Asset
from filmrecovery.assets.connection import connect, is_configured, looks_like_reference
from filmrecovery.assets.held_versions import HeldVersion, read_held
from filmrecovery.base.declared_settings import to_mapping
from filmrecovery.base.errors import FileError, SettingsError
from filmrecovery.picture import colour

HELD_NAME = "assets.json"

_LOG = logging.getLogger(__name__)
_TABLES = ("elements", "stages")
"""The tables that name files to read."""


def with_files(content: dict[str, Any], folder: Path) -> tuple[dict[str, Any], tuple[HeldVersion, ...]]:
    """The content of a project file with files in place of references, and the version of each.

    `folder` is that of the file. Elements that leave out `frames` or `space` get those of their asset. Raises
    AssetError where a reference cannot be resolved, SettingsError where the file and the asset manager disagree,
    FileError where the record of versions cannot be read.
    """
    _refuse_entities(content)
    texts = list(dict.fromkeys(_texts([content.get(table) for table in _TABLES])))
    if not (is_configured() or any(looks_like_reference(text) for text in texts)):
        return content, ()
    connection = connect()
    references = [text for text in texts if connection.is_reference(text)]
    if not references:
        return content, ()
    from filmrecovery.assets.resolve import resolve_pinned

    output = content.get("output", "recovered")
    record = folder / (output if isinstance(output, str) else "") / HELD_NAME
    known = {held.reference: held.pinned for held in read_held(record)}
    asked = [known.get(reference, reference) for reference in references]
    assets = dict(zip(references, resolve_pinned(connection, asked), strict=True))
    for reference, asset in assets.items():
        _say(reference, asset, record if reference in known else None)
    held = tuple(HeldVersion(reference, asset.entity.reference) for reference, asset in assets.items())
    return {key: _replaced(value, assets) if key in _TABLES else value for key, value in content.items()}, held


def pinned_text(text: str, held: Sequence[HeldVersion], where: str) -> str:
    """The text of a project file with each reference replaced by that of its version.

    Raises FileError where that is not possible since a reference is written with escapes.
    """
    pinned = {asset.reference: asset.pinned for asset in held}
    expected = tomllib.loads(text)
    expected |= {key: _pinned(expected[key], pinned) for key in _TABLES}
    for reference, version in pinned.items():
        for quote in "\"'":
            text = text.replace(f"{quote}{reference}{quote}", f"{quote}{version}{quote}")
    if tomllib.loads(text) != expected:
        raise FileError(
            f"{where}: cannot be kept with the versions of its assets; write each reference plainly, in quotes, and "
            f"only where files are named: {', '.join(pinned)}"
        )
    return text


def _refuse_entities(content: Mapping[str, Any]) -> None:
    elements = content.get("elements")
    for name, table in elements.items() if isinstance(elements, Mapping) else ():
        if isinstance(table, Mapping) and "entity" in table:
            raise SettingsError(
                f"element '{name}', key 'entity': follows from the reference in 'pattern'; leave it out"
            )


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)


def _say(reference: str, asset: Asset, record: Path | None) -> None:
    if record:
        _LOG.info("%s: is held at %s; remove %s to take the newest", reference, asset.entity.reference, record)
    elif asset.is_pinned:
        _LOG.info("%s: is %s", reference, asset.entity.reference)
    else:
        _LOG.warning("%s: its asset manager names no version, so that a later run may find other files", reference)


def _replaced(value: Any, assets: Mapping[str, Asset]) -> Any:
    if isinstance(value, str):
        return assets[value].path if value in assets else value
    if isinstance(value, list):
        return [_replaced(item, assets) for item in value]
    if isinstance(value, Mapping):
        filled = {key: _replaced(item, assets) for key, item in value.items()}
        for key in ("pattern", "movie"):
            asset = assets.get(value[key]) if isinstance(value.get(key), str) else None
            if asset:
                _fill(filled, asset, key)
        return filled
    return value


def _fill(element: dict[str, Any], asset: Asset, key: str) -> None:
    """What the asset manager says of an element; frames of a movie count from 1, whatever the manager calls them."""
    element["entity"] = to_mapping(asset.entity)
    agreed = {"space": agreed_space(_text(element, "space"), asset.space, asset.reference, colour.same_space)}
    if key == "pattern":
        agreed["frames"] = agreed_frames(_text(element, "frames"), asset)
    element.update({name: value for name, value in agreed.items() if value})


def _text(element: Mapping[str, Any], key: str) -> str | None:
    value = element.get(key)
    return value if isinstance(value, str) else None


def _pinned(value: Any, pinned: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return pinned.get(value, value)
    if isinstance(value, list):
        return [_pinned(item, pinned) for item in value]
    if isinstance(value, Mapping):
        return {key: _pinned(item, pinned) for key, item in value.items()}
    return value

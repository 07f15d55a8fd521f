"""References to assets among the arguments of any verb: they become paths of files before the verb sees them."""

import argparse
import itertools
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filmrecovery.assets.asset import Asset

_LOG = logging.getLogger(__name__)
_PUBLISHED = re.compile(r"--(?:\w+-)*as")


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """The options, with a path in place of each reference. `assets` holds what was found of them, by their paths.

    All references are resolved together, and pinned. The colour space of an option that is one becomes that of its
    `-space`, unless the user names it. Verbs that set `takes_references` get them as they are, and so does an option
    that names what something is published as.

    Raises AssetError where a reference cannot be resolved, SettingsError where the user and the manager disagree.
    """
    options = parser.parse_args(arguments)
    options.assets = {}
    if getattr(options, "takes_references", False):
        return options
    values = [_value(before, argument) for before, argument in itertools.pairwise(["", *arguments])]
    assets = _assets(list(dict.fromkeys(filter(None, values))))
    if assets:
        with_paths = [
            argument.removesuffix(value) + assets[value].path if value in assets else argument
            for value, argument in zip(values, arguments, strict=True)
        ]
        options = parser.parse_args(with_paths)
        options.assets = {asset.path: asset for asset in assets.values()}
        _fill_spaces(options)
    return options


def _value(before: str, argument: str) -> str:
    """What an argument says: all of it, or what follows the name of an option. Empty where it names no file to read."""
    option, _, value = argument.partition("=") if argument.startswith("-") else (before, "", argument)
    return "" if _PUBLISHED.fullmatch(option) else value


def _assets(values: Sequence[str]) -> dict[str, "Asset"]:
    """What the references among the values lead to."""
    from filmrecovery.assets.connection import connect, is_configured, looks_like_reference

    if not is_configured() and not any(looks_like_reference(value) for value in values):
        return {}
    connection = connect()
    references = [value for value in values if connection.is_reference(value)]
    if not references:
        return {}
    from filmrecovery.assets.resolve import resolve_pinned

    assets = resolve_pinned(connection, references)
    for asset in assets:
        said = ", ".join(filter(None, [asset.path, asset.frames and f"frames {asset.frames}", asset.space]))
        _LOG.info("%s: %s", asset.entity.reference, said)
    return dict(zip(references, assets, strict=True))


def _fill_spaces(options: argparse.Namespace) -> None:
    from filmrecovery.assets.agreement import agreed_space
    from filmrecovery.picture import colour

    for name, value in list(vars(options).items()):
        asset = options.assets.get(str(value)) if isinstance(value, str | Path) else None
        if asset:
            space = agreed_space(
                getattr(options, f"{name}_space", None), asset.space, asset.reference, colour.same_space
            )
            if space:
                setattr(options, f"{name}_space", space)

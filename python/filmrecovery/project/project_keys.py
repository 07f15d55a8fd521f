"""The page that explains every key of a project file, written from the settings that read the file."""

import dataclasses
import typing
from collections.abc import Iterator
from typing import Any

from filmrecovery.base.declared_settings import field_types
from filmrecovery.project.project_file import Project

_HEAD = """# Keys of a project file

`./run filmrecovery project-keys` prints this page from the settings themselves; do not edit it by hand.

A project file is [TOML](https://toml.io) in UTF-8. Paths are relative to the folder of the file. Frames are written
`"1-48"`, `"1,24,48"` or, every tenth, `"1-100x10"`. A table that may be empty is written `align = {}`.
[This example](../../python/filmrecovery/project/project.example.toml) is a whole file with an explanation of each line.
[From a shell](from-a-shell.md) says how to run it.
"""

_OWNERS = {"stages": "a stage", "elements": "an element"}
"""Whose tables are named by their owner, who comes more than once."""

_KINDS = {bool: "true or false", int: "whole number", float: "number", str: "text"}

_OF_THE_PROJECT = {
    **dict.fromkeys(("align", "shots", "crop", "select"), ("working_space",)),
    "elements": ("name", "entity"),
    "provenance": ("film_title", "shot"),
}
"""What a table leaves out since the elements, or the top of the file, say it; `load_project` refuses it there."""


def project_keys() -> str:
    """The page as Markdown: a table of keys for each table of the project file."""
    return "\n".join([_HEAD, *_sections(Project, "The top of the file", "")])


def _sections(cls: type, title: str, key: str) -> Iterator[str]:
    """The section of a table, then the sections of the tables in it; `key` is empty for the file itself."""
    yield f"## {title}\n"
    yield f"{(cls.__doc__ or '').splitlines()[0]}\n"
    yield "| key | what | kind | if left out |\n|---|---|---|---|"
    fields = [field for field in dataclasses.fields(cls) if field.name not in _OF_THE_PROJECT.get(key, ())]
    # What a field parses from a text is a text in the file, whatever it becomes.
    kinds = {field.name: str if field.metadata["parse"] else field_types(cls)[field.name][0] for field in fields}
    for field in fields:
        kind = kinds[field.name]
        text = field.metadata["help"].replace("|", "\\|")
        yield f"| `{field.name}` | {text} | {_kind(field, kind)} | {_left_out(field, kind)} |"
    yield ""
    for name, kind in kinds.items():
        container, contents = typing.get_origin(kind), typing.get_args(kind)
        if container is dict:
            yield from _sections(contents[1], f"`[{name}.NAME]`", name)
        elif container is tuple:
            yield from _sections(contents[0], f"`[[{name}]]`", name)
        elif dataclasses.is_dataclass(kind):
            yield from _sections(kind, f"`{name}` of {_OWNERS[key]}" if key in _OWNERS else f"`[{name}]`", name)


def _kind(field: dataclasses.Field[Any], kind: Any) -> str:
    if kind not in _KINDS:
        return {dict: "tables", tuple: "list of tables"}.get(typing.get_origin(kind), "table")
    limits = field.metadata
    if limits.get("choices"):
        return ", ".join(f'`"{choice}"`' for choice in limits["choices"])
    lowest, highest = (
        None if limits.get(name) is None else str(limits[name]) if kind is int else f"{limits[name]:g}"
        for name in ("minimum", "maximum")
    )
    if lowest and highest:
        return f"{_KINDS[kind]}, {lowest} to {highest}"
    bound = f", {lowest} or more" if lowest else f", {highest} or less" if highest else ""
    return _KINDS[kind] + bound


def _left_out(field: dataclasses.Field[Any], kind: Any) -> str:
    if field.default is dataclasses.MISSING:
        return "an error: it is needed"
    if dataclasses.is_dataclass(field.default):
        return "the defaults below"
    if field.default in (None, ""):
        return ""
    if kind is bool:
        return f"`{str(field.default).lower()}`"
    return f'`"{field.default}"`' if kind is str else f"`{field.default}`"

"""Settings are dataclasses; help texts, options, project files and plugs follow from their fields.

Imports the standard library alone, so that Gaffer's own interpreter can read the settings without the engine's
packages.
"""

import argparse
import dataclasses
import functools
import math
import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol, TypeVar

from filmrecovery.base.errors import SettingsError, named
from filmrecovery.base.read_file import shown


class DataclassInstance(Protocol):
    """An object of any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


T = TypeVar("T", bound=DataclassInstance)

# Codes that stand for bytes of a file's name that is no UTF-8 are left.
_NO_LETTER = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")
_LARGEST_WHOLE = 1 << 1023
_KIND_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def setting(
    default: Any,
    help: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] | None = None,
    parse: Callable[[str], Any] | None = None,
    show: Callable[[Any], str] | None = None,
) -> Any:
    """A field of a settings dataclass with its help text and the values it allows (bounds included).

    A field whose value is no plain one has two functions: `parse` takes it from a text, `show` makes the text again.
    """
    metadata = {
        "help": help,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
        "parse": parse,
        "show": show,
    }
    return dataclasses.field(default=default, metadata=metadata)


@functools.cache
def field_types(cls: type) -> dict[str, tuple[type, bool]]:
    """For each field of a settings dataclass its type without None, and whether None is allowed."""
    kinds = {}
    for name, hint in typing.get_type_hints(cls).items():
        options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        plain = [option for option in options if option is not type(None)]
        kinds[name] = (plain[0], type(None) in options)
    return kinds


def check_setting(field: dataclasses.Field[Any], kind: type, value: Any, where: str) -> Any:
    """The value as the field's type. Raises SettingsError, naming `where`, for another type or a value out of range."""
    limits = field.metadata
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        # A whole number may be too large for one with a point; its range says so.
        value = float(value) if abs(value) < _LARGEST_WHOLE else value
    elif type(value) is not kind:
        raise SettingsError(f"{where}: {shown(value)} is not {_KIND_NAMES[kind]}")
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingsError(f"{where}: {value} is not a number")
    if isinstance(value, str) and not value.isprintable():
        _check_text(value, where)
    if limits.get("choices") and value not in limits["choices"]:
        raise SettingsError(f"{where}: {shown(value)} is not one of {', '.join(limits['choices'])}")
    if limits.get("minimum") is not None and value < limits["minimum"]:
        raise SettingsError(f"{where}: {shown(value)} is below the minimum, {limits['minimum']}")
    if limits.get("maximum") is not None and value > limits["maximum"]:
        raise SettingsError(f"{where}: {shown(value)} is above the maximum, {limits['maximum']}")
    return value


def _check_text(text: str, where: str) -> None:
    """Raises SettingsError for what no file name and no header can hold."""
    if _NO_LETTER.search(text):
        raise SettingsError(f"{where}: {shown(text)} holds a code that is no letter; write it without")


def from_mapping(cls: type[T], mapping: object, where: str) -> T:
    """Settings from a mapping of texts to values, such as a table of a TOML file.

    Fields are plain (bool, int, float, str), texts that the field parses, settings themselves (a table),
    `dict[str, X]` (a table) or `tuple[X, ...]` (a list), where X is one of these too. Of `Any` nothing is checked.

    Raises SettingsError that names `where` and the key, for a key that is unknown or missing and a value of the wrong
    type or out of range, and for what is no mapping.
    """
    if not isinstance(mapping, Mapping):
        raise SettingsError(f"{where}: {shown(mapping)} is not a table of keys and values")
    fields = {field.name: field for field in dataclasses.fields(cls)}
    unknown = [key for key in mapping if key not in fields]
    if unknown:
        raise SettingsError(f"{where}: unknown key {shown(unknown[0])}. Known keys: {', '.join(fields)}")
    values = {}
    for name, (kind, optional) in field_types(cls).items():
        if name in mapping:
            value = mapping[name]
            if not (value is None and optional):
                value = _parsed(fields[name], kind, value, where)
            values[name] = value
        elif fields[name].default is dataclasses.MISSING:
            raise SettingsError(f"{where}: key '{name}' is missing ({fields[name].metadata['help']})")
    with named(where):
        return cls(**values)


def _parsed(field: dataclasses.Field[Any], kind: Any, value: Any, where: str) -> Any:
    if field.metadata.get("parse"):
        text = check_setting(field, str, value, f"{where}, key '{field.name}'")
        with named(f"{where}, key '{field.name}'"):
            return field.metadata["parse"](text)
    return _parsed_as(field, kind, value, f"{where}, {field.name}", f"{where}, key '{field.name}'")


def _parsed_as(field: dataclasses.Field[Any], kind: Any, value: Any, inner: str, key: str) -> Any:
    """The value as a kind; `inner` names it where it holds others, `key` where it is plain."""
    if kind is Any:
        return value
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return from_mapping(kind, value, inner)
    container, contents = typing.get_origin(kind), typing.get_args(kind)
    if container is dict:
        if not isinstance(value, Mapping):
            raise SettingsError(f"{inner}: {shown(value)} is not a table such as [{field.name}.name]")
        return {
            name: _parsed_as(field, contents[1], item, f"{inner}.{name}", f"{inner}.{name}")
            for name, item in value.items()
        }
    if container is tuple:
        if not isinstance(value, list):
            raise SettingsError(f"{inner}: {shown(value)} is not a list (of tables, each headed [[{field.name}]])")
        return tuple(
            _parsed_as(field, contents[0], item, f"{inner} number {n}", f"{inner} number {n}")
            for n, item in enumerate(value, start=1)
        )
    return check_setting(field, kind, value, key)


def to_mapping(settings: Any) -> dict[str, Any]:
    """The settings as a mapping that JSON can hold, and that `from_mapping` reads back."""
    return {field.name: _written(field, getattr(settings, field.name)) for field in dataclasses.fields(settings)}


def _written(field: dataclasses.Field[Any] | None, value: Any) -> Any:
    if field is not None and field.metadata.get("show"):
        return field.metadata["show"](value)
    if dataclasses.is_dataclass(value):
        return to_mapping(value)
    if isinstance(value, tuple | list):
        return [_written(None, item) for item in value]
    if isinstance(value, Mapping):
        return {key: _written(None, item) for key, item in value.items()}
    return value


def add_options(parser: argparse.ArgumentParser, cls: type, prefix: str = "") -> None:
    """Adds one command-line option for each field of a settings dataclass (`patch_size` becomes `--patch-size`).

    A field that is settings itself becomes an option for each of their fields (`median` of `clean`: `--clean-median`).
    """
    for field in dataclasses.fields(cls):
        kind, _ = field_types(cls)[field.name]
        if dataclasses.is_dataclass(kind):
            add_options(parser, kind, f"{prefix}{field.name}_")
            continue
        flag = "--" + (prefix + field.name).replace("_", "-")
        required = field.default is dataclasses.MISSING
        default = "" if required or field.default in (None, (), "") else f" (default: {_in_help(field.default)})"
        if field.metadata["parse"]:
            # `from_mapping` takes it from the text.
            kind = str
        text = field.metadata["help"].replace("%", "%%") + default
        options: dict[str, Any] = {"help": text, "default": argparse.SUPPRESS, "required": required}
        if kind is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, **options)
        else:
            choices = field.metadata["choices"]
            metavar = "{" + ",".join(choices) + "}" if choices else {int: "N", float: "X", str: "TEXT"}[kind]
            parser.add_argument(flag, type=kind, metavar=metavar, **options)


def _in_help(default: Any) -> str:
    return {True: "on", False: "off"}[default] if isinstance(default, bool) else str(default)


def from_options(cls: type[T], options: argparse.Namespace) -> T:
    """Settings from the options that `add_options` added. Raises SettingsError for values out of range."""
    return from_mapping(cls, _given(cls, options, ""), "options")


def _given(cls: type, options: argparse.Namespace, prefix: str) -> dict[str, Any]:
    """The values of the options that the user gave, nested as the settings are."""
    values: dict[str, Any] = {}
    for name, (kind, _) in field_types(cls).items():
        if dataclasses.is_dataclass(kind):
            values[name] = _given(kind, options, f"{prefix}{name}_")
        elif hasattr(options, prefix + name):
            values[name] = getattr(options, prefix + name)
    return values


def to_options(settings: Any) -> list[str]:
    """The command line's options that `from_options` turns into these settings again; None is left out.

    For settings whose fields are all plain.
    """
    options = []
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        flag = field.name.replace("_", "-")
        if isinstance(value, bool):
            options.append(f"--{flag}" if value else f"--no-{flag}")
        elif value is not None:
            options += [f"--{flag}", str(value)]
    return options

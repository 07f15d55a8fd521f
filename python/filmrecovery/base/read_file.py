"""The one place where files that hold no picture and no tensors are read: texts, JSON, TOML.

A file may be damaged, made by hand, or made to do harm. It is read with limits on its size and on how deeply it is
nested, and whatever is wrong with it is one kind of error, a FileError. What the content must be, field by field, is
said by dataclasses of settings (`from_mapping`), from which helps, plugs and checks follow too. A library for schemas
would say it a second time, and could not be imported where Gaffer's own process reads records.

Standard library alone.
"""

import codecs
import collections
import json
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from filmrecovery.base.errors import FileError

MOST_BYTES = 192 << 20
"""The largest record that is read: the alignment of 250,000 frames, the longest film, takes half of it."""
MOST_BYTES_BY_HAND = 1 << 20
"""The largest file that people write."""
MOST_DEPTH = 64
"""How many tables and lists may lie within each other."""

_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NO_BRACKETS = re.compile(r"[^][{}]+")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_MOST_DOTS = 256
"""The most dots in a line of TOML: the time to read a key with dots grows with the square of their number."""
_MOST_SHOWN, _MOST_BITS = 100, 128
"""The most letters, and the most bits of a whole number, of a value that a message shows."""

_MARKS = {
    codecs.BOM_UTF8: "UTF-8",
    # Before that of UTF-16, with which it begins.
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""The marks of the order of bytes with which editors and PowerShell begin a file, and the encodings they stand for."""


def read_text(path: str | Path, what: str, remedy: str, most_bytes: int = MOST_BYTES) -> str:
    """The text of a file in UTF-8, or in UTF-16 or UTF-32 that begins with its mark.

    Raises FileError, with `what` it should be and the remedy; for text of another encoding too, and names the line.
    """
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise ValueError("it is no file")
        with open(path, "rb") as file:
            content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise ValueError(f"it is larger than {most_bytes >> 20} MiB")
        return _decoded(content)
    except (OSError, ValueError) as error:
        raise unreadable(path, what, error, remedy) from error


def read_json(path: str | Path, what: str, remedy: str, most_bytes: int = MOST_BYTES) -> Any:
    """The content of a JSON file. Raises FileError, with `what` it should be and the remedy."""
    text = read_text(path, what, remedy, most_bytes)
    try:
        return parse_json(text)
    except ValueError as error:
        raise unreadable(path, what, error, remedy) from error


def read_toml(path: str | Path, what: str, remedy: str) -> dict[str, Any]:
    """The content of a TOML file that people write. Raises FileError, with `what` it should be and the remedy."""
    return parse_toml(read_text(path, what, remedy, MOST_BYTES_BY_HAND), path, what, remedy)


def parse_toml(text: str, path: str | Path, what: str, remedy: str) -> dict[str, Any]:
    """What the text of a TOML file says. Raises FileError as `read_toml` does."""
    try:
        if any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
            raise ValueError(f"a line has more than {_MOST_DOTS} dots")
        return tomllib.loads(text)
    except RecursionError as error:
        raise unreadable(path, what, ValueError(_too_deep()), remedy) from error
    except ValueError as error:
        raise unreadable(path, what, error, remedy) from error


def parse_json(text: str) -> Any:
    """What a text in JSON says.

    Raises ValueError where it is none, nests too deeply, says a key twice, or has a NaN or half a letter.
    """
    if not _is_nested_at_most(text, MOST_DEPTH):
        raise ValueError(_too_deep())
    content = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    if _SURROGATE.search(text):
        # Half of a pair cannot be written; what stands for a byte of a file's name that is no UTF-8 can.
        json.dumps(content, ensure_ascii=False).encode(errors="surrogateescape")
    return content


def shown(value: object) -> str:
    """A value as a message shows it; a long one is cut."""
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        # Python refuses to write out what is longer still.
        return f"a whole number of {value.bit_length()} bits"
    text = repr(value) if isinstance(value, int | float | str | None) else f"a {type(value).__name__}"
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def unreadable(path: str | Path, what: str, error: Exception, remedy: str) -> FileError:
    """The error for a file that is not `what` it should be, with the reason and the remedy.

    The remedy is for a file that is there.
    """
    if isinstance(error, FileNotFoundError):
        return FileError(f"{path}: there is no such file; expected {what}: make it first, or name another")
    reason = error.strerror if isinstance(error, OSError) else error
    return FileError(f"{path}: cannot be read as {what} ({reason}); {remedy}")


def _decoded(content: bytes) -> str:
    """Text in UTF-8, or as its mark says. Raises ValueError for any other, of which nobody can say for certain."""
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "")
    try:
        text = content.decode(encoding.replace("UTF-8", "utf-8-sig") or "utf-8")
    except UnicodeDecodeError as error:
        if encoding.removeprefix("UTF-8"):
            raise ValueError(f"it begins as {encoding}, and is damaged or cut off") from error
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not in UTF-8: save the file in that encoding") from error
    if "\0" in text:
        # Plain English in UTF-16 without its mark is UTF-8 with a zero after each letter.
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(f"line {line} holds zeros, as in UTF-16 or a damaged file: save the file in UTF-8")
    return text


def _is_nested_at_most(text: str, depth: int) -> bool:
    """Whether brackets nest at most so deeply, about; where they do not match it is no JSON anyway."""
    if text.count("[") + text.count("{") <= depth:
        return True
    brackets = _NO_BRACKETS.sub("", _JSON_STRING.sub("", text))
    for _ in range(depth):
        inner = brackets.replace("[]", "").replace("{}", "")
        if len(inner) == len(brackets):
            break
        brackets = inner
    return len(brackets) <= depth


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Which of two values is meant nobody knows; some libraries crash at it."""
    content = dict(pairs)
    if len(content) < len(pairs):
        (twice, _), *_ = collections.Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"it says {shown(twice)} twice")
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _too_deep() -> str:
    return f"it nests more than {MOST_DEPTH} tables or lists"

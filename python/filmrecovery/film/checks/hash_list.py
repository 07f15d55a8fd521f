"""Hash lists of a folder in the format of the ASC Media Hash List, version 2.0 (American Society of Cinematographers).

A sealed folder has a folder `ascmhl` with one list a generation, `0001_<folder>_<time>.mhl` and so on, which are never
changed, and `ascmhl_chain.xml` with the hash of every list. Hashes written are C4 IDs; of lists made by other tools all
kinds of the specification are read: C4, MD5, SHA-1, XXH64, XXH3 and XXH128.
"""

import contextlib
import datetime
import functools
import hashlib
import os
import socket
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from xml.etree.ElementTree import Element, SubElement

import xxhash

import filmrecovery
from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.base.read_file import read_text

FOLDER_NAME = "ascmhl"
CHAIN_NAME = "ascmhl_chain.xml"
IGNORED = (".DS_Store", FOLDER_NAME, FOLDER_NAME + "/")

_LIST_SPACE = "urn:ASC:MHL:v2.0"
_CHAIN_SPACE = "urn:ASC:MHL:DIRECTORY:v2.0"


class _Digest(Protocol):
    """A hash that takes the bytes of a file block by block."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...
    def hexdigest(self) -> str: ...


_md5, _sha1 = (functools.partial(hashlib.new, name, usedforsecurity=False) for name in ("md5", "sha1"))
_OF_MEDIA_HASH_LISTS: dict[str, Callable[[], _Digest]] = {
    "c4": hashlib.sha512,
    "md5": _md5,
    "sha1": _sha1,
    "xxh64": xxhash.xxh64,
    "xxh3": xxhash.xxh3_64,
    "xxh128": xxhash.xxh3_128,
}
_OF_LISTS: dict[str, Callable[[], _Digest]] = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
"""Algorithms that only other lists have."""
_MOST_BYTES = 256 << 20
"""The largest list that is read: one of half a million files."""
_WHAT, _REMEDY = "an ASC Media Hash List", "restore it"
_NO_HASHES = ("path", "previousPath", "metadata")
_C4_DIGITS, _C4_LENGTH = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 88
_BLOCK = 1 << 22


@dataclass(frozen=True)
class HashedFile:
    """A file in a list: its path relative to the folder, with "/", and its hashes by their formats."""

    path: str
    hashes: dict[str, str]
    previous_path: str | None = None


@dataclass(frozen=True)
class Reference:
    """The newest list of a folder inside of this one that is sealed by itself."""

    path: str
    c4: str


@dataclass(frozen=True)
class History:
    """All generations of a folder's lists: what was hashed first counts."""

    generations: int
    files: dict[str, dict[str, str]]
    """Hashes of each file by their formats."""
    ignored: tuple[str, ...]
    """Patterns of the names of files that are not listed."""


def hash_file(path: Path, formats: Iterable[str]) -> dict[str, str]:
    """The hashes of a file in formats of Media Hash Lists (`c4`, `md5`, `sha1`, `xxh64`, `xxh3`, `xxh128`), `sha256`
    and `sha512`.

    Raises ElementError where it cannot be read.
    """
    algorithms = _OF_MEDIA_HASH_LISTS | _OF_LISTS
    digests = {name: algorithms[name]() for name in formats}
    try:
        with open(path, "rb") as file:
            while block := file.read(_BLOCK):
                for digest in digests.values():
                    digest.update(block)
    except OSError as error:
        raise ElementError(f"{path}: cannot be read ({error.strerror}); restore this file") from error
    return {name: c4_id(d.digest()) if name == "c4" else d.hexdigest() for name, d in digests.items()}


def c4_id(sha512: bytes) -> str:
    """The C4 ID (SMPTE ST 2114), 90 characters, of a SHA-512 digest, 64 bytes."""
    number = int.from_bytes(sha512, "big")
    text = ""
    while number:
        number, digit = divmod(number, len(_C4_DIGITS))
        text = _C4_DIGITS[digit] + text
    return "c4" + text.rjust(_C4_LENGTH, _C4_DIGITS[0])


def known_formats(hashes: dict[str, str]) -> list[str]:
    """Those formats of a listed file that can be computed here."""
    return [name for name in _OF_MEDIA_HASH_LISTS if name in hashes]


def read_history(folder: Path) -> History:
    """The lists of a folder; no generations where it has none.

    Raises FileError, naming the file, for a list that is missing, damaged, or was changed after it was written.
    """
    chain_path = folder / FOLDER_NAME / CHAIN_NAME
    lists = sorted((folder / FOLDER_NAME).glob("*.mhl"))
    if not chain_path.exists():
        if lists:
            raise FileError(f"{chain_path}: missing, though there are lists beside it; restore it")
        return History(0, {}, IGNORED)
    files: dict[str, dict[str, str]] = {}
    ignored = list(IGNORED)
    chain = list(_read_chain(chain_path))
    for path in lists:
        if path.name not in (name for name, _ in chain):
            raise FileError(f"{path}: is not in {CHAIN_NAME}; remove it, or restore the whole folder")
    for name, c4 in chain:
        path = chain_path.parent / name
        if not os.path.isfile(path):  # which takes a name that no file can have
            raise FileError(f"{path}: missing, though {CHAIN_NAME} has it; restore it")
        if hash_file(path, ["c4"])["c4"] != c4:
            raise FileError(f"{path}: was changed after it was written; restore it")
        patterns, hashed = _read_list(path)
        ignored += patterns
        for file in hashed:
            earlier = files.pop(file.previous_path or file.path, {})
            files[file.path] = file.hashes | earlier
    return History(len(chain), files, tuple(dict.fromkeys(ignored)))


def write_generation(folder: Path, history: History, files: list[HashedFile], references: list[Reference]) -> Path:
    """Writes the next list of a folder, then the chain, and returns the path of the list. Raises OutputError."""
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    number = history.generations + 1
    name = f"{number:04d}_{folder.resolve().name}_{now:%Y-%m-%d_%H%M%S}Z.mhl"
    path = folder / FOLDER_NAME / name
    write_text(path, _text(_list(folder, history, files, references, now)))

    chain = Element("ascmhldirectory", xmlns=_CHAIN_SPACE)
    chain_path = path.with_name(CHAIN_NAME)
    entries = [*(_read_chain(chain_path) if history.generations else ()), (name, hash_file(path, ["c4"])["c4"])]
    for position, (list_name, c4) in enumerate(entries, start=1):
        entry = SubElement(chain, "hashlist", sequencenr=str(position))
        SubElement(entry, "path").text = list_name
        SubElement(entry, "c4").text = c4
    write_text(chain_path, _text(chain))
    return path


def _list(
    folder: Path,
    history: History,
    files: list[HashedFile],
    references: list[Reference],
    now: datetime.datetime,
) -> Element:
    root = Element("hashlist", version="2.0", xmlns=_LIST_SPACE)
    creator = SubElement(root, "creatorinfo")
    SubElement(creator, "creationdate").text = now.isoformat()
    SubElement(creator, "hostname").text = socket.gethostname()
    SubElement(creator, "tool", version=filmrecovery.__version__).text = "Film Recovery"
    process = SubElement(root, "processinfo")
    SubElement(process, "process").text = "in-place"
    ignore = SubElement(process, "ignore")
    for pattern in history.ignored:
        SubElement(ignore, "pattern").text = pattern
    # The schema has no empty lists.
    hashes = SubElement(root, "hashes") if files else root
    for file in files:
        status = (folder / file.path).stat()
        modified = datetime.datetime.fromtimestamp(int(status.st_mtime), datetime.UTC).isoformat()
        entry = SubElement(hashes, "hash")
        SubElement(entry, "path", size=str(status.st_size), lastmodificationdate=modified).text = file.path
        action = "verified" if file.path in history.files else "original"
        for name, value in sorted(file.hashes.items()):
            SubElement(entry, name, action=action, hashdate=now.isoformat()).text = value
    if references:
        parent = SubElement(root, "references")
        for reference in references:
            entry = SubElement(parent, "hashlistreference")
            SubElement(entry, "path").text = reference.path
            SubElement(entry, "c4").text = reference.c4
    return root


def _text(root: Element) -> str:
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _read_chain(path: Path) -> Iterator[tuple[str, str]]:
    """Names and C4 IDs of the lists, in their order."""
    with _damage_named(path):
        entries = _root(path, f"{{{_CHAIN_SPACE}}}ascmhldirectory").findall(f"{{{_CHAIN_SPACE}}}hashlist")
        for entry in sorted(entries, key=lambda entry: int(entry.attrib["sequencenr"])):
            yield _content(entry, "path", _CHAIN_SPACE), _content(entry, "c4", _CHAIN_SPACE)


def _read_list(path: Path) -> tuple[list[str], list[HashedFile]]:
    """Patterns of names that are not listed, and the listed files; hashes of folders are left out."""
    with _damage_named(path):
        root = _root(path, f"{{{_LIST_SPACE}}}hashlist")
        space = {"": _LIST_SPACE}
        patterns = [pattern.text or "" for pattern in root.iterfind("processinfo/ignore/pattern", space)]
        files = []
        for entry in root.iterfind("hashes/hash", space):
            named = {child.tag.rpartition("}")[2]: child.text or "" for child in entry}
            hashes = {name: text for name, text in named.items() if name not in _NO_HASHES}
            files.append(HashedFile(_content(entry, "path", _LIST_SPACE), hashes, named.get("previousPath")))
        for entry in root.iterfind("references/hashlistreference", space):
            # The list of a folder inside is a file like others.
            c4 = _content(entry, "c4", _LIST_SPACE)
            files.append(HashedFile(_content(entry, "path", _LIST_SPACE), {"c4": c4}))
        return patterns, files


def _root(path: Path, tag: str) -> Element:
    root = ElementTree.fromstring(read_text(path, _WHAT, _REMEDY, _MOST_BYTES))
    if root.tag != tag:
        raise ValueError(f"it holds {root.tag[:100]!r}, expected {tag!r}")
    return root


def _content(entry: Element, name: str, space: str) -> str:
    text = entry.findtext(f"{{{space}}}{name}")
    if not text:
        raise ValueError(f"an entry has no {name}")
    return text


@contextlib.contextmanager
def _damage_named(path: Path) -> Generator[None]:
    try:
        yield
    except (OSError, ElementTree.ParseError, ValueError, LookupError) as error:
        # A LookupError also for an encoding that nobody knows.
        raise FileError(f"{path}: cannot be read as {_WHAT} ({error}); {_REMEDY}") from error

"""Lists of hashes as md5sum and its relatives write them, beside the files of an element or above their folder.

Read are the lines of GNU (`hash  name`, `hash *name`), of BSD and macOS (`MD5 (name) = hash`, `hash name`), lists in
folders above that name the folder of the files too, as md5deep writes them, the manifests of bags (BagIt, RFC 8493),
and a file with one hash for each frame, `scan.0001.dpx.md5`.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from filmrecovery.base.errors import FileError
from filmrecovery.base.read_file import read_text

FOLDERS_ABOVE = 4
"""How many folders above the files are searched for lists."""
REMEDY = "get the files again with their list, or remove it"
_SUFFIXES = (".md5", ".sha1", ".sha256", ".sha512", ".xxh64")
_NAMES = re.compile(r"(MD5|SHA1|SHA256|SHA512)SUMS|manifest-(md5|sha1|sha256|sha512)\.txt")
_ALGORITHMS = {16: "xxh64", 32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
"""Algorithms of hashes, by the number of their digits."""
_LINE = re.compile(r"(?P<escaped>\\?)(?P<hash>[0-9a-fA-F]{16,128})[ \t][ *]?(?P<name>.+)")
_TAGGED = re.compile(r"(?P<escaped>)\w+ ?\((?P<name>.+)\) ?= ?(?P<hash>[0-9a-fA-F]{16,128})")

Listed = dict[Path, tuple[str, str]]
"""For a file the format and the value of its hash."""


def sum_lists(folder: Path, notes: list[str]) -> Iterator[tuple[str, Listed]]:
    """What the lists say of the files in a folder, with the name of each list; files are named as in the folder.

    Raises FileError for a damaged list in the folder. Of one above, which may be of other files, a note is added.
    """
    own = [path for path in _entries(folder) if _is_list(path)]
    alone = [path for path in own if (folder / path.stem).is_file()]
    if listed := {file: said for path in alone for file, said in _read(path, folder).items()}:
        yield str(folder / f"*{alone[0].suffix}"), listed
    for path in own:
        if path not in alone:
            yield str(path), _read(path, folder)
    for above in list(folder.absolute().parents)[:FOLDERS_ABOVE]:
        for path in _entries(above):
            if not _is_list(path) or (above / path.stem).is_file():
                continue
            try:
                listed = _read(path, folder)
            except FileError as error:
                notes.append(str(error))
                continue
            if listed:
                yield str(path), listed


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        # A folder that may not be listed, or is none.
        return []


def _is_list(path: Path) -> bool:
    return bool(path.suffix.lower() in _SUFFIXES or _NAMES.fullmatch(path.name)) and path.is_file()


def _read(path: Path, folder: Path) -> Listed:
    """What a list says of the files in a folder."""
    listed: Listed = {}
    wanted = os.path.normpath(folder.absolute())
    text = read_text(path, "a list of hashes", REMEDY).strip()
    if len(text) in _ALGORITHMS and re.fullmatch("[0-9a-fA-F]+", text):
        # The name of the file is that of the list.
        text = f"{text}  {path.stem}"
    for line in text.splitlines():
        found = _LINE.fullmatch(line.strip()) or _TAGGED.fullmatch(line.strip())
        if not found or len(found["hash"]) not in _ALGORITHMS:
            continue
        # Where a name holds a backslash of its own, md5sum begins the line with one.
        name = found["name"] if found["escaped"] else found["name"].replace("\\", "/")
        file = os.path.normpath(os.path.join(path.parent.absolute(), name))
        if os.path.dirname(file) == wanted:
            listed[folder / os.path.basename(file)] = _ALGORITHMS[len(found["hash"])], found["hash"]
    return listed

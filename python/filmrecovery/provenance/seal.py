"""Sealing a folder: a hash of every file, to find changes, losses and additions later."""

import fnmatch
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.errors import ElementError
from filmrecovery.base.overlap import on_all_cores
from filmrecovery.film.checks.hash_list import (
    CHAIN_NAME,
    FOLDER_NAME,
    HashedFile,
    History,
    Reference,
    hash_file,
    known_formats,
    read_history,
    write_generation,
)
from filmrecovery.film.checks.parity import raise_problems


@dataclass(frozen=True)
class Differences:
    """How a folder differs from its lists: paths relative to it, with "/"."""

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """A line for each file."""
        kinds = {"changed": self.changed, "missing": self.missing, "added": self.added}
        return [f"{kind}: {path}" for kind, paths in kinds.items() for path in paths]


def seal(folder: Path) -> Path:
    """Writes the next hash list of a folder, with every file in it and below, and returns its path.

    Folders inside that are sealed by themselves get their own next list, which this one refers to. Raises ElementError
    where there are no files, where a file was changed or is missing since the last seal, and for damaged lists;
    OutputError where a list cannot be written.
    """
    _check_folder(folder)
    inner = _sealed_inside(folder)
    history = read_history(folder)
    paths = _listable(folder, inner, history)
    if not (paths or inner):
        raise ElementError(f"{folder}: holds no files to be sealed")
    found = _hashes(folder, {*paths, *history.files}, history, ["c4"])
    differences = _differences(history, found)
    raise_problems(
        f"{folder}: is not as it was sealed; restore these files, or, where the change was meant, remove "
        f"{folder / FOLDER_NAME} and seal the folder again",
        Differences(differences.changed, differences.missing).lines(),
    )
    references = []
    for child in inner:
        path = seal(folder / child)
        references.append(Reference(path.relative_to(folder).as_posix(), hash_file(path, ["c4"])["c4"]))
    return write_generation(folder, history, [HashedFile(path, found[path]) for path in paths], references)


def verify(folder: Path) -> Differences:
    """How a sealed folder, and the sealed ones inside of it, differ from their lists.

    Raises ElementError for a folder that is not sealed, and for lists that are damaged or were changed.
    """
    _check_folder(folder)
    history = read_history(folder)
    if not history.generations:
        raise ElementError(f"{folder}: is not sealed (there is no {FOLDER_NAME}/{CHAIN_NAME}); name a sealed folder")
    inner = _sealed_inside(folder)
    # A list that this one does not refer to came later, and does not speak for what was added.
    known = [child for child in inner if any(_is_below(path, [f"{child}/{FOLDER_NAME}"]) for path in history.files)]
    paths = {*_listable(folder, known, history), *history.files}
    all_differences = [_differences(history, _hashes(folder, paths, history))]
    for child in inner:
        of_child = verify(folder / child)
        inside = (tuple(f"{child}/{path}" for path in kind) for kind in vars(of_child).values())
        all_differences.append(Differences(*inside))
    return Differences(
        *(
            tuple(sorted({path for each in all_differences for path in vars(each)[kind]}))
            for kind in vars(Differences())
        )
    )


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise ElementError(f"{folder}: no such folder; expected the folder of a delivery")


def _sealed_inside(folder: Path) -> list[str]:
    """Paths of the outermost folders inside that are sealed by themselves."""
    sealed: list[str] = []
    for chain in sorted(folder.glob(f"**/{FOLDER_NAME}/{CHAIN_NAME}")):
        path = chain.parent.parent.relative_to(folder).as_posix()
        if path != "." and not _is_below(path, sealed):
            sealed.append(path)
    return sealed


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(path.startswith(folder + "/") for folder in folders)


def _listable(folder: Path, inner: list[str], history: History) -> list[str]:
    """Paths of the files that belong into the folder's own list."""
    paths = (path.relative_to(folder).as_posix() for path in sorted(_files(folder)))
    return [path for path in paths if not (_is_below(path, inner) or _is_ignored(path, history.ignored))]


def _files(folder: Path) -> Iterator[Path]:
    """Every file in a folder and below. Raises ElementError for a folder that may not be read."""

    def refuse(error: OSError) -> None:
        raise ElementError(
            f"{error.filename}: cannot be read ({error.strerror}), and what is in it would be left out; ask for the "
            "right to read it"
        ) from error

    # Not by `rglob`, which passes over such a folder and says nothing.
    for parent, _, names in os.walk(folder, onerror=refuse):
        yield from (path for name in names if (path := Path(parent, name)).is_file())


def _is_ignored(path: str, patterns: Iterable[str]) -> bool:
    parts = path.split("/")
    return any(
        fnmatch.fnmatch(path, pattern) or any(fnmatch.fnmatch(part, pattern.rstrip("/")) for part in parts)
        for pattern in patterns
    )


def _hashes(folder: Path, paths: set[str], history: History, also: Iterable[str] = ()) -> dict[str, dict[str, str]]:
    """Hashes of those files that are there, in a format in which they are listed, and in others that are wanted."""
    there = [path for path in sorted(paths) if os.path.isfile(folder / path)]

    def hashed(path: str) -> dict[str, str]:
        listed = history.files.get(path, {})
        formats = known_formats(listed)[:1]
        if listed and not formats:
            raise ElementError(
                f"{folder / path}: its only hashes are of the kind {', '.join(listed)}, which this program cannot "
                "compute; verify the folder with another tool, such as ascmhl"
            )
        return hash_file(folder / path, {*formats, *also})

    return dict(zip(there, on_all_cores(hashed, there, "Hashes"), strict=True))


def _differences(history: History, found: dict[str, dict[str, str]]) -> Differences:
    changed = [
        path
        for path, listed in history.files.items()
        if path in found and any(listed.get(name, value) != value for name, value in found[path].items())
    ]
    return Differences(
        changed=tuple(sorted(changed)),
        missing=tuple(sorted(path for path in history.files if path not in found)),
        added=tuple(sorted(found.keys() - history.files.keys())) if history.generations else (),
    )

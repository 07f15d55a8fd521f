"""The manifest of a folder of training pairs: the file that holds their records.

The manifest, `manifest.json`, is written last, so that a folder with a manifest is complete. It holds a hash of every
picture: pairs that were changed after it was written are noticed before they are trained on or overwritten.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.atomic import write_text
from filmrecovery.base.declared_settings import to_mapping
from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.base.foreign_file import refuse_foreign
from filmrecovery.base.read_file import read_json, shown
from filmrecovery.base.records import parse_record, parse_records
from filmrecovery.film.elements.element import LONGEST_NAME
from filmrecovery.training.pairs.pair_records import PairRecord, Recipe

MANIFEST_NAME = "manifest.json"
VERSION = 1

_HASH = "pairs_sha256"
_REMEDY = "make the pairs again, or adopt the files as they are now"


@dataclass(frozen=True)
class Manifest:
    """What lies in a folder of pairs, in the order of the frame numbers."""

    recipe: Recipe
    pairs: tuple[PairRecord, ...]


def read_manifest(folder: str | Path) -> Manifest:
    """The manifest of a folder of pairs; `load_pairs` reads the pictures.

    Raises FileError where it is missing, foreign, edited or of another version, and ElementError where it lists files
    that are not there.
    """
    folder = Path(folder)
    manifest = parse_manifest(folder / MANIFEST_NAME)
    for record in manifest.pairs:
        for name in record.files:
            if not (folder / name).is_file():
                raise ElementError(f"{folder / name}: missing, though the manifest lists it; {_REMEDY}")
    return manifest


def parse_manifest(path: Path) -> Manifest:
    """The manifest in a file, whether its pictures are there or not. Raises FileError as `read_manifest` does."""
    if not path.exists():
        raise FileError(f"{path}: missing, so that {path.parent} is no finished folder of pairs; {_REMEDY}")
    content = read_json(path, "a manifest of pairs", _REMEDY)
    if not isinstance(content, dict) or not isinstance(content.get("pairs"), list):
        raise FileError(f"{path}: is not a manifest of pairs; {_REMEDY}")
    if content.get("version") != VERSION:
        raise FileError(f"{path}: version {shown(content.get('version'))}, expected {VERSION}; {_REMEDY}")
    recipe = parse_record(Recipe, content.get("recipe"), f"{path}, recipe", _REMEDY)
    records = parse_records(PairRecord, content["pairs"], str(path), "pair", _REMEDY)
    manifest = Manifest(recipe, records)
    for record in records:
        names = record.files
        if any(Path(name).name != name for name in names):
            raise FileError(f"{path}: frame {record.frame} lies in another folder; {_REMEDY}")
        if any(len(name.encode(errors="surrogatepass")) > LONGEST_NAME for name in names):
            raise FileError(f"{path}: frame {record.frame} has a longer name than a file can have; {_REMEDY}")
    if content.get(_HASH) != pairs_hash(manifest):
        raise FileError(f"{path}: was edited after it was written; {_REMEDY}")
    return manifest


def refuse_other_manifest(folder: Path) -> None:
    """Raises OutputError where the folder has a file of the manifest's name that is none.

    A manifest that was edited, or is of another version, is one.
    """
    refuse_foreign(folder / MANIFEST_NAME, "manifest of pairs", _is_manifest)


def _is_manifest(path: Path) -> bool:
    try:
        content = read_json(path, "a manifest of pairs", _REMEDY)
    except FileError:
        return False
    return isinstance(content, dict) and content.keys() >= {"version", _HASH, "recipe", "pairs"}


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """Writes the manifest into its folder, and returns it. Raises OutputError."""
    content = {"version": VERSION, _HASH: pairs_hash(manifest), **to_mapping(manifest)}
    write_text(folder / MANIFEST_NAME, json.dumps(content, indent=2) + "\n")
    return manifest


def pairs_hash(manifest: Manifest) -> str:
    """The identity of the training data: sha256, in hexadecimal, over mode, spaces, preparation, roles and pixels.

    It stays the same where a folder is moved or renamed, where only previews change, and where a single shot gets
    another name.
    """
    recipe = manifest.recipe
    shots = {pair.label for pair in manifest.pairs if pair.role != "preview"}
    content = [
        [recipe.mode, recipe.working_space, recipe.config, to_mapping(recipe.preparation)],
        *([p.frame, p.role, p.input_sha256, p.target_sha256] for p in manifest.pairs if p.role != "preview"),
        *([p.label for p in manifest.pairs if p.role != "preview"] if len(shots) > 1 else []),
        *([p.frame, p.mask_sha256] for p in manifest.pairs if p.mask and p.role != "preview"),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()

"""The sidecars of a delivery: its record as JSON, and as a text that a curator reads."""

import functools
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import fastjsonschema

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import FileError
from filmrecovery.base.read_file import read_json
from filmrecovery.base.records import MADE_FROM
from filmrecovery.film.elements.element import Element, split_pattern
from filmrecovery.film.products.freshness import is_current, made_from, say_current
from filmrecovery.provenance.delivered_movie import Delivered, DeliveredMovie
from filmrecovery.provenance.provenance_record import SCHEMA, make_record
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.provenance.provenance_text import provenance_text
from filmrecovery.training.pairs.pair_manifest import pairs_hash, read_manifest

VERSION = 4
"""Of what the sidecars say."""

JSON_SUFFIX = ".provenance.json"
TEXT_SUFFIX = ".provenance.txt"

_REMEDY = "restore it, or remove it and write it again"
_MOST_SHOWN = 200


def write_sidecars(
    settings: ProvenanceSettings,
    delivered: Delivered,
    elements: Mapping[str, Collection[Element]],
    models: Collection[Path],
    pair_folders: Collection[Path],
    merge: str | None = None,
) -> tuple[Path, Path]:
    """Writes the record of delivered frames beside them, as JSON and as text, and returns the paths.

    `shot.####.exr` or `shot.mkv` gets `shot.provenance.json` and `shot.provenance.txt`. Sidecars that are current are
    left alone. Raises as `make_record` does, and OutputError.
    """
    is_movie = isinstance(delivered, DeliveredMovie)
    stem = delivered.path.stem if is_movie else split_pattern(delivered.pattern)[0].rstrip("._-")
    name = stem or "frames"
    folder = Path(delivered.pattern).parent
    json_path, text_path = folder / (name + JSON_SUFFIX), folder / (name + TEXT_SUFFIX)
    pairs = [pairs_hash(read_manifest(path)) for path in pair_folders]
    # The content of an element does not tell by which reference it was asked for.
    entities = [element.entity for found in elements.values() for element in found if element.entity]
    described_by = (settings, merge, *entities)
    line = made_from("provenance", VERSION, described_by, delivered, elements, list(models), pairs)
    if is_current(json_path, line):
        say_current(json_path)
        text = provenance_text(read_sidecar(json_path))
        if not text_path.is_file() or text_path.read_bytes() != text.encode():
            write_text(text_path, text)
        return json_path, text_path
    record = make_record(settings, delivered, elements, models, pair_folders, merge)
    write_text(text_path, provenance_text(record))
    # Last, since it says that both are current.
    write_text(json_path, json.dumps({**record, MADE_FROM: line}, indent=2, ensure_ascii=False) + "\n")
    return json_path, text_path


def read_sidecar(path: Path) -> dict[str, Any]:
    """The record in a JSON sidecar. Raises FileError where it cannot be read, or is not as the schema says."""
    record = read_json(path, "a record of provenance", _REMEDY)
    if not isinstance(record, dict) or record.get("$schema") != SCHEMA:
        raise FileError(f"{path}: is no record of provenance ({SCHEMA}); name a file ending in {JSON_SUFFIX}")
    try:
        _check_against_schema()(record)
    except fastjsonschema.JsonSchemaValueException as error:
        damage = error.message.removeprefix("data.")[:_MOST_SHOWN]
        raise FileError(f"{path}: is no whole record of provenance ({damage}); {_REMEDY}") from error
    return record


@functools.cache
def _check_against_schema() -> Callable[[dict[str, Any]], object]:
    return fastjsonschema.compile(json.loads(Path(__file__).with_name("provenance.schema.json").read_text("utf-8")))

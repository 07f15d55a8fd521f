"""The sidecars of a delivery: its record as JSON, and as a text that a curator reads."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import ElementError
from filmrecovery.film.sequences import Sequence, split_pattern
from filmrecovery.provenance.provenance_record import SCHEMA, UsedElement, make_record
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.provenance.provenance_text import provenance_text

JSON_SUFFIX = ".provenance.json"
TEXT_SUFFIX = ".provenance.txt"


def write_sidecars(
    settings: ProvenanceSettings,
    delivered: Sequence,
    elements: Collection[UsedElement],
    models: Collection[Path],
    pair_folders: Collection[Path],
    merge: str | None = None,
) -> tuple[Path, Path]:
    """Writes the record of delivered frames beside them, as JSON and as text, and returns the paths.

    `shot.####.exr` gets `shot.provenance.json` and `shot.provenance.txt`. Sidecars that say the same already are left
    alone. Raises as `make_record` does, and OutputError.
    """
    record = make_record(settings, delivered, elements, models, pair_folders, merge)
    name = split_pattern(delivered.pattern)[0].rstrip("._-") or "frames"
    folder = Path(delivered.pattern).parent
    paths = folder / (name + JSON_SUFFIX), folder / (name + TEXT_SUFFIX)
    texts = json.dumps(record, indent=2, ensure_ascii=False) + "\n", provenance_text(record)
    for path, text in zip(paths, texts, strict=True):
        # A seal over the delivery knows the time of its files too.
        if not (path.is_file() and path.read_bytes() == text.encode()):
            write_text(path, text)
    return paths


def read_sidecar(path: Path) -> dict[str, Any]:
    """The record in a JSON sidecar. Raises ElementError where it cannot be read or is something else."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ElementError(f"{path}: cannot be read as a record of provenance ({error}); write it again") from error
    if not isinstance(record, dict) or record.get("$schema") != SCHEMA:
        raise ElementError(f"{path}: is no record of provenance ({SCHEMA}); name a file ending in {JSON_SUFFIX}")
    return record

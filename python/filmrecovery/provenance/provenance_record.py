"""The record of a recovery: what made the delivered frames of what. Its schema: `provenance.schema.json`."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from filmrecovery.base.declared_settings import to_mapping
from filmrecovery.base.file_hash import file_sha256
from filmrecovery.base.overlap import on_all_cores
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.model.model_header import read_model_header
from filmrecovery.provenance.delivered_movie import Delivered, frames_of
from filmrecovery.provenance.digital_source_type import digital_source_type, warn_of_generated
from filmrecovery.provenance.film_headers import film_headers
from filmrecovery.provenance.header_keys import DATE_NAME, ENGINE_NAME, GRADE_NAME, REVISION_NAME
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.training.pairs.pair_manifest import pairs_hash, read_manifest

SCHEMA = "urn:filmrecovery:provenance:1"


def make_record(
    settings: ProvenanceSettings,
    delivered: Delivered,
    elements: Mapping[str, Collection[Element]],
    models: Collection[Path],
    pair_folders: Collection[Path],
    merge: str | None = None,
) -> dict[str, Any]:
    """The record as JSON takes it, the same for the same files. Every file of the elements and the delivery is hashed.

    The elements are given by role: "source" for what was recovered, "reference" for what was learnt from. Models
    are in the order in which they worked; `merge` is the operation of the final merge. Raises ElementError for
    frames and pairs that are missing or damaged, and ModelError for models.
    """
    warn_of_generated(settings.digital_source_type, settings.constructed_reference)
    used = [(role, element) for role, found in elements.items() for element in found]
    paths = [path for element in (*(element for _, element in used), delivered) for path in element.paths()]
    hashes = dict(zip(paths, on_all_cores(file_sha256, paths, "Provenance"), strict=True))
    return {
        "$schema": SCHEMA,
        "film_title": settings.film_title,
        "shot": settings.shot,
        "restorationist": settings.restorationist,
        "institution": settings.institution,
        "source_element": settings.source_element,
        "reference_source": settings.reference_source,
        "constructed_reference": settings.constructed_reference,
        "digital_source_type": digital_source_type(settings.digital_source_type, settings.constructed_reference),
        "elements": [
            {
                "name": element.name or role,
                "role": role,
                "space": element.space or None,
                **({"entity": to_mapping(element.entity)} if element.entity else {}),
                **_files(element, hashes),
            }
            for role, element in used
        ],
        "pairs": [_pairs(folder) for folder in pair_folders],
        "models": [{"file": _place(path), "sha256": file_sha256(path), **read_model_header(path)} for path in models],
        "merge": merge,
        "headers": [
            {"element": source.name or "source", **film_headers(source, delivered)}
            for source in elements.get("source", ())
        ],
        "delivery": {
            **_making(frames_of(delivered)),
            **_files(delivered, hashes),
        },
    }


def _files(element: Delivered, hashes: dict[Path, str]) -> dict[str, Any]:
    return {
        "pattern": _place(element.pattern),
        "frames": format_frames(element.frames),
        "files": [{"name": path.name, "sha256": hashes[path]} for path in element.paths()],
    }


def _place(path: str | Path) -> str:
    """Where a file lies, for a reader who does not know in which folder the call was made."""
    return str(Path(path).absolute())


def _pairs(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    return {"folder": _place(folder), "pairs_sha256": pairs_hash(manifest), **to_mapping(manifest)}


def _making(delivered: Element) -> dict[str, Any]:
    """When the frames were made and with which software, and the grades that models of several shots gave them.

    All of it is of their headers: this call may come later.
    """
    names = {"processing_dates": DATE_NAME, "engine_versions": ENGINE_NAME, "engine_revisions": REVISION_NAME}
    texts_by_key: dict[str, set[str]] = {key: set() for key in names}
    grades: dict[str, list[int]] = {}
    for frame in delivered.frames:
        header = read_header(delivered.path(frame))
        for key, name in names.items():
            texts_by_key[key].add(header.get_string_attribute(name))
        if grade := header.get_string_attribute(GRADE_NAME):
            grades.setdefault(grade, []).append(frame)
    return {
        **{key: sorted(texts - {""}) for key, texts in texts_by_key.items()},
        "grades": [{"grade": grade, "frames": format_frames(frames)} for grade, frames in grades.items()],
    }

"""The record of a recovery: what made the delivered frames of what. Its schema: `provenance.schema.json`."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from filmrecovery.base.declared_settings import to_mapping
from filmrecovery.base.file_hash import file_sha256
from filmrecovery.base.progress import progress
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.model.model_header import read_model_header
from filmrecovery.provenance.delivered_movie import Delivered, frames_of
from filmrecovery.provenance.digital_source_type import digital_source_type, warn_of_generated
from filmrecovery.provenance.film_headers import film_headers
from filmrecovery.provenance.header_keys import ENGINE_NAME, GRADE_NAME, REVISION_NAME
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
    hashes = {path: file_sha256(path) for path in progress(paths, len(paths), "Provenance")}
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
        "models": [{"file": str(path), "sha256": file_sha256(path), **read_model_header(path)} for path in models],
        "merge": merge,
        "headers": [
            {"element": source.name or "source", **film_headers(source, delivered)}
            for source in elements.get("source", ())
        ],
        "delivery": {
            **_making(frames_of(delivered)),
            "grades": _grades(frames_of(delivered)),
            **_files(delivered, hashes),
        },
    }


def _files(element: Delivered, hashes: dict[Path, str]) -> dict[str, Any]:
    return {
        "pattern": element.pattern,
        "frames": format_frames(element.frames),
        "files": [{"name": path.name, "sha256": hashes[path]} for path in element.paths()],
    }


def _pairs(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    return {"folder": str(folder), "pairs_sha256": pairs_hash(manifest), **to_mapping(manifest)}


def _making(delivered: Element) -> dict[str, list[str]]:
    """When the frames were made and with which software, from their headers: this call may come later."""
    headers = [read_header(delivered.path(frame)) for frame in delivered.frames]
    names = {
        "processing_dates": "ProcessingDate",
        "engine_versions": ENGINE_NAME,
        "engine_revisions": REVISION_NAME,
    }
    return {
        key: sorted({header.get_string_attribute(name) for header in headers} - {""}) for key, name in names.items()
    }


def _grades(delivered: Element) -> list[dict[str, str]]:
    """The grades that models of several shots gave the frames, from their headers."""
    found: dict[str, list[int]] = {}
    for frame in delivered.frames:
        grade = read_header(delivered.path(frame)).get_string_attribute(GRADE_NAME)
        if grade:
            found.setdefault(grade, []).append(frame)
    return [{"grade": grade, "frames": format_frames(frames)} for grade, frames in found.items()]

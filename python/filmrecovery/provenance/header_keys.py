"""The keys of provenance in the header of a recovered frame. Standard library alone.

All are texts. Names with the prefix `filmrecovery:` are ours. None is longer than the 31 characters that every reader
of EXR accepts, also readers of ACES containers (SMPTE ST 2065-4): a longer one changes the version of the file.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import filmrecovery
from filmrecovery.base.code_revision import code_revision
from filmrecovery.provenance.digital_source_type import digital_source_type
from filmrecovery.provenance.provenance_settings import ProvenanceSettings

DATE_NAME = "ProcessingDate"
ENGINE_NAME = "filmrecovery:engine"
REVISION_NAME = "filmrecovery:revision"
CONSTRUCTED_NAME = "filmrecovery:constructed"
MERGE_NAME = "filmrecovery:merge"
WEIGHTS_NAME = "filmrecovery:weights"
GRADE_NAME = "filmrecovery:grade"
FILM_GRADE = "film"
"""The grade of the whole film, which a frame of a shot without pairs is given."""

COMMENTS = (
    "Recovered with film-specific neural networks; RecoveryType, SourceElement and ReferenceSource say what was done."
)

_ENGINE = f"Film Recovery {filmrecovery.__version__}, film-specific neural network"
_UNKNOWN = "unknown"
SEPARATOR = "; "
"""Between the values of the models, in the order in which they worked."""

# What describes one model each, in the order in which the models worked.
_OF_MODELS = {
    "RecoveryType": "mode",
    "TrainingDate": "training_date",
    WEIGHTS_NAME: "weights_hash",
    "filmrecovery:pairs": "pairs_hash",
    "filmrecovery:workingSpace": "working_space",
}


DATED_NAMES = (DATE_NAME, ENGINE_NAME, REVISION_NAME)
"""Keys that say when a picture was made, and with which software."""

NAMES = (
    "MLProcessing",
    "ModelCheckpoint",
    "FilmTitle",
    "ShotID",
    "SourceElement",
    "ReferenceSource",
    "Restorationist",
    "Institution",
    "IPTCDigitalSourceType",
    CONSTRUCTED_NAME,
    MERGE_NAME,
    GRADE_NAME,
    *_OF_MODELS,
    "comments",
)
"""All other keys."""


def header_keys(
    settings: ProvenanceSettings,
    models: Sequence[Mapping[str, Any]],
    processing_date: str = "",
    earlier: Mapping[str, str] | None = None,
    merge: str = "",
    grade: str = "",
) -> dict[str, str]:
    """The keys of a frame that the models made, one after the other, in their order.

    A model is the description in its file, as `read_model_header` gives it; the date is when the frame was made, such
    as "2026-11-24". `earlier` is the metadata of the picture that the models were applied to. Where other models made
    that picture, they are named first, and what the settings leave empty stays as it was. `merge` is the operation of a
    final merge, and `grade` the grade that the frame was given (see `grade_of`). Keys without a value are left out. A
    picture that no model made only gets what the settings say.

    Raises SettingsError for an unknown digital source type.
    """
    earlier = earlier or {}
    constructed = settings.constructed_reference or CONSTRUCTED_NAME in earlier
    source_type = digital_source_type(settings.digital_source_type, constructed)
    keys = {
        "MLProcessing": _with(earlier, "MLProcessing", _ENGINE if models else ""),
        "ModelCheckpoint": _continued(earlier, "ModelCheckpoint", map(_checkpoint, models)),
        "FilmTitle": settings.film_title,
        "ShotID": settings.shot,
        "SourceElement": settings.source_element,
        "ReferenceSource": _with(earlier, "ReferenceSource", settings.reference_source),
        DATE_NAME: processing_date,
        "Restorationist": settings.restorationist,
        "Institution": settings.institution,
        "IPTCDigitalSourceType": source_type if models or constructed else "",
        ENGINE_NAME: filmrecovery.__version__,
        REVISION_NAME: code_revision() or "",
        CONSTRUCTED_NAME: "yes" if constructed else "",
        MERGE_NAME: merge,
        GRADE_NAME: with_grade(earlier, grade),
    }
    for name, field in _OF_MODELS.items():
        keys[name] = _continued(earlier, name, (model.get(field) or _UNKNOWN for model in models))
    # What the scanner or the archive wrote there stays.
    if models and not earlier.keys() & {"comments", "ImageDescription"}:
        keys["comments"] = COMMENTS
    texts = {name: value or earlier.get(name, "") for name, value in keys.items()}
    return {name: text for name, text in texts.items() if text}


def grade_of(shots: Sequence[str], shot: str | None) -> str:
    """The name of the grade that a model of these shots gives a frame of a shot; empty where it knows no shots apart.

    It is the shot's own, or `FILM_GRADE` for a shot that the model does not know.
    """
    if not shots:
        return ""
    return shot if shot is not None and shot in shots else FILM_GRADE


def with_grade(earlier: Mapping[str, str], grade: str) -> str:
    """The text of the key `GRADE_NAME` of a picture that had this metadata before a model gave it a grade."""
    return _continued(earlier, GRADE_NAME, [grade])


def _checkpoint(model: Mapping[str, Any]) -> str:
    return f"{model['mode']} {model['size']}, step {model['steps']}, weights {model['weights_hash'][:12]}"


def _continued(earlier: Mapping[str, str], name: str, values: Iterable[str]) -> str:
    return SEPARATOR.join(filter(None, [earlier.get(name), *values]))


def _with(earlier: Mapping[str, str], name: str, value: str) -> str:
    """The earlier list, and what the other one has beyond it."""
    return SEPARATOR.join(filter(None, dict.fromkeys(f"{earlier.get(name, '')}{SEPARATOR}{value}".split(SEPARATOR))))

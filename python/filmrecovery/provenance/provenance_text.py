"""The record of a recovery as a text for people. Standard library alone."""

import shlex
import textwrap
from typing import Any

from filmrecovery.provenance.header_keys import FILM_GRADE, SEPARATOR

_DONE = {
    "chroma": "its colour was learnt from the reference; its luma was held, by construction and not by training",
    "spatial": "its detail was learnt from the reference; its chroma was held, by construction and not by training",
    "plain": "its picture was learnt from the reference; nothing was held by construction",
}
_MERGED = {
    "color": "The recovered colour was put onto the luma of the original.",
    "luminosity": "The recovered luma was put onto the colour of the original.",
}


def provenance_text(record: dict[str, Any]) -> str:
    """The text, wide lines left as they are, of a record as `make_record` gives it."""
    delivery = record["delivery"]
    title = ", ".join(filter(None, [record["film_title"] or "Untitled", record["shot"]]))
    paragraphs = [
        f"PROVENANCE: {title}",
        _what_this_is(record),
        "\n".join(["WHAT WAS DONE", *_steps(record)]),
        "\n".join(["FROM WHICH ELEMENTS", *_elements(record)]),
        *(
            "\n".join([f"WHAT THE HEADERS OF '{source['element']}' SAY", *_headers(source)])
            for source in record.get("headers", ())
            if source["movie"] or source["kept"] or source["dropped"]
        ),
        "\n".join(["BY WHOM", *_people(record)]),
        "\n".join(["HOW TO VERIFY", *_verification(delivery)]),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _what_this_is(record: dict[str, Any]) -> str:
    delivery = record["delivery"]
    constructed = (
        ", which was painted or composed, and is no copy of the film" if record["constructed_reference"] else ""
    )
    text = (
        f"Frames {delivery['frames']} of {_name(delivery['pattern'])}. They are a recovery and no scan: the source, "
        f"changed by small neural networks that learnt from the reference{constructed}."
    )
    return f"WHAT THIS IS\n{textwrap.fill(text, 100)}\nIPTC digital source type: {record['digital_source_type']}"


def _steps(record: dict[str, Any]) -> list[str]:
    lines = []
    for number, model in enumerate(record["models"], start=1):
        what = "The source" if number == 1 else f"The result of step {number - 1}"
        lines += [
            f"{number}. {what}: {_DONE[model['mode']]}.",
            f"   Network {model['size']}, {model['steps']} steps, trained "
            f"{model['training_date'] or 'at an unknown date'}{_training_frames(record, model)}.",
            f"   Weights sha256 {model['weights_hash']}",
        ]
    if record["merge"]:
        lines.append(_MERGED[record["merge"]])
    lines += _grades(record["delivery"])
    return lines or ["No model is named."]


def _grades(delivery: dict[str, Any]) -> list[str]:
    of_film = [row["frames"] for row in delivery["grades"] if FILM_GRADE in row["grade"].split(SEPARATOR)]
    if not of_film:
        return []
    frames = ",".join(of_film)
    return [f"Of shots without pairs to learn from, and so with the grade of the whole film: frames {frames}."]


def _training_frames(record: dict[str, Any], model: dict[str, Any]) -> str:
    for pairs in record["pairs"]:
        if pairs["pairs_sha256"] == model["pairs_hash"]:
            frames = ", ".join(str(pair["frame"]) for pair in pairs["pairs"] if pair["role"] == "train")
            return f" on the frames {frames}"
    return ""


def _elements(record: dict[str, Any]) -> list[str]:
    described = {"Source": record["source_element"], "Reference": record["reference_source"]}
    lines = [f"{role}: {text}" for role, text in described.items() if text]
    for element in record["elements"]:
        files = f"{_name(element['pattern'])}, frames {element['frames']}"
        lines.append(f"Files of the {element['role']} '{element['name']}': {files}")
        if entity := element.get("entity"):
            lines.append(f"   Asset {entity['reference']}, version {entity['version'] or 'unknown'}")
    return lines


def _headers(headers: dict[str, Any]) -> list[str]:
    lines = []
    if movie := headers["movie"]:
        lines.append(f"Unpacked from the movie {movie['file']}, sha256 {movie['sha256']}")
        lines += [f"The movie says {tag['name']}: {tag['value']}" for tag in movie["tags"]]
    lines += map(_attribute, headers["kept"])
    reasons: dict[str, list[str]] = {}
    for attribute in headers["dropped"]:
        reasons.setdefault(f"{attribute['reason']} (frames {attribute['frames']})", []).append(_attribute(attribute))
    for reason, attributes in reasons.items():
        lines += [f"Not kept, since it {reason}:", *(f"   {attribute}" for attribute in attributes)]
    return lines


def _attribute(attribute: dict[str, str]) -> str:
    first, last = attribute["first"], attribute["last"]
    values = first if first == last else f"{first} to {last}"
    return f"{attribute['name']}: {values}" if values else attribute["name"]


def _people(record: dict[str, Any]) -> list[str]:
    delivery = record["delivery"]
    dates = delivery["processing_dates"]
    stated = {
        "Restorationist": record["restorationist"] or "not stated",
        "Institution": record["institution"] or "not stated",
        "Processed": " to ".join(dict.fromkeys(dates[:1] + dates[-1:])),
        "Film Recovery, version": ", ".join(delivery["engine_versions"]),
        "Revision of its code": ", ".join(delivery["engine_revisions"]),
    }
    return [f"{name}: {text}" for name, text in stated.items() if text]


def _verification(delivery: dict[str, Any]) -> list[str]:
    return [
        "The .provenance.json file beside this text has the SHA-256 of every file of the elements and of the delivery:",
        f"`sha256sum {shlex.quote(delivery['files'][0]['name'])}` must give",
        delivery["files"][0]["sha256"],
        "Where there is a folder ascmhl (an ASC Media Hash List), `filmrecovery verify FOLDER`, or any tool",
        "that reads such lists, names every file that was changed, lost or added since it was sealed.",
    ]


def _name(pattern: str) -> str:
    return pattern.replace("\\", "/").rpartition("/")[2]

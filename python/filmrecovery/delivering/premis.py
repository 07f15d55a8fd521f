"""What happened to the files of a delivery, as archives keep it: PREMIS 3 (Library of Congress), in XML.

The delivery is a representation, each file of its payload an object with its hash, size and format. Types of events are
those of the vocabulary http://id.loc.gov/vocabulary/preservation/eventType.
"""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import filmrecovery
from filmrecovery.base.atomic import write_text

_SPACE = "http://www.loc.gov/premis/v3"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_LOCAL, _UUID = "local", "UUID"
_SOFTWARE = "Film Recovery"
_FORMATS = {
    ".exr": "OpenEXR",
    ".dpx": "SMPTE ST 268-1 DPX",
    ".mkv": "Matroska, FFV1",
    ".mov": "QuickTime, Apple ProRes",
    ".mp4": "MPEG-4",
    ".png": "PNG",
    ".jpg": "JPEG",
    ".json": "JSON",
    ".html": "HTML",
    ".txt": "plain text",
    ".framemd5": "FFmpeg framemd5",
}
_OTHER_FORMAT = "unknown"


@dataclass(frozen=True)
class Event:
    """What happened: its type, the day or time as ISO 8601 has it, and a sentence."""

    kind: str
    date: str
    detail: str


def now() -> str:
    """The time as an event has it."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0).isoformat()


def write_premis(
    path: Path, folder: Path, payload: Mapping[str, str], events: Sequence[Event], people: Mapping[str, str]
) -> None:
    """Writes the objects, events and agents of a delivery in `folder`.

    `payload` are the SHA-256 of its files by their paths in it; `people` are names by the type of agent, "person" or
    "organization". All events are of the whole delivery, and went well: what fails is never delivered. Raises
    OutputError.
    """
    root = Element("premis", {"version": "3.0", "xmlns": _SPACE, "xmlns:xsi": _INSTANCE})
    whole = SubElement(root, "object", {"xsi:type": "representation"})
    _identifier(whole, "object", folder.name)
    for name, digest in payload.items():
        _file(root, folder, name, digest)
    for event in events:
        _event(root, event, folder.name, people)
    _agent(root, _SOFTWARE, "software", filmrecovery.__version__)
    for kind, name in people.items():
        _agent(root, name, kind)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    write_text(path, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n')


def _file(root: Element, folder: Path, name: str, digest: str) -> None:
    entry = SubElement(root, "object", {"xsi:type": "file"})
    _identifier(entry, "object", name)
    characteristics = SubElement(entry, "objectCharacteristics")
    fixity = SubElement(characteristics, "fixity")
    SubElement(fixity, "messageDigestAlgorithm").text = "SHA-256"
    SubElement(fixity, "messageDigest").text = digest
    SubElement(characteristics, "size").text = str((folder / name).stat().st_size)
    designation = SubElement(SubElement(characteristics, "format"), "formatDesignation")
    SubElement(designation, "formatName").text = _FORMATS.get(Path(name).suffix.lower(), _OTHER_FORMAT)
    relationship = SubElement(entry, "relationship")
    SubElement(relationship, "relationshipType").text = "structural"
    SubElement(relationship, "relationshipSubType").text = "is part of"
    _identifier(relationship, "relatedObject", folder.name)


def _event(root: Element, event: Event, whole: str, people: Mapping[str, str]) -> None:
    entry = SubElement(root, "event")
    _identifier(entry, "event", str(uuid.uuid4()), _UUID)
    SubElement(entry, "eventType").text = event.kind
    SubElement(entry, "eventDateTime").text = event.date
    SubElement(SubElement(entry, "eventDetailInformation"), "eventDetail").text = event.detail
    SubElement(SubElement(entry, "eventOutcomeInformation"), "eventOutcome").text = "success"
    _identifier(entry, "linkingAgent", _SOFTWARE, role="executing program")
    for name in people.values():
        _identifier(entry, "linkingAgent", name, role="implementer")
    _identifier(entry, "linkingObject", whole)


def _agent(root: Element, name: str, kind: str, version: str = "") -> None:
    entry = SubElement(root, "agent")
    _identifier(entry, "agent", name)
    SubElement(entry, "agentName").text = name
    SubElement(entry, "agentType").text = kind
    if version:
        SubElement(entry, "agentVersion").text = version


def _identifier(parent: Element, of: str, value: str, kind: str = _LOCAL, role: str = "") -> None:
    entry = SubElement(parent, f"{of}Identifier")
    SubElement(entry, f"{of}IdentifierType").text = kind
    SubElement(entry, f"{of}IdentifierValue").text = value
    if role:
        SubElement(entry, f"{of}Role").text = role

"""A delivery whose files are all there is made a bag: PREMIS events, and the manifests of BagIt."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import OpenImageIO

import filmrecovery
from filmrecovery.delivering.bag import payload_hashes, write_bag
from filmrecovery.delivering.deliver_settings import DeliverSettings
from filmrecovery.delivering.premis import Event, now, write_premis
from filmrecovery.provenance.header_keys import DATE_NAME
from filmrecovery.provenance.provenance_settings import ProvenanceSettings

_PREMIS = "metadata/premis.xml"


def make_bag(
    folder: Path,
    settings: DeliverSettings,
    provenance: ProvenanceSettings,
    header: OpenImageIO.ImageSpec,
    models: Sequence[Mapping[str, Any]],
) -> None:
    """Makes a bag of the folder of a delivery; `header` is that of a recovered frame. Raises OutputError."""
    payload = payload_hashes(folder)
    people = {"person": provenance.restorationist, "organization": provenance.institution}
    date = header.get_string_attribute(DATE_NAME)
    modes = ", then ".join(f"{model['mode']} (weights {model['weights_hash']})" for model in models)
    time = now()
    events = [
        Event("creation", date or time, f"Frames were recovered by film-specific neural networks: {modes}."),
        Event("fixity check", time, "Recovered frames that have a hash in their header agree with it."),
        Event("transcoding", time, f"Masters were made of the recovered frames: {', '.join(settings.presets)}."),
        Event("validation", time, "Every master was read back; lossless ones were compared with what was written."),
        Event("message digest calculation", time, "SHA-256 of every file."),
        Event("packing", time, "The files were packed as a BagIt bag."),
    ]
    write_premis(folder / _PREMIS, folder, payload, events, {kind: name for kind, name in people.items() if name})
    info = {
        "Source-Organization": provenance.institution,
        "Contact-Name": provenance.restorationist,
        "External-Description": f"{settings.film}, {settings.shot}: recovered frames",
        "External-Identifier": folder.name,
        "Bag-Software-Agent": f"Film Recovery {filmrecovery.__version__}",
    }
    write_bag(folder, payload, info)

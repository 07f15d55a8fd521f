"""The keys of provenance in the header of a frame in memory."""

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import OpenImageIO

from filmrecovery.film.images import Frame
from filmrecovery.provenance.header_keys import header_keys
from filmrecovery.provenance.provenance_settings import ProvenanceSettings


def texts_of(spec: OpenImageIO.ImageSpec) -> dict[str, str]:
    """All metadata of a frame that is text."""
    return {attribute.name: attribute.value for attribute in spec.extra_attribs if isinstance(attribute.value, str)}


def with_provenance(
    frame: Frame,
    settings: ProvenanceSettings,
    models: Sequence[Mapping[str, Any]],
    earlier: Mapping[str, str] | None = None,
    merge: str = "",
) -> Frame:
    """The same frame with the keys of provenance among its metadata, dated today (see `header_keys`).

    Without `earlier`, the metadata of the frame itself tells what was done before.
    """
    spec = OpenImageIO.ImageSpec(frame.spec)
    earlier = texts_of(spec) if earlier is None else earlier
    today = datetime.date.today().isoformat()
    for name, value in header_keys(settings, models, today, earlier, merge).items():
        spec.attribute(name, value)
    return dataclasses.replace(frame, spec=spec)

"""What the header of a recovered frame says of its making."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from filmrecovery.film.changed_frames import Description
from filmrecovery.provenance.header_keys import DATED_NAMES, NAMES, header_keys
from filmrecovery.provenance.provenance_settings import ProvenanceSettings


def provenance_description(
    settings: ProvenanceSettings, models: Sequence[Mapping[str, Any]], merge: str = ""
) -> Description:
    """The keys of provenance (see `header_keys`), dated today, for frames that the models made, or a merge."""
    today = datetime.date.today().isoformat()
    return Description(lambda earlier: header_keys(settings, models, today, earlier, merge), NAMES, DATED_NAMES)

"""What the header of a recovered frame says of its making."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from filmrecovery.film.products.changed_frames import Description
from filmrecovery.provenance.digital_source_type import warn_of_generated
from filmrecovery.provenance.header_keys import DATED_NAMES, NAMES, header_keys
from filmrecovery.provenance.provenance_settings import ProvenanceSettings


def provenance_description(
    settings: ProvenanceSettings,
    models: Sequence[Mapping[str, Any]],
    merge: str = "",
    grade: Callable[[int], str] = lambda number: "",
) -> Description:
    """The keys of provenance (see `header_keys`), dated today, for frames that the models made, or a merge.

    `grade` names the grade that the frame of a number was given. Warns of a digital source type that is none of a
    recovery.
    """
    warn_of_generated(settings.digital_source_type, settings.constructed_reference)
    today = datetime.date.today().isoformat()

    def texts(earlier: Mapping[str, str], number: int) -> Mapping[str, str]:
        return header_keys(settings, models, today, earlier, merge, grade(number))

    return Description(texts, NAMES, DATED_NAMES)

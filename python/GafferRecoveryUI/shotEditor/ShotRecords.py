from typing import TYPE_CHECKING, NamedTuple

from filmrecovery.reference.curation.selection_file import Selection
from filmrecovery.reference.matching.frame_match import FrameMatch
from filmrecovery.validation.validation_figures import Validation
from filmrecovery.validation.verdict import Verdict

if TYPE_CHECKING:
    from filmrecovery.reference.alignment.alignment_file import Alignment
    from filmrecovery.training.pairs.pair_manifest import Manifest


class ShotRecords(NamedTuple):
    """What the files of a stage hold; None where there is no such file. `listed` are the frames that the source has."""

    listed: tuple[int, ...] = ()
    matches: tuple[FrameMatch, ...] | None = None
    alignment: "Alignment | None" = None
    selection: Selection | None = None
    outliers: frozenset[int] | None = None
    manifest: "Manifest | None" = None
    report: tuple[Validation, Verdict] | None = None

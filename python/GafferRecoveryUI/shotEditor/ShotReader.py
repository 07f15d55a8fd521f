from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from filmrecovery.base.errors import RecoveryError
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.elements.frame_numbers import parse_frames
from filmrecovery.reference.curation.selection_file import read_selection
from filmrecovery.reference.matching.frame_match import read_matches
from filmrecovery.training.pairs.outlier_record import added_frames, read_rounds
from filmrecovery.validation.validation_record import read_validation
from GafferRecovery.engine import enginePackages
from GafferRecovery.files.fileState import fileState
from GafferRecoveryUI.shotEditor.FrameFacts import ShotFacts
from GafferRecoveryUI.shotEditor.shotFacts import shotFacts
from GafferRecoveryUI.shotEditor.ShotRecords import ShotRecords
from GafferRecoveryUI.shotEditor.shotStages import StageFiles


class _Kept(NamedTuple):
    """What was read of a file, or why it could not be, and what the file was like then."""

    state: str
    content: Any = None
    fault: str = ""


class ShotReader:
    """Reads the files of a stage again and again: of each only when it has changed.

    For a thread: the files may lie on a slow disk, and the report of a long shot takes a while.
    """

    def __init__(self) -> None:
        self.__kept: dict[tuple[Callable[..., Any], Path], _Kept] = {}
        self.__seen: tuple[StageFiles, ShotRecords, tuple[str, ...]] | None = None
        self.__facts = ShotFacts()

    def read(self, files: StageFiles) -> ShotFacts:
        """What they tell. The same object as before where nothing has changed."""
        faults: list[str] = []
        contents = [
            self.__content(read, path, path, faults)
            for read, path in (
                (read_matches, files.matches),
                (_alignment, files.alignment),
                (read_selection, files.selection),
                (_outliers, files.outliers),
                (_manifest, files.manifest),
                (read_validation, files.report),
            )
        ]
        records = ShotRecords(self.__listed(files, faults), *contents)
        seen = files, records, tuple(faults)
        if self.__seen is None or not _isSame(seen, self.__seen):
            self.__seen, self.__facts = seen, shotFacts(records, files.byHand, faults)
        return self.__facts

    def __content(self, read: Callable[[Path], Any], path: Path | None, watched: Path | None, faults: list[str]) -> Any:
        """The content of a file, read again where the watched one has changed; None where that is not there.

        What is wrong with it is added to the faults.
        """
        state = fileState(watched) if watched is not None else ""
        if path is None or not state:
            return None
        kept = self.__kept.get((read, path))
        if kept is None or kept.state != state:
            try:
                kept = _Kept(state, read(path))
            except (RecoveryError, RuntimeError, OSError) as error:
                kept = _Kept(state, fault=str(error))
            self.__kept[read, path] = kept
        if kept.fault:
            faults.append(kept.fault)
        return kept.content

    def __listed(self, files: StageFiles, faults: list[str]) -> tuple[int, ...]:
        if not files.pattern:
            return ()
        if files.sourceFrames:
            try:
                return parse_frames(files.sourceFrames)
            except RecoveryError as error:
                faults.append(str(error))
        # Its folder changes when a frame comes or goes.
        path = Path(files.pattern)
        return self.__content(_frames, path, path.parent, faults) or ()


def _isSame(seen: tuple[StageFiles, ShotRecords, Any], before: tuple[StageFiles, ShotRecords, Any]) -> bool:
    """Whether nothing has changed. What was read of a file is the same object as long as the file is the same."""
    records = zip(seen[1], before[1], strict=True)
    return seen[0] == before[0] and seen[2] == before[2] and all(one is other for one, other in records)


def _frames(pattern: Path) -> tuple[int, ...]:
    return find_element(str(pattern)).frames


def _alignment(path: Path) -> Any:
    return enginePackages.module("filmrecovery.reference.alignment.alignment_file").read_alignment(path)


def _manifest(path: Path) -> Any:
    return enginePackages.module("filmrecovery.training.pairs.pair_manifest").parse_manifest(path)


def _outliers(path: Path) -> frozenset[int]:
    return frozenset(added_frames(read_rounds(path)))

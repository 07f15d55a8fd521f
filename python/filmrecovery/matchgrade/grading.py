"""The stage that applies a LUT to every frame of a shot."""

import hashlib
from pathlib import Path

from filmrecovery.base.errors import ElementError, FileError, SettingsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.products.changed_frames import Change, check_delivery, write_changed_frames
from filmrecovery.film.products.freshness import made_from
from filmrecovery.matchgrade.grade_record import GradeRecord, read_grade_record, record_path
from filmrecovery.matchgrade.lut_file import load_lut
from filmrecovery.matchgrade.match_grade_settings import GradeSettings
from filmrecovery.picture import colour


def grade(settings: GradeSettings, lut_path: Path, source: Element, output: str) -> Element:
    """Grades the frames of a source into EXR frames of the pattern `output`, and returns these.

    OpenColorIO applies the LUT as `load_lut` says; within 0..1 of the working space Gaffer's LUT node gives the same.
    Alpha, other channels, windows and metadata are the source's. Frames that an earlier call finished are skipped,
    unless the LUT, the settings or the source's file changed. Frames that cannot be read do not stop the others; they
    are named in the end.

    Raises SettingsError for a bad pattern, range, colour space or encoding, where neither the settings nor a record
    beside the LUT name its working space, and for a LUT that takes a balanced or cleaned source; ElementError for a LUT
    or frames that are missing, damaged or out of range; OutputError where a frame cannot be written or would overwrite
    its own input. KeyboardInterrupt, which SIGTERM raises too, leaves finished frames alone.
    """
    graded = Element(output, source.frames, settings.output_space)
    check_delivery(source, graded, settings.encoding)
    if not lut_path.is_file():
        raise ElementError(f"{lut_path}: there is no such file; fit a match grade, or name another LUT")
    record = _record(lut_path)
    if record and record.preparation:
        raise SettingsError(
            f"{lut_path}: was fitted to a prepared source ({record.preparation}), which the frames of a shot are not; "
            "fit a LUT for them to pairs of the source as it is"
        )
    working_space = settings.working_space or (record.working_space if record else None)
    if not working_space:
        raise SettingsError(
            f"{lut_path}: there is no {record_path(lut_path).name} beside it; name the working space of the LUT"
        )
    colour.check_display_referred(working_space)
    lut = load_lut(lut_path)
    lut_hash = hashlib.sha256(lut_path.read_bytes()).hexdigest()

    made_with = lut_hash, working_space, graded.space, settings.encoding
    change = Change(
        working_space,
        apply=lambda frame, number: frame.with_rgb(lut(frame.rgb)),
        made_from=lambda number: made_from("grade", 1, made_with, source.with_frames((number,))),
    )
    write_changed_frames("Grade", source, graded, settings.encoding, change)
    return graded


def _record(lut_path: Path) -> GradeRecord | None:
    """The record beside a LUT; one from elsewhere has none."""
    path = record_path(lut_path)
    if not path.is_file():
        return None
    try:
        return read_grade_record(path)
    except FileError as error:
        raise FileError(f"{error}; if the LUT is from elsewhere, give it another name than this file") from error

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import Gaffer

import GafferRecovery
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.movies.movie_facts import MOVIE_SUFFIXES
from filmrecovery.film.movies.movie_record import BY_MOVIE, BY_RULE, BY_SETTINGS, MovieRecord, read_movie_record
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from GafferRecovery.files.fileState import fileState
from GafferRecovery.plugs import pathPlugs
from GafferRecoveryUI.nodeUIs import plugMetadata
from GafferRecoveryUI.nodeUIs.RecordTable import RecordTable, Row, Table


def _settings() -> dict[str, dict[str, Any]]:
    found = plugMetadata.settings(UnpackSettings)
    del found["deband"]["preset:Automatic"]
    found["deband"] |= plugMetadata.automatic(0.0, "Off")
    found["deband"]["description"] = found["deband"]["description"].replace("Automatic, which is 0", "Off, which is 0")
    return found


def _output(text: str, **more: Any) -> dict[str, Any]:
    return {"description": text, "nodule:type": "", **more}


Gaffer.Metadata.registerNode(
    GafferRecovery.UnpackMovie,
    "description",
    """
    Makes numbered frames of a movie, which all other nodes read. Dispatch it once, for any range of frames.

    Film frames are found again where a telecine doubled fields. Colour is not converted. Interlaced video, damage and
    an uneven rate are refused. The table below `files` shows what the movie says and what was decided.
    """,
    plugs={
        "enabled": {
            "description": """
            Turn this off to leave the movie alone. All outputs are then empty.
            """,
        },
        "movie": {
            "description": """
            The movie: Matroska, MOV, MP4, MXF, AVI, VOB, MPG or TS.
            """,
            **plugMetadata.fileWidget("movie", " ".join(suffix.removeprefix(".") for suffix in MOVIE_SUFFIXES)),
        },
        "movieFrames": {
            "description": """
            The frames to write, such as `1-48`. They are frames of the film and count from `first`. Empty: all.
            """,
            "stringPlugValueWidget:placeholderText": "All",
        },
        "movieSpace": {
            "description": """
            The OpenColorIO colour space of the movie, which its frames keep. The primaries and the curve that the movie
            names, if it does, stand in the table. If they are of another kind, the dispatch warns of it.
            """,
            **plugMetadata.SPACE,
        },
        **_settings(),
        "directory": {
            "description": """
            The folder of the frames. They have the name of the movie: `video.####.exr` of `video.mkv`. Give each movie
            a folder of its own where two have the same name.
            """,
            **plugMetadata.folderWidget("image"),
        },
        "files": _output(
            """
            The files of the frames, with `#` for the digits of the frame number. Connect it to `fileName` of an
            ElementReader, or to the files of a task.
            """,
            **plugMetadata.PATH_NODULE
            | {"noduleLayout:section": "right", "plugValueWidget:type": "GafferRecoveryUI.UnpackMovieUI._MovieTable"},
        ),
        "frames": _output("""
            The numbers of the frames, such as `1-48`. Empty until the movie is unpacked.
            """),
        "frameRange": _output("""
            The first and the last of the frames; 0 and 0 until the movie is unpacked.
            """),
        "colorSpace": _output("""
            The colour space of the files, which is `movieSpace`: connect it to `colorSpace` of an ElementReader.
            """),
    },
)


class _MovieTable(RecordTable):
    """What the movie says, what was decided and who said so. First comes what nobody said, or is not right."""

    def file(self) -> Path | None:
        record = self.getPlug().node().recordPlug().getValue()
        return Path(record) if record else None

    def others(self) -> tuple[str, ...]:
        movie = pathPlugs.text(self.getPlug().node()["movie"])
        return movie, fileState(movie)

    def fault(self) -> str:
        return self.getPlug().node().fault()

    def table(self, path: Path) -> Table:
        record = read_movie_record(path)
        last = record.first + len(record.frames) - 1
        summary = f"{record.pictures} pictures, {len(record.frames)} frames: {record.first}-{last}"
        return Table(summary, ("What", "Is", "Said by"), list(_rows(record)))


def _rows(record: MovieRecord) -> Iterator[Row]:
    facts, decided = record.facts, record.decided
    found = "found"
    yield Row(("Movie", record.movie, ""))
    yield Row(("Codec", ", ".join(filter(None, (facts.codec, facts.profile, facts.pixel_format))), BY_MOVIE))
    yield Row(("Range", decided.range, decided.range_from), None, decided.range_from == BY_RULE)
    if decided.matrix:
        yield Row(("Matrix", decided.matrix, decided.matrix_from), None, decided.matrix_from == BY_RULE)
    if decided.siting:
        yield Row(("Siting", decided.siting, decided.siting_from), None, decided.siting_from == BY_RULE)
    if facts.primaries or facts.transfer:
        yield Row(("Primaries, curve", f"{facts.primaries or 'not said'}, {facts.transfer or 'not said'}", BY_MOVIE))
    yield Row(("Size", _size(record), ""))
    yield Row(("Frames a second", decided.rate, "" if decided.rate != facts.rate else BY_MOVIE))
    if facts.field_order:
        yield Row(("Field order", facts.field_order, BY_MOVIE))
    if decided.first_field:
        yield Row(("First field", decided.first_field, found))
    yield Row(("Pulldown", decided.cadence, found))
    if decided.no_timecode:
        yield Row(("Time code", f"not in the frames: {decided.no_timecode}", ""), None, True)
    else:
        yield Row(("Time code", decided.timecode or "none", BY_MOVIE if decided.timecode else ""))
    if facts.reel:
        yield Row(("Reel", facts.reel, BY_MOVIE))
    if decided.filters:
        yield Row(("Smoothed by", decided.filters, BY_SETTINGS))
    for what, frames, doubtful in (
        ("Cadence broken before", record.breaks, False),
        ("One field left", record.halves, False),
        ("Fields do not fit", record.combed, True),
    ):
        if frames:
            yield Row((what, format_frames(frames), found), frames[0], doubtful)


def _size(record: MovieRecord) -> str:
    stored = f"{record.facts.width} x {record.facts.height}"
    made = f"{record.decided.width} x {record.decided.height}"
    if made == stored:
        return made if record.decided.pixel_aspect == "1" else f"{made}, pixels of {record.decided.pixel_aspect}"
    return f"{made}, made of {stored} with pixels of {record.facts.pixel_aspect}"

"""Damaged, hand-made and hostile files: each is one named error, soon, whoever reads it."""

import json
import os
from pathlib import Path

import opentimelineio as otio
import pytest

from filmrecovery.assets.held_versions import read_held
from filmrecovery.base.errors import FileError, RecoveryError, SettingsError
from filmrecovery.base.json_lines import JsonLines
from filmrecovery.base.read_file import MOST_BYTES_BY_HAND, parse_json, read_json, read_text, read_toml
from filmrecovery.base.records import made_from_of
from filmrecovery.delivering.delivery_folder import read_delivery
from filmrecovery.film.checks.hash_list import read_history
from filmrecovery.film.elements.scope import read_scopes
from filmrecovery.matchgrade.grade_record import read_grade_record
from filmrecovery.model.balance import read_balance
from filmrecovery.painting.painting_record import read_painting
from filmrecovery.project.load_project import load_project
from filmrecovery.provenance.provenance_settings import read_provenance
from filmrecovery.provenance.sidecars import read_sidecar
from filmrecovery.reference.alignment.alignment_file import read_alignment
from filmrecovery.reference.curation.selection_file import read_selection
from filmrecovery.reference.curation.shared_crop import read_crop
from filmrecovery.reference.curation.timeline import read_timeline
from filmrecovery.reference.matching.frame_match import read_matches
from filmrecovery.training.pairs.pair_manifest import parse_manifest
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.training.runs.run_progress import last_step
from filmrecovery.validation.validation_record import read_validation

RECORDS = {
    "alignment": read_alignment,
    "assets": read_held,
    "balance": read_balance,
    "crop": read_crop,
    "grade": read_grade_record,
    "manifest": parse_manifest,
    "matches": read_matches,
    "scopes": read_scopes,
    "selection": read_selection,
    "sidecar": read_sidecar,
    "training": lambda path: RunFolder(path.parent).claim_identity({"steps": 1, "precision": "float32"}),
    "validation": read_validation,
}
DAMAGE = {
    "empty": b"",
    "cut off": b'{"version": 1, "fra',
    "another type": b"7",
    "a list": b"[]",
    "null": b"null",
    "no UTF-8": b'{"version": 1, "\xff": 2}',
    "deep": b"[" * 100_000,
    "deep and whole": b'{"version":' + b'{"a":[' * 50_000 + b"]}" * 50_000 + b"}",
    "a key twice": b'{"version": 1, "version": 1}',
    "not a number": b'{"version": NaN}',
    "half a letter": b'{"version": "\\ud800"}',
    "a long number": b'{"version": ' + b"9" * 5000 + b"}",
    "an infinite number": b'{"version": 1e999}',
}


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=list(DAMAGE))
@pytest.mark.parametrize("record", RECORDS)
def test_a_damaged_record_is_one_named_error(tmp_path, record, damage):
    path = written(tmp_path, f"{record}.json", damage)
    with pytest.raises(FileError) as caught:
        RECORDS[record](path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("content", DAMAGE.values(), ids=list(DAMAGE))
def test_a_damaged_record_of_paintings_is_one_named_error(tmp_path, content):
    path = written(tmp_path, "painting.json", content)
    with pytest.raises(FileError) as caught:
        read_painting(tmp_path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", DAMAGE.values(), ids=list(DAMAGE))
def test_a_damaged_record_of_a_delivery_is_one_named_error(tmp_path, content):
    path = written(tmp_path, "delivery.json", content)
    with pytest.raises(FileError) as caught:
        read_delivery(tmp_path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"7\n", b'"step"\n', b'{"loss": 1.0}\n', b'{"step": "a"}\n', b'{"step": 1, "loss": [1]}\n', b"[" * 10**5 + b"\n"],
)
def test_a_line_that_is_no_entry_of_the_journal_is_named(tmp_path, content):
    written(tmp_path, "metrics.jsonl", b'{"step": 0}\n' + content + b'{"step": 2}\n')
    with pytest.raises(FileError, match=r"metrics\.jsonl: .*line 2"):
        RunFolder(tmp_path).entries()


def test_a_line_that_was_cut_off_is_left_out_and_what_is_no_number_becomes_null(tmp_path):
    run = RunFolder(tmp_path)
    run.log({"step": 0, "loss": float("nan"), "seconds": 0.5})
    run.metrics.open("a").write('{"step": 10, "lo')
    assert run.entries() == [{"step": 0, "loss": None, "seconds": 0.5}]
    assert last_step(tmp_path) == 0


def test_the_last_step_of_a_journal_is_none_where_it_says_none(tmp_path):
    assert last_step(tmp_path) is None
    for content in (b"", b'{"step": 4', b"7\n", b'{"step": "a"}\n', b"[" * 10**5 + b"\n"):
        written(tmp_path, "metrics.jsonl", content)
        assert last_step(tmp_path) is None
    written(tmp_path, "metrics.jsonl", b'{"step": 4}\n' * 10_000 + b'{"step": 5}\n')
    assert last_step(tmp_path) == 5


TOML_DAMAGE = {
    "cut off": b'title = "Mis',
    "no UTF-8": b"title = '\xe9'",
    "deep": b"a = " + b"[" * 100_000,
    "a key of many parts": b".".join([b"a"] * 20_000) + b" = 1",
    "too large": b"#" * (MOST_BYTES_BY_HAND + 1),
    "a long number": b"a = " + b"9" * 5000,
}


@pytest.mark.parametrize("read", [load_project, read_provenance])
@pytest.mark.parametrize("content", TOML_DAMAGE.values(), ids=list(TOML_DAMAGE))
def test_damaged_toml_is_one_named_error(tmp_path, read, content):
    path = written(tmp_path, "project.toml", content)
    with pytest.raises(FileError, match=r"project\.toml: cannot be read as"):
        read(path)


READERS = {
    "project.toml": lambda path: read_toml(path, "a project file", "correct it"),
    "shots.json": lambda path: read_json(path, "a list of shots", "correct it"),
    "notes.txt": lambda path: read_text(path, "text", "give a text file"),
    "scans.md5": lambda path: read_text(path, "a list of hashes", "get it again"),
}
WRITTEN = {
    "project.toml": "# Film\ntitle = 'Süd'\n",
    "shots.json": '{\n"title": "Süd"}',
    "notes.txt": "Rollen\naus Süd\n",
    "scans.md5": "# Hashes\n0123 Süd.dpx\n",
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_is_read_in_utf_8_and_as_its_mark_says(tmp_path, name, encoding):
    read = READERS[name]
    plain = read(written(tmp_path, name, WRITTEN[name].encode()))
    assert "Süd" in str(plain)
    assert read(written(tmp_path, name, WRITTEN[name].encode(encoding))) == plain


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "cp437", "mac_roman", "shift_jis", "utf-16-le", "utf-16-be"])
def test_text_of_another_encoding_is_named_with_its_line(tmp_path, name, encoding):
    # Plain English in UTF-16 is UTF-8 too.
    word = {"shift_jis": "南", "utf-16-le": "Sud", "utf-16-be": "Sud"}.get(encoding, "Süd")
    path = written(tmp_path, name, WRITTEN[name].replace("Süd", word).encode(encoding))
    with pytest.raises(FileError, match=rf"{name}: cannot be read as .*\(line [12] .*save the file in") as caught:
        READERS[name](path)
    assert "codec" not in str(caught.value)


def test_a_mark_of_utf_16_before_other_bytes_is_named(tmp_path):
    with pytest.raises(FileError, match=r"notes\.txt: .*begins as UTF-16, and is damaged or cut off"):
        read_text(written(tmp_path, "notes.txt", "Süd".encode("utf-16")[:-1]), "text", "give a text file")


@pytest.mark.parametrize("value", ["nan", "inf", f"0x{'f' * 5000}", "1979-05-27", '"\\u0000"', "{ a = { a = 1 } }"])
def test_a_value_of_no_use_in_a_project_is_one_named_error(tmp_path, value):
    path = written(tmp_path, "project.toml", f"title = {value}\n[validate]\nmost_flicker = {value}".encode())
    with pytest.raises(SettingsError, match=r"project\.toml"):
        load_project(path)


def clip(**changes):
    rate = otio.opentime.RationalTime
    span = otio.opentime.TimeRange(rate(1, 24), rate(5, 24))
    media = otio.schema.ImageSequenceReference("/scans/", "print.", ".dpx", 1, 1, 24, 4, available_range=span)
    for name, value in changes.items():
        setattr(media, name, value)
    return otio.schema.Clip("sc01", media, span)


def timeline(one):
    found = otio.schema.Timeline("cut")
    found.tracks.append(otio.schema.Track("V1", kind="Video"))
    found.tracks[0].append(one)
    return json.loads(otio.adapters.write_to_string(found, "otio_json"))


def changed(change):
    content = timeline(clip())
    one = content["tracks"]["children"][0]["children"][0]
    change(one, one["media_references"]["DEFAULT_MEDIA"])
    return json.dumps(content).encode()


def with_time(value, rate):
    def change(one, media):
        one["source_range"]["start_time"].update(value=value, rate=rate)

    return changed(change)


TIMELINES = {
    **DAMAGE,
    "deep": b'{"OTIO_SCHEMA": "Timeline.1", "metadata": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    "another object": b'{"OTIO_SCHEMA": "Clip.2"}',
    "no tracks": b'{"OTIO_SCHEMA": "Timeline.1"}',
    "no such schema": b'{"OTIO_SCHEMA": "Film.1"}',
    "no schema": b'{"OTIO_SCHEMA": 7}',
    "padding": changed(lambda one, media: media.update(frame_zero_padding=10**9)),
    "a rate of 0": with_time(1, 0),
    "a far time": with_time(1e30, 24),
    "a time before all": with_time(-5, 24),
    "no media": changed(lambda one, media: one.update(media_references={}, active_media_reference_key="gone")),
    "no range": changed(lambda one, media: (one.pop("source_range"), media.pop("available_range"))),
    "a text for a number": changed(lambda one, media: media.update(start_frame="one")),
    "a range of another type": changed(lambda one, media: one.update(source_range=[1])),
    "frames of another type": changed(lambda one, media: media.update(metadata={"film_recovery": {"frames": 7}})),
    "metadata of another type": changed(lambda one, media: one.update(metadata={"film_recovery": 7})),
    "an offset of another type": changed(
        lambda one, media: one.update(metadata={"film_recovery": {"reference_offset": "x"}})
    ),
}


@pytest.mark.parametrize("content", TIMELINES.values(), ids=list(TIMELINES))
def test_a_damaged_timeline_is_one_named_error(tmp_path, content):
    with pytest.raises(FileError, match=r"cut\.otio"):
        read_timeline(written(tmp_path, "cut.otio", content))


@pytest.mark.parametrize("content", [b"<", b"<a/>" * 2, b'<?xml version="1.0" encoding="klingon"?><a/>', b"\xff\xfe"])
def test_a_damaged_hash_list_is_one_named_error(tmp_path, content):
    (tmp_path / "ascmhl").mkdir()
    written(tmp_path / "ascmhl", "ascmhl_chain.xml", content)
    with pytest.raises(FileError, match=r"ascmhl_chain\.xml: cannot be read as an ASC Media Hash List"):
        read_history(tmp_path)


def read_lines(path, what, remedy):
    return JsonLines(path, what, remedy, lambda line: True).read()


def test_what_is_no_file_or_too_large_is_refused_unread(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with open(tmp_path / "large", "wb") as file:
        file.truncate(1 << 40)
    for name, reason in (("pipe", "no file"), ("large", "larger than"), (".", "no file"), ("x" * 5000, "too long")):
        for read in (read_text, read_json, read_toml, read_lines):
            with pytest.raises(FileError, match=reason):
                read(tmp_path / name, "a record", "write it again")
    with pytest.raises(RecoveryError, match="no file"):
        made_from_of(tmp_path / "pipe")


def test_names_that_are_no_utf8_are_read_as_they_were_written():
    assert parse_json(json.dumps({"pattern": "scan\udce9.####.dpx"})) == {"pattern": "scan\udce9.####.dpx"}

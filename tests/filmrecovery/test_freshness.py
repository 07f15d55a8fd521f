"""The stages that a dispatcher may call again and again: what is current is kept, and nothing else is."""

import dataclasses
import json
import logging
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from filmrecovery.base.errors import SettingsError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.balance import read_balance
from filmrecovery.reference.alignment.alignment_file import read_alignment
from filmrecovery.reference.curation.shared_crop import read_crop
from filmrecovery.reference.matching.frame_match import read_matches
from filmrecovery.reference.matching.match_settings import MatchSettings
from filmrecovery.reference.matching.match_shots import current_matches

WIDTH, HEIGHT = 240, 160
FRAMES = tuple(range(1, 9))
RECORDS = ("shots", "matches", "alignment", "crop", "selection", "balance")


@pytest.fixture(scope="module")
def plane():
    random = np.random.default_rng(4)
    size = (HEIGHT + 40, WIDTH + 100, 3)
    layers = [ndimage.gaussian_filter(random.standard_normal(size), (each, each, 0)) * each for each in (1.5, 4, 10)]
    total = np.sum(layers, axis=0)
    return np.clip(0.5 + 0.16 * total / total.std(), 0, 1).astype(np.float32)


@pytest.fixture
def film(tmp_path, plane):
    """A faded source and a reference with other numbers and framing, and a camera that moves unevenly."""
    source = Element(str(tmp_path / "print.####.exr"), FRAMES, "srgb_tx")
    reference = Element(str(tmp_path / "video.####.exr"), tuple(frame + 100 for frame in FRAMES), "srgb_tx")
    for frame in FRAMES:
        left, top = round(8 + 6 * frame + 5 * np.sin(2.1 * frame)), round(20 + 6 * np.cos(1.3 * frame))
        rgb = 0.2 + 0.6 * plane[top : top + HEIGHT, left : left + WIDTH] * np.array([1.0, 0.7, 0.8], np.float32)
        write_frame(source.path(frame), frame_from_rgb(rgb.astype(np.float32)), "float")
        rgb = plane[top + 3 : top + 3 + HEIGHT, left - 5 : left - 5 + WIDTH]
        write_frame(reference.path(frame + 100), frame_from_rgb(rgb), "float")
    return source, reference


def call(folder, film, verb, *options):
    """One verb on the film, its record in the folder."""
    source, reference = (element.pattern for element in film)
    shots, matches, alignment, crop, selection, balance = (folder / f"{name}.json" for name in RECORDS)
    arguments = {
        "shots": (source, shots),
        "match": (source, reference, matches),
        "align": (matches, source, reference, alignment, "--model", "translate"),
        "crop": (source, crop, "--reference", reference, "--alignment", alignment),
        "select": (source, selection, "--matches", matches, "--alignment", alignment),
        "balance": (source, balance, "--reference", reference),
    }[verb]
    return main([verb, *map(str, (*arguments, *options))])


VERBS = ("shots", "match", "align", "crop", "select", "balance")


def replace(path, frame):
    """Writes another picture into a file; what the file system tells of its size and time stays."""
    status = path.stat()
    # Without compression, so that the files are of one size.
    write_frame(path, frame, "aces")
    assert path.stat().st_size == status.st_size
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def contents(folder):
    return {name: (folder / f"{name}.json").read_bytes() for name in RECORDS}


def assert_current(folder, film, caplog):
    """Calls every verb again, and nothing is done."""
    before = contents(folder)
    written = {name: (folder / f"{name}.json").stat().st_mtime_ns for name in RECORDS}
    for verb, name in zip(VERBS, RECORDS, strict=True):
        caplog.clear()
        with caplog.at_level(logging.INFO):
            assert call(folder, film, verb) == 0, verb
        assert f"{folder / name}.json: is current, nothing is done again" in caplog.messages
    assert contents(folder) == before
    assert {name: (folder / f"{name}.json").stat().st_mtime_ns for name in RECORDS} == written


def moved(element, folder):
    return dataclasses.replace(element, pattern=str(folder / Path(element.pattern).name))


@pytest.mark.slow
def test_a_second_call_does_nothing_and_says_the_same(film, tmp_path, capsys, caplog):
    for verb in VERBS:
        assert call(tmp_path, film, verb) == 0
    told = capsys.readouterr().out
    assert_current(tmp_path, film, caplog)
    assert capsys.readouterr().out == told


@pytest.mark.slow
def test_files_that_were_moved_copied_or_touched_count_as_the_same(film, tmp_path, caplog):
    first = tmp_path / "first"
    first.mkdir()
    for element in film:
        for path in element.paths():
            path.rename(first / path.name)
    film = [moved(element, first) for element in film]
    for verb in VERBS:
        assert call(first, film, verb) == 0

    for element in film:
        for path in element.paths():
            os.utime(path, (0, 0))
    assert_current(first, film, caplog)
    second = tmp_path / "somewhere" / "else"
    shutil.copytree(first, second, copy_function=shutil.copyfile)
    assert_current(second, [moved(element, second) for element in film], caplog)
    shutil.rmtree(second)
    shutil.move(first, second)
    assert_current(second, [moved(element, second) for element in film], caplog)


@pytest.mark.slow
def test_another_picture_of_the_same_size_and_time_counts(film, tmp_path, caplog):
    path = film[0].path(5)
    frame = read_frame(path)
    write_frame(path, frame, "aces")
    for verb in VERBS:
        assert call(tmp_path, film, verb) == 0
    before = read_balance(tmp_path / "balance.json")
    replace(path, frame.with_rgb(0.5 * frame.rgb))
    for verb, name in zip(VERBS, RECORDS, strict=True):
        caplog.clear()
        with caplog.at_level(logging.INFO):
            assert call(tmp_path, film, verb) == 0, verb
        assert any(f"{name}.json: is made again" in message for message in caplog.messages), verb
    assert read_balance(tmp_path / "balance.json") != before


@pytest.mark.slow
def test_a_corrected_match_survives_a_move(film, tmp_path, caplog):
    call(tmp_path, film, "match")
    folder = tmp_path / "moved"
    folder.mkdir()
    content = json.loads((tmp_path / "matches.json").read_text())
    content["matches"][3]["reference"] = 105
    (folder / "matches.json").write_text(json.dumps(content))
    for element in film:
        for path in element.paths():
            shutil.move(path, folder)
    with caplog.at_level(logging.INFO):
        assert call(folder, [moved(element, folder) for element in film], "match") == 0
    assert f"{folder / 'matches.json'}: is current, nothing is done again" in caplog.messages
    assert read_matches(folder / "matches.json")[3].reference == 105


@pytest.mark.slow
def test_a_changed_file_counts(film, tmp_path, capsys):
    for verb in VERBS:
        call(tmp_path, film, verb)
    path = film[0].path(5)
    before = {name: (tmp_path / f"{name}.json").read_bytes() for name in RECORDS}
    path.write_bytes(bytes(10))
    for verb in VERBS:
        capsys.readouterr()
        assert call(tmp_path, film, verb) == 1, verb
        assert "print.0005.exr" in capsys.readouterr().err
    # An interrupted call leaves what there was, whole.
    assert {name: (tmp_path / f"{name}.json").read_bytes() for name in RECORDS} == before
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
def test_a_changed_setting_counts(film, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    for verb in ("match", "align", "crop"):
        call(tmp_path, film, verb)
    assert call(tmp_path, film, "crop", "--left", "40") == 0
    assert read_crop(tmp_path / "crop.json").x0 == 40
    assert call(tmp_path, film, "match", "--frames", "2-7") == 0
    assert [match.source for match in read_matches(tmp_path / "matches.json")] == [2, 3, 4, 5, 6, 7]
    assert call(tmp_path, film, "align", "--frames", "3-6") == 0
    assert [frame.source for frame in read_alignment(tmp_path / "alignment.json").frames] == [3, 4, 5, 6]
    assert "is current" not in caplog.text


@pytest.mark.slow
def test_a_corrected_match_stays_and_later_stages_follow_it(film, tmp_path, capsys):
    call(tmp_path, film, "match")
    call(tmp_path, film, "align")
    before = {frame.source: frame for frame in read_alignment(tmp_path / "alignment.json").frames}

    path = tmp_path / "matches.json"
    content = json.loads(path.read_text())
    content["matches"][3]["reference"] = 105
    path.write_text(json.dumps(content))
    for verb in ("match", "align"):
        assert call(tmp_path, film, verb) == 0
    assert read_matches(path)[3].reference == 105
    after = {frame.source: frame for frame in read_alignment(tmp_path / "alignment.json").frames}
    assert after[4].reference == 105
    assert np.abs(after[4].matrix - before[4].matrix).max() > 1
    assert np.abs(after[2].matrix - before[2].matrix).max() < 0.2


def test_a_record_that_was_edited_badly_is_neither_used_nor_lost(film, tmp_path, capsys):
    call(tmp_path, film, "match")
    path = tmp_path / "matches.json"
    text = path.read_text()
    for edited, message in (
        (text[:-10], r"cannot be read"),
        (
            text.replace('"reference": 102', '"reference": "102"'),
            "match 1, key 'reference': '102' is not a whole number",
        ),
    ):
        path.write_text(edited)
        assert call(tmp_path, film, "match") == 1
        told = capsys.readouterr().err
        assert message in told
        assert "remove it" in told
        assert path.read_text() == edited


def test_a_record_never_takes_the_name_of_its_own_table(element, tmp_path):
    picture = np.full((8, 8, 3), 0.5, np.float32)
    scan, table = element("scan", [picture, picture]), tmp_path / "matches.csv"
    table.write_text("a table")
    with pytest.raises(SettingsError, match=r"matches.csv: expected a name that ends in .json"):
        current_matches(table, MatchSettings(), scan, scan)
    assert table.read_text() == "a table"

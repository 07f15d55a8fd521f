"""The memory of hashes saves reading, and never decides what a file holds."""

import hashlib
import logging
import os
import sqlite3
import threading
import time

import numpy as np
import OpenImageIO
import pytest

from filmrecovery.base.errors import ElementError
from filmrecovery.film.checks.content_hash import file_hashes, picture_hashes
from filmrecovery.film.frames.frame import Frame
from filmrecovery.film.frames.frame_header import with_mark, with_texts
from filmrecovery.film.frames.write_frame import write_frame


@pytest.fixture
def memory(tmp_path, monkeypatch):
    """A memory of this test alone: its database, which is not there yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("filmrecovery.film.checks.content_hash._WITHOUT_MEMORY", threading.Event())
    return tmp_path / "cache" / "filmrecovery" / "hashes.sqlite"


@pytest.fixture
def settled(tmp_path, monkeypatch):
    """Writes a file that counts as written long ago: (name, content) -> path."""
    # The time at which a file's state changed cannot be set; so the clock goes on.
    now = time.time_ns
    monkeypatch.setattr("filmrecovery.film.checks.content_hash.time.time_ns", lambda: now() + 60 * 10**9)

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def hash_of(path):
    return file_hashes([path])[path]


def remembered(memory):
    """The number of hashes in the database."""
    if not memory.exists():
        return 0
    with sqlite3.connect(memory) as database:
        return database.execute("SELECT count(*) FROM hashes").fetchone()[0]


def foretell(memory, digest):
    """Puts another hash into the memory for all that is in it: who gets it has not read the file."""
    with sqlite3.connect(memory) as database:
        database.execute("UPDATE hashes SET sha256 = ?", (digest,))


def test_a_hash_is_that_of_the_bytes(settled, memory):
    paths = {settled(f"{number}.bin", bytes([number]) * 1000): bytes([number]) * 1000 for number in range(40)}
    assert file_hashes(paths) == {path: sha256(content) for path, content in paths.items()}
    assert hash_of(next(iter(paths))) == sha256(bytes(1000))
    assert file_hashes([]) == {}


def test_a_file_is_read_once_until_it_changes(settled, memory):
    path = settled("a.bin", b"one")
    assert hash_of(path) == sha256(b"one")
    assert remembered(memory) == 1
    foretell(memory, "from memory")
    assert hash_of(path) == "from memory"

    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_bytes(b"two")
    os.utime(path, ns=times)
    assert hash_of(path) == sha256(b"two")
    assert remembered(memory) == 1


def test_a_file_that_takes_the_place_of_another_is_read(settled, memory):
    first, second = settled("a.bin", b"one"), settled("b.bin", b"two")
    os.utime(second, ns=(first.stat().st_atime_ns, first.stat().st_mtime_ns))
    file_hashes([first])
    second.replace(first)
    assert hash_of(first) == sha256(b"two")


def test_a_file_that_was_just_written_is_not_remembered(tmp_path, memory):
    path = tmp_path / "a.bin"
    path.write_bytes(b"one")
    assert hash_of(path) == sha256(b"one")
    assert remembered(memory) == 0


def test_the_memory_may_be_deleted(settled, memory):
    path = settled("a.bin", b"one")
    hash_of(path)
    foretell(memory, "from memory")
    memory.unlink()
    assert hash_of(path) == sha256(b"one")
    assert remembered(memory) == 1


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_a_damaged_memory_changes_nothing(settled, memory, caplog, content):
    path = settled("a.bin", b"one")
    hash_of(path)
    memory.write_bytes(content)
    with caplog.at_level(logging.INFO):
        assert hash_of(path) == sha256(b"one")
    assert caplog.messages == []
    # What can be no database is taken away, so that the next process remembers again; an empty file becomes one.
    assert not memory.exists() or remembered(memory) == 1


def test_a_cache_folder_that_cannot_be_made_changes_nothing(settled, memory):
    memory.parents[1].write_bytes(b"a file where the folder would be")
    assert hash_of(settled("a.bin", b"one")) == sha256(b"one")


def test_a_name_that_is_no_text_is_taken(settled, memory):
    path = settled(os.fsdecode(b"scan\xff.bin"), b"one")
    assert hash_of(path) == hash_of(path) == sha256(b"one")


def test_a_file_that_is_missing_is_named(tmp_path, memory):
    with pytest.raises(ElementError, match=r"missing\.bin"):
        hash_of(tmp_path / "missing.bin")


def frame(value=0.5, **texts):
    """A small frame with alpha."""
    spec = OpenImageIO.ImageSpec(6, 4, 4, OpenImageIO.FLOAT)
    pixels = np.full((4, 6, 4), (value, 0.25, 0.25, 1.0), np.float32)
    return with_texts(Frame(pixels, ("R", "G", "B", "A"), spec), texts)


def picture_of(path, frame):
    write_frame(path, frame, "float")
    return picture_hashes([path])[path]


def test_of_a_frame_of_ours_the_picture_counts_and_not_what_its_header_says(tmp_path):
    path = tmp_path / "frame.0001.exr"
    marked = with_mark(frame(Restorationist="Jane Doe"), "render 1", "lin_rec709")
    first = picture_of(path, marked)
    assert picture_of(path, with_texts(marked, {"Restorationist": "Joan Roe"})) == first
    assert picture_of(path, with_mark(frame(), "render 2", "lin_rec709")) == first
    assert picture_of(path, with_mark(frame(0.51), "render 1", "lin_rec709")) != first
    alpha = with_mark(frame(), "render 1", "lin_rec709")
    alpha.pixels[0, 0, 3] = 0.0
    assert picture_of(path, alpha) != first
    moved = with_mark(frame(), "render 1", "lin_rec709")
    moved.spec.x = 1
    assert picture_of(path, moved) != first


def test_of_files_from_elsewhere_every_byte_counts(tmp_path):
    path = tmp_path / "scan.0001.exr"
    first = picture_of(path, frame())
    assert first == sha256(path.read_bytes())
    assert picture_of(path, frame(scanner="wet gate")) != first
    for name, content in (("note.txt", b"text"), ("damaged.exr", b"no frame")):
        (tmp_path / name).write_bytes(content)
        assert picture_hashes([tmp_path / name]) == {tmp_path / name: sha256(content)}


def test_hashes_of_a_file_and_of_its_picture_are_remembered_apart(settled, memory):
    path = settled("frame.exr", b"")
    write_frame(path, with_mark(frame(), "render 1", "lin_rec709"), "float")
    file, picture = hash_of(path), picture_hashes([path])[path]
    assert file != picture
    assert remembered(memory) == 2
    assert (hash_of(path), picture_hashes([path])[path]) == (file, picture)


def test_what_was_not_asked_for_in_a_year_is_forgotten(settled, memory, monkeypatch):
    hash_of(settled("old.dpx", b"old"))
    with sqlite3.connect(memory) as database:
        database.execute("UPDATE hashes SET hashed = 0")
    monkeypatch.setattr("filmrecovery.film.checks.content_hash._FORGOTTEN", threading.Event())
    hash_of(settled("new.dpx", b"new"))
    assert remembered(memory) == 1

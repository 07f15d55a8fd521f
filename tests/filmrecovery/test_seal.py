import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.cli import main
from filmrecovery.film.checks.hash_list import c4_id, hash_file
from filmrecovery.provenance.seal import Differences, seal, verify

NAMESPACE = {"": "urn:ASC:MHL:v2.0"}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "delivery"
    (path / "reports & more").mkdir(parents=True)
    for frame in range(1, 4):
        (path / f"shot.{frame:04d}.exr").write_bytes(os.urandom(1000))
    (path / "reports & more" / "réport.html").write_text("report")
    (path / ".DS_Store").write_text("of the desktop")
    return path


def flip(path):
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    status = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_c4_ids_are_those_of_the_standard(tmp_path):
    # The examples of SMPTE ST 2114 and of the reference implementation.
    (tmp_path / "empty").touch()
    expected = "c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sFT"
    assert hash_file(tmp_path / "empty", ["c4"]) == {"c4": expected}
    assert c4_id(bytes(64)) == "c4" + "1" * 88


def test_xxhashes_are_those_of_the_reference_implementation(tmp_path):
    (tmp_path / "empty").touch()
    assert hash_file(tmp_path / "empty", ["xxh64", "xxh3", "xxh128"]) == {
        "xxh64": "ef46db3751d8e999",
        "xxh3": "2d06800538d394c2",
        "xxh128": "99aa06d3014798d86001c324468d497f",
    }


def test_a_sealed_folder_is_as_it_was(folder):
    seal(folder)
    assert verify(folder) == Differences()


def test_one_flipped_bit_a_lost_and_an_added_file_are_found(folder):
    seal(folder)
    flip(folder / "shot.0002.exr")
    (folder / "shot.0003.exr").unlink()
    (folder / "reports & more" / "new.txt").touch()
    assert verify(folder) == Differences(
        changed=("shot.0002.exr",), missing=("shot.0003.exr",), added=("reports & more/new.txt",)
    )


def test_the_verbs_name_each_file_and_end_with_a_status(folder, capsys):
    assert main(["verify", str(folder)]) == 1
    assert "is not sealed" in capsys.readouterr().err
    assert main(["seal", str(folder)]) == 0
    assert main(["verify", str(folder)]) == 0
    capsys.readouterr()
    for number in range(20):
        (folder / f"new.{number:02d}").touch()
    assert main(["verify", str(folder)]) == 1
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [f"added: new.{number:02d}" for number in range(20)]
    assert "20 files differ from the sealed state" in printed.err


def test_the_next_seal_takes_up_what_was_added_and_keeps_the_first_list(folder):
    first = seal(folder)
    content = first.read_bytes()
    (folder / "shot.0004.exr").write_bytes(b"4")
    second = seal(folder)
    assert second.name.startswith("0002_delivery_")
    assert first.read_bytes() == content
    entries = ElementTree.parse(second).getroot().iterfind("hashes/hash", NAMESPACE)
    actions = {entry.findtext("path", None, NAMESPACE): entry.find("c4", NAMESPACE).get("action") for entry in entries}
    assert actions == {
        "reports & more/réport.html": "verified",
        "shot.0001.exr": "verified",
        "shot.0002.exr": "verified",
        "shot.0003.exr": "verified",
        "shot.0004.exr": "original",
    }
    assert verify(folder) == Differences()


def test_damage_is_not_sealed(folder):
    seal(folder)
    flip(folder / "shot.0001.exr")
    with pytest.raises(ElementError, match=r"not as it was sealed(?s:.*)changed: shot\.0001\.exr"):
        seal(folder)
    assert len(list((folder / "ascmhl").glob("*.mhl"))) == 1


def test_lists_that_were_tampered_with_are_found(folder):
    path = seal(folder)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("shot.0003.exr", "shot.0009.exr"), encoding="utf-8")
    with pytest.raises(FileError, match=rf"{path.name}: was changed"):
        verify(folder)
    path.unlink()
    with pytest.raises(FileError, match=rf"{path.name}: missing"):
        verify(folder)
    path.write_text(whole, encoding="utf-8")
    chain = folder / "ascmhl" / "ascmhl_chain.xml"
    chain.write_text("<ascmhldirectory>")
    with pytest.raises(FileError, match=r"ascmhl_chain\.xml: cannot be read as an ASC Media Hash List"):
        verify(folder)
    chain.unlink()
    with pytest.raises(FileError, match=r"ascmhl_chain\.xml: missing"):
        verify(folder)


def test_a_folder_sealed_inside_of_another_is_looked_into(folder):
    seal(folder)
    outer = folder.parent
    (outer / "readme.txt").touch()
    seal(outer)
    assert verify(outer) == Differences()
    flip(folder / "shot.0001.exr")
    (folder / "new.txt").touch()
    assert verify(outer) == Differences(changed=("delivery/shot.0001.exr",), added=("delivery/new.txt",))
    shutil.rmtree(folder)
    (missing,) = verify(outer).missing
    assert missing.startswith("delivery/ascmhl/0002_delivery_")


def test_a_list_that_came_later_does_not_hide_what_was_added(folder):
    seal(folder)
    (folder / "reports & more" / "new.txt").touch()
    seal(folder / "reports & more")
    assert verify(folder) == Differences(added=("reports & more/new.txt",))


def test_there_must_be_something_to_seal(tmp_path):
    with pytest.raises(ElementError, match="holds no files"):
        seal(tmp_path)
    with pytest.raises(ElementError, match="no such folder"):
        seal(tmp_path / "nowhere")


def test_the_reference_implementation_reads_the_lists_and_we_read_its(folder):
    pytest.importorskip(
        "ascmhl", reason="needs the reference implementation: pip install ascmhl, in a place of its own"
    )

    def reference(*arguments):
        modules = {"create": "ascmhl.cli.ascmhl", "verify": "ascmhl.cli.ascmhl_debug"}
        return subprocess.run([sys.executable, "-m", modules[arguments[0]], *arguments], check=False).returncode

    seal(folder)
    assert reference("verify", str(folder)) == 0
    assert reference("create", "-h", "md5", str(folder)) == 0
    assert verify(folder) == Differences()
    flip(folder / "shot.0001.exr")
    assert reference("verify", str(folder)) != 0


def test_a_folder_that_may_not_be_read_is_named_and_not_left_out(folder, monkeypatch):
    (folder / "private").mkdir()
    (folder / "private" / "notes.txt").write_text("of the film")
    for path, rights in ((folder / "private", 0), (folder, 0o755)):
        path.chmod(rights)
    # The folders above are the user's own.
    monkeypatch.chdir(folder)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)
        with pytest.raises(ElementError, match=r"private: cannot be read \(Permission denied\)"):
            seal(Path())
    finally:
        os.seteuid(user)
        (folder / "private").chmod(0o755)

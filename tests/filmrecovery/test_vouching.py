"""What vouches for the bytes of an element's files, and what is noticed of those that changed."""

import hashlib
import random

import numpy as np
import pytest

from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.cli import main
from filmrecovery.film.checks import content_hash
from filmrecovery.film.checks.hash_list import hash_file
from filmrecovery.film.checks.parity import check_element, check_parity
from filmrecovery.film.checks.vouching import vouch
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.provenance.seal import seal


def picture(seed, height=48, width=64):
    generator = np.random.default_rng(seed)
    coarse = np.kron(generator.random((height // 8, width // 8, 3)), np.ones((8, 8, 1)))
    return np.clip(coarse + generator.normal(0, 0.03, coarse.shape), 0, 1).astype(np.float32)


@pytest.fixture
def scan(tmp_path):
    """Writes a scan of three frames: (suffix) -> element, in a folder of its own."""

    def make(suffix="dpx"):
        for number in (1, 2, 3):
            write_frame(tmp_path / "reel" / f"scan.{number:04d}.{suffix}", frame_from_rgb(picture(number)))
        return find_element(str(tmp_path / "reel" / f"scan.####.{suffix}"))

    return make


def change_bit(path):
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)


def sums(element, algorithm, mark=" "):
    lines = [f"{hash_file(path, [algorithm])[algorithm]} {mark}{path.name}" for path in element.paths()]
    return "\n".join(lines) + "\n"


def lines(element, form):
    """A line for each frame, of its hash and its name."""
    hashes = [hash_file(path, ["md5"])["md5"] for path in element.paths()]
    return "".join(form.format(md5, path.name) for md5, path in zip(hashes, element.paths(), strict=True))


def single(element):
    for path in element.paths():
        path.with_name(f"{path.name}.md5").write_text(hash_file(path, ["md5"])["md5"] + "\n")


def frame_hashes(element):
    head = "#format: frame checksums\n#version: 2\n#hash: MD5\n#tb 0: 1/24\n#codec_id 0: dpx\n"
    rows = [
        f"0, {n}, {n}, 1, {path.stat().st_size:8}, {hashlib.md5(path.read_bytes()).hexdigest()}"
        for n, path in enumerate(element.paths())
    ]
    return head + "\n".join(rows) + "\n"


LISTS = {
    "ASC MHL": lambda element, folder: seal(folder),
    "ASC MHL above": lambda element, folder: seal(folder.parent),
    "md5": lambda element, folder: (folder / "reel.md5").write_text(sums(element, "md5")),
    "sha1": lambda element, folder: (folder / "SHA1SUMS").write_text(sums(element, "sha1", "*")),
    "sha256": lambda element, folder: (folder / "reel.SHA256").write_text(sums(element, "sha256")),
    "sha512": lambda element, folder: (folder / "reel.sha512").write_text(sums(element, "sha512")),
    "xxh64": lambda element, folder: (folder / "reel.xxh64").write_text(sums(element, "xxh64")),
    "BSD": lambda element, folder: (folder / "reel.md5").write_text(lines(element, "MD5 ({1}) = {0}\n")),
    "macOS": lambda element, folder: (folder / "reel.md5").write_text(lines(element, "{0} {1}\n")),
    "md5deep": lambda element, folder: (folder.parent / "film.md5").write_text(lines(element, "{0}  reel/{1}\r\n")),
    "Windows": lambda element, folder: (folder.parent / "film.md5").write_text(lines(element, "{0} *.\\reel\\{1}\r\n")),
    "BagIt": lambda element, folder: (folder.parent / "manifest-md5.txt").write_text(lines(element, "{0}  reel/{1}\n")),
    "one a file": lambda element, folder: single(element),
    "framemd5": lambda element, folder: (folder / "reel.framemd5").write_text(frame_hashes(element)),
}


@pytest.mark.parametrize("make", LISTS.values(), ids=list(LISTS))
def test_hashes_beside_the_frames_are_verified_before_use(scan, make):
    element = scan()
    folder = element.path(1).parent
    make(element, folder)
    assert [frames for frames in vouch(element).by.values()] == [[1, 2, 3]]
    change_bit(element.path(2))
    for check in (lambda: check_element(element), lambda: check_parity(element, element)):
        with pytest.raises(ElementError, match=r"scan\.0002\.dpx: is not the file that .* lists"):
            check()


def test_hashes_of_decoded_pictures_or_of_other_files_are_said_to_be_of_no_use(scan):
    element = scan()
    rows = frame_hashes(element).replace(f"{element.path(1).stat().st_size:8}", "  999999")
    (element.path(1).parent / "decoded.framemd5").write_text(rows)
    vouched = vouch(element)
    assert not vouched.by
    assert not vouched.problems
    assert "decoded.framemd5: is not of the 3 files" in vouched.lines(element)[-1]


def test_a_damaged_list_of_hashes_is_an_error(scan):
    element = scan()
    (element.path(1).parent / "reel.md5").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match=r"reel\.md5: cannot be read as a list of hashes"):
        check_element(element)


def test_a_list_above_of_other_files_is_no_matter(scan):
    element = scan()
    above = element.path(1).parent.parent
    (above / "other.md5").write_text(lines(element, "{0}  another/{1}\n"))
    (above / "damaged.md5").write_bytes(b"\xff\xfe\x00")
    vouched = vouch(element)
    assert not vouched.by
    assert not vouched.problems
    (note,) = vouched.notes
    assert "damaged.md5: cannot be read as a list of hashes" in note


def test_bytes_that_changed_while_nothing_wrote_the_file_are_noticed(scan, monkeypatch):
    element = scan()
    # A file counts as settled some seconds after it was written, and nothing but a disk changes it without its times.
    monkeypatch.setattr(content_hash, "_SETTLED_NANOSECONDS", 0)
    states = {path: vars(content_hash)["_state"](path) for path in element.paths()}
    monkeypatch.setattr(content_hash, "_state", states.get)
    check_element(element)
    change_bit(element.path(3))
    with pytest.raises(ElementError, match=r"scan\.0003\.dpx: its bytes changed since it was first read here"):
        check_element(element)


def test_a_file_that_was_written_again_is_no_damage(scan):
    element = scan()
    check_element(element)
    write_frame(element.path(3), frame_from_rgb(picture(9)))
    check_element(element)


def test_damage_that_the_jpeg_library_warns_of_is_an_error(scan):
    """Of single changed bits a third leaves too much data or too little; all can be decoded."""
    element = scan("jpg")
    whole = element.path(2).read_bytes()
    start = whole.index(b"\xff\xda") + 14
    generator = random.Random(1)
    places = [generator.randrange(start, len(whole) - 2) for _ in range(60)]
    for frame, place in enumerate(places, start=4):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << generator.randrange(8)
        element.path(frame).write_bytes(damaged)
    everything = find_element(element.pattern)
    problems = vouch(everything).problems
    assert not problems.keys() & {1, 2, 3}
    assert len(problems) > 12
    assert all("Corrupt JPEG data" in problem or "damaged" in problem for problem in problems.values())


@pytest.mark.parametrize(
    ("suffix", "said"),
    [
        ("dpx", "nothing vouches for their values: DPX has no checksum"),
        ("jpg", "nothing vouches for their values: JPG has no checksum"),
        ("png", "their own checksums are right"),
    ],
)
def test_the_verb_says_what_it_can_vouch_for(scan, capsys, suffix, said):
    element = scan(suffix)
    assert main(["check", element.pattern]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("frames 1-3 can be worked with")
    assert said in second
    (element.path(1).parent / "reel.md5").write_text(sums(element.with_frames([1]), "md5"))
    assert main(["check", element.pattern]) == 0
    assert "1: as" in capsys.readouterr().out

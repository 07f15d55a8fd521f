"""What vouches for the bytes of an element's files, and whether they are still those.

PNG has checksums of its own; the other formats show damage only where it cannot be decoded. What tells more are hashes
that came with the files, beside them: ASC Media Hash Lists and lists as md5sum and its relatives write them (of their
folder or one above), and what `ffmpeg -c copy -f framemd5` writes. Without any, the hashes that were taken when the
files were first read here tell of bytes that changed while nothing wrote the file.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from filmrecovery.base.overlap import at_once
from filmrecovery.base.read_file import read_text
from filmrecovery.film.checks.content_hash import silently_changed
from filmrecovery.film.checks.hash_list import CHAIN_NAME, FOLDER_NAME, hash_file, known_formats, read_history
from filmrecovery.film.checks.jpeg_warnings import jpeg_warnings
from filmrecovery.film.checks.lost_blocks import lost_block
from filmrecovery.film.checks.sum_lists import FOLDERS_ABOVE, REMEDY, Listed, sum_lists
from filmrecovery.film.elements.element import Element, find_element
from filmrecovery.film.elements.frame_numbers import format_frames

_JPEG_SUFFIXES = (".jpg", ".jpeg")


@dataclass
class Vouched:
    """What was found of an element's files."""

    problems: dict[int, str] = field(default_factory=dict)
    """What is wrong with the file of a frame, by frame."""
    by: dict[str, list[int]] = field(default_factory=dict)
    """The frames whose bytes are right, by what vouches for them."""
    notes: list[str] = field(default_factory=list)
    """Lists that could not be used, and why."""

    def lines(self, element: Element) -> list[str]:
        """What vouches for which frames, a line each."""
        lines = [f"{self._named(element, frames)}: as {what} says" for what, frames in self.by.items()]
        left = set(element.frames).difference(*self.by.values(), self.problems)
        suffix = Path(element.pattern).suffix.lower()
        if left and suffix == ".png":
            lines.append(f"{self._named(element, left)}: their own checksums are right")
        elif left:
            lines.append(
                f"{self._named(element, left)}: can be decoded, but nothing vouches for their values: "
                f"{suffix[1:].upper()} has no checksum of the picture and no hash list lies beside the files. "
                "From now on a change that nothing wrote is noticed on this machine"
            )
        return [*lines, *self.notes]

    @staticmethod
    def _named(element: Element, frames: list[int] | set[int]) -> str:
        return f"all {len(element.frames)} frames" if len(frames) == len(element.frames) else format_frames(frames)


def vouch(element: Element) -> Vouched:
    """Holds the files of an element against the hashes that came with them, or that were taken at first sight.

    Damage is also what the JPEG library warns of, and a block of zeros in an uncompressed file that no list vouches
    for. Raises FileError for a list that is damaged itself.
    """
    vouched = Vouched()
    files = {frame: path for frame, path in zip(element.frames, element.paths(), strict=True) if path.is_file()}
    for what, listed in _lists(element, vouched.notes):
        there = {frame: path for frame, path in files.items() if path in listed and frame not in vouched.problems}
        for frame, is_same in zip(there, _are_same(there.values(), listed), strict=True):
            if is_same:
                vouched.by.setdefault(what, []).append(frame)
            else:
                vouched.problems[frame] = f"{files[frame]}: is not the file that {what} lists; get it again"
    frames = {path: frame for frame, path in files.items()}
    known = set(vouched.problems).union(*vouched.by.values())
    for path in silently_changed([path for path, frame in frames.items() if frame not in known]):
        vouched.problems[frames[path]] = (
            f"{path}: its bytes changed since it was first read here, though nothing wrote it; get it again"
        )
    for path, frame in frames.items():
        if frame not in known and frame not in vouched.problems and (problem := lost_block(path)):
            vouched.problems[frame] = f"{path}: {problem}"
    jpegs = [path for path in frames if path.suffix.lower() in _JPEG_SUFFIXES]
    for path, warning in jpeg_warnings(jpegs).items():
        vouched.problems.setdefault(frames[path], f"{path}: damaged ({warning}); restore this file")
    return vouched


def _are_same(paths: Collection[Path], listed: Listed) -> list[bool]:
    """Whether the files have the hashes that are listed of them."""

    def is_same(path: Path) -> bool:
        name, value = listed[path]
        return hash_file(path, [name])[name].lower() == value.lower()

    return at_once(is_same, paths)


def _lists(element: Element, notes: list[str]) -> Iterator[tuple[str, Listed]]:
    """The lists that lie beside an element, by their names."""
    folder = Path(element.pattern).absolute().parent
    element_folder = Path(element.pattern).parent
    for above in (folder, *list(folder.parents)[:FOLDERS_ABOVE]):
        chain = above / FOLDER_NAME / CHAIN_NAME
        if chain.is_file():
            yield str(chain.parent), _of_history(above, folder, element_folder, notes)
            break
    for path in sorted(element_folder.iterdir()) if element_folder.is_dir() else ():
        if path.suffix.lower() == ".framemd5":
            yield str(path), _of_frame_hashes(path, element, notes)
    yield from sum_lists(element_folder, notes)


def _of_history(above: Path, folder: Path, element_folder: Path, notes: list[str]) -> Listed:
    listed: Listed = {}
    inside = folder.relative_to(above)
    unknown: set[str] = set()
    for name, hashes in read_history(above).files.items():
        path = Path(name)
        if path.parent != inside:
            continue
        if formats := known_formats(hashes):
            listed[element_folder / path.name] = formats[0], hashes[formats[0]]
        else:
            unknown.update(hashes)
    if unknown:
        notes.append(
            f"{above / FOLDER_NAME}: has hashes of the kind {', '.join(sorted(unknown))}, which this program cannot "
            "compute; verify the folder with another tool, such as ascmhl"
        )
    return listed


def _of_frame_hashes(path: Path, element: Element, notes: list[str]) -> Listed:
    """The hashes of a list of frames, in the order of all the element's files: it has no names."""
    text = read_text(path, "a list of hashes of frames", REMEDY)
    rows = [line.split(",") for line in text.splitlines() if line.strip() and not line.startswith("#")]
    files = find_element(element.pattern).paths()
    whole = all(len(row) == 6 and row[4].strip().isdecimal() for row in rows) and len(rows) == len(files)
    if whole and all(int(row[4][:20]) == file.stat().st_size for row, file in zip(rows, files, strict=True)):
        return {file: ("md5", row[5].strip()) for row, file in zip(rows, files, strict=True)}
    notes.append(
        f"{path}: is not of the {len(files)} files as they are, but of decoded pictures or of other files; make it "
        "with ffmpeg -c copy -f framemd5"
    )
    return {}

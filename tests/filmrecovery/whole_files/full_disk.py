"""Fills a disk, page by page, under every writer of the project, and counts what was damaged in silence.

    mount -t tmpfs -o size=64m tmpfs DISK
    PYTHONPATH=python python tests/filmrecovery/whole_files/full_disk.py DISK

The disk may be any small file system that holds nothing else. For each writer and each number of free pages, from none
to more than the product takes, in at most `--points` steps, the product is written over an earlier file. It must end in
the whole product, or in an error that names it with the earlier file as it was; and in no temporary files.
"""

import argparse
import errno
import os
import re
import sys
from pathlib import Path

from writers import WRITERS

from filmrecovery.base.errors import OutputError

_PAGE = 4096
# When a frame was written, and the hash over that.
_VARYING = re.compile(rb"\d{4}:\d\d:\d\d[: ]\d\d:\d\d:\d\d|(?<=filmrecovery:sha256\0string\0\x40\0\0\0)[0-9a-f]{64}")
_EARLIER = b"what an earlier call wrote"


def content(folder):
    """What the files of a folder hold, by their names, without the second in which it was written."""
    return {path.name: _VARYING.sub(b"", path.read_bytes()) for path in sorted(folder.iterdir())}


def undisturbed(write, folder):
    folder.mkdir(exist_ok=True)
    write(folder)
    return content(folder)


def clear(folder):
    for path in folder.iterdir():
        path.unlink()


def fill(path, keep):
    """Takes all pages of the disk but so many."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, _PAGE):
            try:
                while True:
                    file.write(bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        end = os.fstat(file.fileno()).st_size // _PAGE * _PAGE
        file.truncate(max(end - keep * _PAGE, 0))
        os.fsync(file.fileno())


def outcome(write, folder, expected):
    """What became of one try: whole, an error, or what was wrong with it."""
    try:
        write(folder)
    except OutputError as error:
        known = {name: (_EARLIER, made) for name, made in expected.items()}
        if not any(name in str(error) for name in expected):
            return "error without a name"
        found = content(folder)
        bad = [name for name, data in found.items() if data not in known.get(name, ())]
        return "damaged, with an error" if bad else "error"
    except Exception as error:
        return f"no named error: {type(error).__name__}"
    found = content(folder)
    if found.keys() - expected.keys():
        return "leftovers"
    return "whole" if found == expected else "SILENT"


def sweep(name, write, disk, points):
    filler, folder = disk / "filler", disk / "folder"
    filler.unlink(missing_ok=True)
    folder.mkdir(exist_ok=True)
    clear(folder)
    expected = undisturbed(write, folder)
    clear(folder)
    pages = sum(-(-len(data) // _PAGE) for data in expected.values()) + 6
    counts = {}
    # The end is where libraries are silent: every page there.
    keeps = sorted({*range(0, pages, max(1, pages // points)), *range(max(0, pages - 24), pages)})
    for keep in keeps:
        filler.unlink(missing_ok=True)
        clear(folder)
        for product in expected:
            (folder / product).write_bytes(_EARLIER)
        fill(filler, keep)
        kind = outcome(write, folder, expected)
        counts[kind] = counts.get(kind, 0) + 1
    filler.unlink(missing_ok=True)
    print(f"{name:16} {len(keeps):5} sizes: {_listed(counts)}", flush=True)
    return counts


def _listed(counts):
    return ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("disk", type=Path)
    parser.add_argument("--points", type=int, default=1 << 30)
    parser.add_argument("--only", nargs="*")
    arguments = parser.parse_args()
    total = {}
    for name, write in WRITERS.items():
        if arguments.only and name not in arguments.only:
            continue
        for kind, number in sweep(name, write, arguments.disk, arguments.points).items():
            total[kind] = total.get(kind, 0) + number
    print(f"all: {_listed(total)}")
    return not {*total} <= {"whole", "error"}


if __name__ == "__main__":
    sys.exit(main())

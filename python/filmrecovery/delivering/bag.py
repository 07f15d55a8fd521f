"""A delivery as a bag for an archive: BagIt 1.0 (RFC 8493), its payload in `data`.

`manifest-sha256.txt` has the hash of each file of the payload, `tagmanifest-sha256.txt` of each other file. The latter
is written last: a folder that has it is a whole bag.
"""

import datetime
import re
from collections.abc import Mapping
from pathlib import Path

from filmrecovery.base.atomic import write_text
from filmrecovery.base.file_hash import file_sha256
from filmrecovery.base.progress import progress

PAYLOAD = "data"
_VERSION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_TAG_MANIFEST = "tagmanifest-sha256.txt"


def payload_hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of the payload, by its path in the bag."""
    paths = [path for path in sorted((folder / PAYLOAD).rglob("*")) if path.is_file()]
    return {_inside(folder, path): file_sha256(path) for path in progress(paths, len(paths), "Bag")}


def write_bag(folder: Path, payload: Mapping[str, str], info: Mapping[str, str]) -> None:
    """Makes a bag of a folder whose payload is whole: manifests, and what the bag says of itself.

    `payload` are the hashes of its payload; `info` elements of `bag-info.txt`, of which those that are empty are left
    out. Every other file in the folder becomes a tag file. Raises OutputError.
    """
    total = sum((folder / name).stat().st_size for name in payload)
    stated = {
        **info,
        "Bagging-Date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "Payload-Oxum": f"{total}.{len(payload)}",
    }
    write_text(folder / "bagit.txt", _VERSION)
    write_text(
        folder / "bag-info.txt",
        # A value goes on to the end of its line.
        "".join(f"{name}: {' '.join(text.split())}\n" for name, text in stated.items() if text),
    )
    write_text(folder / "manifest-sha256.txt", _manifest(payload))
    tags = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_payload(folder, path)]
    hashes = {_inside(folder, path): file_sha256(path) for path in tags if path.name != _TAG_MANIFEST}
    write_text(folder / _TAG_MANIFEST, _manifest(hashes))


def _manifest(hashes: Mapping[str, str]) -> str:
    return "".join(f"{digest}  {_encoded(name)}\n" for name, digest in hashes.items())


def _encoded(name: str) -> str:
    """A path as manifests have it: what would end the line, and the sign for that, as codes (RFC 8493, 2.1.3)."""
    return re.sub(r"[%\r\n]", lambda found: f"%{ord(found[0]):02X}", name)


def _inside(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _is_payload(folder: Path, path: Path) -> bool:
    return _inside(folder, path).startswith(f"{PAYLOAD}/")

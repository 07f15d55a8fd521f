"""Files with a JSON object a line, which a process adds to while others look.

Standard library alone.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from filmrecovery.base.read_file import MOST_BYTES, parse_json, shown, unreadable


class NewLines(NamedTuple):
    """Objects of a file that were not there at the last look; or all, where another file has taken its place."""

    begins: bool
    """Whether what was read before is of another file, or nothing was."""
    objects: list[dict[str, Any]]


class JsonLines:
    """The objects of a file with a JSON object a line. It is read again and again, and each time only what is new."""

    def __init__(self, path: Path, what: str, remedy: str, is_right: Callable[[dict[str, Any]], bool]) -> None:
        """`what` the file should be and the remedy are for errors. `is_right` says whether an object is such a line."""
        self._path, self._what, self._remedy, self._is_right = path, what, remedy, is_right
        self._objects: list[dict[str, Any]] = []
        self._lines = 0
        self._read_bytes = 0
        self._file = 0
        self._begins = True

    def read(self) -> list[dict[str, Any]]:
        """The objects, without a last line that was cut off or is being written.

        Raises FileError, naming the line, for a file that is missing or damaged.
        """
        new = self.read_new()
        if new.begins:
            self._objects = new.objects
        elif new.objects:
            self._objects = [*self._objects, *new.objects]
        return self._objects

    def read_new(self) -> NewLines:
        """The objects that are new since the last call of this or of `read`; none is kept. Raises as `read` does."""
        try:
            if not stat.S_ISREG(self._path.stat().st_mode):
                raise ValueError("it is no file")
            objects = self._read_new()
        except (OSError, ValueError) as error:
            raise unreadable(self._path, self._what, error, self._remedy) from error
        begins, self._begins = self._begins, False
        return NewLines(begins, objects)

    def _read_new(self) -> list[dict[str, Any]]:
        with open(self._path, "rb") as file:
            status = os.fstat(file.fileno())
            if status.st_size > MOST_BYTES:
                raise ValueError(f"it is larger than {MOST_BYTES >> 20} MiB")
            if status.st_ino != self._file or status.st_size < self._read_bytes:
                # Somebody has written another in its place.
                self._lines, self._read_bytes, self._file, self._begins = 0, 0, status.st_ino, True
            file.seek(self._read_bytes)
            whole, end, _ = file.read(MOST_BYTES).rpartition(b"\n")
        if not end:
            return []
        lines = enumerate(whole.split(b"\n"), start=self._lines + 1)
        new = [self._parsed(line, number) for number, line in lines]
        self._lines += len(new)
        self._read_bytes += len(whole) + len(end)
        return new

    def _parsed(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            content = parse_json(line.decode("utf-8"))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
        if not (isinstance(content, dict) and self._is_right(content)):
            raise ValueError(f"line {number}: {shown(line.decode())} is no such line")
        return content

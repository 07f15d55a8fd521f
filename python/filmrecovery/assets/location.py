"""Where the files of an entity lie: a URL, which may be a template for frames, and the path or pattern that it means.

MediaCreation writes a sequence as `file:///scans/print.%7Bframe:04d%7D.exr` with `isTemplated`. Managers also give
`####` and `%04d`, encoded as a URL should be or as they are.
"""

import re
from pathlib import PurePosixPath

from openassetio.errors import InputValidationException
from openassetio.utils import FileUrlPathConverter

from filmrecovery.base.errors import AssetError

_AS_IN_C = re.compile(r"%(0\d{1,2}d|d(?![0-9A-Fa-f]))")
"""A number as `printf` writes it. As a part of a URL it would be a byte that no name of a file has."""
_VARIABLE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_FRAME = re.compile(r"frame(?::(?:0?(\d{1,2}))?d)?")
_PLACEHOLDER = re.compile(r"#+")


def path_of(location: str, is_templated: bool) -> str:
    """The path of a file, or the pattern of numbered frames with `####`. Raises AssetError for what names no such."""
    url = _AS_IN_C.sub(r"%25\1", location.replace("#", "%23"))
    try:
        path = FileUrlPathConverter().pathFromUrl(url)
    except InputValidationException as error:
        raise AssetError(f"its location '{location}' is no file of this machine ({error}); correct it there") from error
    if not is_templated:
        return path
    folder, name = str(PurePosixPath(path).parent), PurePosixPath(path).name
    if any(match[1] for match in _VARIABLE.finditer(folder)):
        raise AssetError(f"its location '{location}' has folders for each frame; expected all frames in one folder")
    return str(PurePosixPath(_filled(folder, location)) / _filled(name, location))


def location_of(path: str) -> tuple[str, bool]:
    """The URL of a file, or of numbered frames by their pattern with `####`; and whether it is a template."""
    if not _PLACEHOLDER.search(PurePosixPath(path).name):
        return FileUrlPathConverter().pathToUrl(path), False
    folder, name = str(PurePosixPath(path).parent), PurePosixPath(path).name
    escaped = name.replace("{", "{{").replace("}", "}}")
    templated = _PLACEHOLDER.sub(lambda match: f"{{frame:0{len(match[0])}d}}", escaped)
    folder = folder.replace("{", "{{").replace("}", "}}")
    return FileUrlPathConverter().pathToUrl(str(PurePosixPath(folder) / templated)), True


def _filled(text: str, location: str) -> str:
    """The text with `####` for the frame."""

    def placeholder(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        frame = _FRAME.fullmatch(match[1])
        if not frame:
            raise AssetError(
                f"its location '{location}' depends on '{match[1]}'; expected files that depend on the frame alone"
            )
        return "#" * int(frame[1] or 1)

    return _VARIABLE.sub(placeholder, text)

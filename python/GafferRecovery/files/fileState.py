import os


def fileState(path: str | os.PathLike[str]) -> str:
    """A text that changes when the file does: time of modification and size. Empty if there is no such file."""
    try:
        status = os.stat(path)
    except OSError:
        return ""
    return f"{status.st_mtime_ns} {status.st_size}"

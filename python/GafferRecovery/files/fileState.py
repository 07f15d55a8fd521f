import os


def fileState(path: str | os.PathLike[str]) -> str:
    """What tells versions of a file at one path apart: time of modification and size; empty where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return ""
    return f"{status.st_mtime_ns} {status.st_size}"

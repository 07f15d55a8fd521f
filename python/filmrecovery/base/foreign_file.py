"""No output replaces a file of another kind: what lies under its name must show that it was written here.

Standard library alone.
"""

from collections.abc import Callable
from pathlib import Path

from filmrecovery.base.errors import OutputError


def refuse_foreign(path: Path, what: str, is_ours: Callable[[Path], bool]) -> None:
    """Raises OutputError where a file lies at the path and is not ours, so that it is not `what` it should be."""
    if path.is_file() and not is_ours(path):
        raise OutputError(
            f"{path}: is no {what} that was written here, and would be replaced; choose another name or folder, "
            "or move it away"
        )

"""The git commit of the code that runs. Standard library alone."""

import functools
import subprocess
from pathlib import Path


@functools.cache
def code_revision() -> str | None:
    """The git commit of the checkout that this code runs from, with "-dirty" where files differ from it.

    None where it does not run from a checkout, or there is no git to ask.
    """
    checkout = Path(__file__).resolve().parents[3]
    # Installed packages may lie inside of a checkout of something else.
    if not (checkout / ".git").exists():
        return None
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None

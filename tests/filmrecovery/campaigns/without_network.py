"""Runs every stage of a recovery of a tiny film, and fails where one asks for a connection or the address of a host.

    python tests/filmrecovery/campaigns/without_network.py
    unshare -rn python tests/filmrecovery/campaigns/without_network.py

Python tells of every socket that its code opens, in whatever way. The second call has no network at all, also for
libraries that are not Python.
"""

import os
import socket
import sys
import tempfile
from pathlib import Path

from tiny_recovery import STAGES, write_elements

ASKED: list[str] = []
_LOCAL = {"socket.gethostname", "socket.sethostname"}


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook (PEP 578) that refuses what would leave this machine."""
    if not event.startswith("socket.") or event in _LOCAL:
        return
    # To itself a process may speak: what the standard library does to wake its own threads.
    if event == "socket.__new__" and arguments[1] == socket.AF_UNIX:
        return
    ASKED.append(f"{event} {arguments[1:]}")
    raise OSError("there is no network")


def run_stages(folder: Path) -> None:
    """Raises RuntimeError where a stage fails or asked for the network."""
    write_elements(folder)
    os.chdir(folder)
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    from filmrecovery.cli import main

    for stage in STAGES:
        status = main(list(stage.arguments))
        if status != 0 or ASKED:
            raise RuntimeError(f"{stage.name}: status {status}; asked for {ASKED}")


if __name__ == "__main__":
    sys.addaudithook(refuse)
    with tempfile.TemporaryDirectory() as work:
        run_stages(Path(work))
        os.chdir("/")
    print(f"{len(STAGES)} stages, and none asked for the network")

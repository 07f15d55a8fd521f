"""What the commands of this folder do by the thousand, done often enough to notice when something breaks."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="forks, signals and limits of Linux"),
]


def last_line(command: str, *arguments: str, before: tuple[str, ...] = ()) -> str:
    """Of a command of this folder, in a process of its own: to fork, it must have no threads."""
    path = Path(__file__).with_name(command)
    done = subprocess.run([*before, sys.executable, path, *arguments], capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.splitlines()[-1]


def test_damaged_files_end_in_success_or_one_named_error() -> None:
    assert last_line("fuzz_readers.py", "--count", "1000").startswith("1000 inputs, 0 faults")


def test_killed_stages_go_on_to_the_same_bytes() -> None:
    # Without the export, which takes as long as all others.
    line = last_line("kill_campaign.py", "--kills", "20", "--without", "export")
    assert line.startswith("20 kills")
    assert ", 0 with faults" in line


def test_every_stage_works_without_a_network_and_asks_for_none() -> None:
    # Where the system does not let a user leave the network, Python alone tells who asks for it.
    alone = ("unshare", "--map-root-user", "--net")
    can_leave = shutil.which("unshare") and subprocess.run([*alone, "true"], capture_output=True).returncode == 0
    assert last_line("without_network.py", before=alone if can_leave else ()).endswith("none asked for the network")

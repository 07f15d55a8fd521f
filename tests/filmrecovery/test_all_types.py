"""The types of the whole tree fit together: engine, nodes, interface, graphs, tests and the script `run`."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


# Two minutes of one core: beside the other tests they are not noticed, before them they would be.
@pytest.mark.slow
def test_types_fit_together():
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout

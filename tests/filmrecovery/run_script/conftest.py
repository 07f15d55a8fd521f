import os
import shutil
import sys

import pytest
from run_checkout import CHECKOUT, set_up, write_program


@pytest.fixture
def root(tmp_path):
    """A checkout with the script and what its environment depends on, but no engine."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    for name in ("run", "pyproject.toml", "constraints.txt"):
        shutil.copy(CHECKOUT / name, folder)
    return folder


@pytest.fixture
def programs(root, tmp_path):
    """A folder that is all of PATH; the environment of the checkout is set up."""
    set_up(root)
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


@pytest.fixture
def variables(programs):
    taken = ("GAFFER_ROOT", "GAFFER_EXTENSION_PATHS", "DISPLAY", "WAYLAND_DISPLAY")
    return {**{name: value for name, value in os.environ.items() if name not in taken}, "PATH": str(programs)}


@pytest.fixture
def installation(tmp_path):
    """A folder laid out as Gaffer's, with a program that writes down its calls and ends with the status in `status`."""
    folder = tmp_path / "gaffer-1.7"
    (folder / "apps" / "dispatch").mkdir(parents=True)
    program = [
        f"#!{sys.executable}",
        "import json, os, pathlib, sys",
        f"folder = pathlib.Path({str(folder)!r})",
        "if sys.argv[1:] == ['env']:",
        "    sys.exit(print(f'FILES=1\\nGAFFER_ROOT={folder}\\nHOME=/home'))",
        "with open(folder / 'calls', 'a') as calls:",
        "    print(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]), file=calls)",
        "sys.exit(int((folder / 'status').read_text()))",
    ]
    write_program(folder / "bin" / "gaffer", program)
    (folder / "status").write_text("0")
    return folder

"""A checkout with the script `run`, and programs that take the place of others, for the tests of the script."""

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]


def load_run_script():
    loader = importlib.machinery.SourceFileLoader("run_script", str(CHECKOUT / "run"))
    spec = importlib.util.spec_from_loader("run_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


run = load_run_script()


def python_step(code):
    return run.Step("trying", [sys.executable, "-c", code], "Do as the test says.")


VENV = run.Step("making .venv", [sys.executable, "-m", "venv", "--without-pip", ".venv"], "Install venv.")
COUNT = python_step("open('count', 'a').write('x')")


def times_set_up(root):
    return len((root / "count").read_text())


def set_up(root):
    run.ensure_environment(root, [VENV, COUNT])


def call(root, *arguments, **options):
    command = [sys.executable, str(root / "run"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, **options)


needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no scripts with an interpreter line")


def write_program(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines))
    path.chmod(0o755)
    return path


def calls_of(installation):
    calls = installation / "calls"
    return [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []

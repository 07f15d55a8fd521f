"""What no stage knows better: the command line tells it in one line, without a traceback."""

import os
import subprocess
import sys

import pytest

from filmrecovery.cli import main
from filmrecovery.cli.verb import add_verb


def test_a_reader_that_goes_away_is_no_error_of_ours():
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "filmrecovery", "project-keys"], stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(reading)
    os.close(writing)
    assert process.communicate()[1] == ""
    assert process.returncode == 141


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "x" * 5000 + ".####.exr"],
        ["check", f"{'x' * 5000}/scan.####.exr"],
        ["verify", "x" * 5000],
        ["paint-import", "x" * 5000, "a.####.exr"],
        ["run", "x" * 5000],
        ["report", "x" * 5000],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_name_that_is_too_long_is_one_line(tmp_path, capsys, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    try:
        status = main(arguments)
    except SystemExit as usage:
        pytest.fail(f"the test gives arguments that are none: {usage}")
    assert status == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(5, "Input/output error", "scan.dpx"), "error: scan.dpx: cannot be used (Input/output error)"),
        (OSError(5, "Input/output error"), "error: a file: cannot be used (Input/output error)"),
        (MemoryError("24 GiB"), "error: not enough memory (24 GiB)"),
    ],
)
def test_an_error_of_the_system_is_one_line(capsys, monkeypatch, error, said):
    def failing(arguments):
        raise error

    monkeypatch.setattr("filmrecovery.cli.project.VERBS", (lambda verbs: add_verb(verbs, "fail", failing, "fails"),))
    assert main(["fail"]) == 1
    assert capsys.readouterr().err.startswith(said)

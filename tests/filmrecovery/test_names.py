"""Names and messages with letters that a terminal, a log or UTF-8 lacks."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import filmrecovery
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame

_PYTHON = str(Path(filmrecovery.__file__).parents[1])


def check(folder, **environment):
    return subprocess.run(
        [sys.executable, "-m", "filmrecovery", "check", os.fsencode(folder) + b"/print.####.exr"],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": _PYTHON, **environment},
        check=False,
    )


def test_a_log_in_another_encoding_stops_no_work(tmp_path):
    folder = tmp_path / "映画"
    write_frame(folder / "print.0001.exr", frame_from_rgb(np.zeros((4, 4, 3), np.float32)))
    done = check(folder, PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stderr
    assert rb"\u6620\u753b/print.####.exr: frames 1 can be worked with" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_folder_whose_name_is_no_utf8_is_named(tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    done = check(folder)
    assert done.returncode == 1
    assert rb"caf\xe9/print.####.exr: this name is no UTF-8; rename" in done.stderr
    assert b"Traceback" not in done.stderr

"""Numbers in files are written with a point, also where the user's language writes a comma."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame

# As a program that calls setlocale does, Gaffer's Qt among them: LC_ALL alone does not reach the C library of Python.
GRADE = """
import locale, sys
locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
assert locale.localeconv()["decimal_point"] == ","
from filmrecovery.cli import main
for verb in sys.argv[1:]:
    assert main(verb.split()) == 0, verb
"""


pytestmark = pytest.mark.slow


@pytest.fixture
def comma_locale(tmp_path: Path) -> dict[str, str]:
    """The variables of a process whose locale writes a comma; the locale is made for the test."""
    locales = tmp_path / "locales"
    locales.mkdir()
    localedef = shutil.which("localedef")
    if localedef is None or not Path("/usr/share/i18n/locales/de_DE").exists():
        pytest.skip("needs the sources of locales (Debian and Ubuntu: apt install locales)")
    subprocess.run([localedef, "-i", "de_DE", "-f", "UTF-8", str(locales / "de_DE.UTF-8")], check=True)
    return {**os.environ, "LOCPATH": str(locales), "LC_ALL": "de_DE.UTF-8"}


def test_a_grade_is_the_same_where_numbers_have_a_comma(tmp_path: Path, comma_locale: dict[str, str]) -> None:
    random = np.random.default_rng(1)
    target = random.random((48, 64, 3), np.float32)
    for name, rgb in (("input", target**1.5), ("target", target)):
        write_frame(tmp_path / "pairs" / f"{name}.0001.exr", frame_from_rgb(rgb), "float")
    grade = "--source-space srgb_tx --output-space srgb_tx --encoding float"
    verbs = [
        "adopt pairs --mode plain --working-space srgb_tx",
        "match-grade pairs --lut grade.clf --nodes 9 --smoothness 0.5",
        f"grade grade.clf pairs/input.####.exr clf/graded.####.exr {grade}",
        f"grade grade.cube pairs/input.####.exr cube/graded.####.exr {grade} --working-space srgb_tx",
    ]
    done = subprocess.run(
        [sys.executable, "-c", GRADE, *verbs], cwd=tmp_path, env=comma_locale, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for kind in ("clf", "cube"):
        graded = read_frame(tmp_path / kind / "graded.0001.exr").rgb
        assert np.abs(graded - target).mean() < 0.02

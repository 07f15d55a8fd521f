"""A wheel works by itself: built from a copy of the checkout, installed where the checkout cannot be imported."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame

CHECKOUT = Path(__file__).resolve().parents[2]
OFFLINE = ["--disable-pip-version-check", "--no-index", "--no-deps"]

RECOVERY = """
import pathlib, sys, filmrecovery
from filmrecovery.cli import main
print(filmrecovery.__file__)
for line in sys.argv[1:]:
    if main(line.split()):
        sys.exit(line)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel. It is built from a copy, as setuptools leaves its working files beside what it builds."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(
        CHECKOUT / "python", source / "python", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "Gaffer*")
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", folder, source]
    subprocess.run(pip, check=True, stdout=subprocess.DEVNULL)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """The Python of an environment with the wheel, which sees the running environment's packages after its own."""
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=os.name != "nt")
    place = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", place))
    python = Path(sysconfig.get_path("scripts", "venv", place)) / ("python.exe" if os.name == "nt" else "python")
    # Path files are read in the folder of the environment alone, so that an editable installation does not count.
    (packages / "dependencies.pth").write_text(
        "\n".join(dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib")))
    )
    pip = [sys.executable, "-m", "pip", "--python", python, "install", *OFFLINE, "--no-compile", wheel]
    subprocess.run(pip, check=True, stdout=subprocess.DEVNULL)
    return python


def test_the_wheel_carries_what_is_no_code(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for name in ("py.typed", "project/project.example.toml", "provenance/provenance.schema.json"):
        assert f"filmrecovery/{name}" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"filmrecovery", "film_recovery"}


@pytest.mark.slow
def test_the_wheel_trains_and_reports_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    down, across = np.mgrid[0:72, 0:96].astype(np.float32)
    for frame in (1, 2):
        rgb = 0.5 + 0.3 * np.stack([np.sin((across + frame) / 9), np.cos(down / 7), np.sin(down / 11)], axis=-1)
        write_frame(folder / f"video.{frame:04d}.png", frame_from_rgb(rgb))
        write_frame(folder / f"print.{frame:04d}.png", frame_from_rgb(rgb * (0.9, 0.6, 0.5)))
    lines = [
        "pairs print.####.png video.####.png pairs --mode chroma --frames 1 --hold-out-frames 2",
        "train pairs --run run --steps 2 --size small --patch-size 64 --batch-size 1 --device cpu",
        "render run/model.safetensors print.####.png recovered.####.exr --source-space srgb_tx --device cpu",
        "validate run/model.safetensors print.####.png recovered.####.exr --pairs pairs --output report"
        " --source-space srgb_tx --recovered-space srgb_tx",
    ]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [installed, "-c", RECOVERY, *lines]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[0]).is_relative_to(tmp_path)
    assert "<style>" in (folder / "report" / "report.html").read_text(encoding="utf-8")
    assert json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))["verdict"]

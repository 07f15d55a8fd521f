"""The examples of the README work: they are run as they stand, on small elements and with short trainings."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from filmrecovery.images import frame_from_rgb, write_frame

README = Path(__file__).resolve().parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def shortened(text: str) -> str:
    text = re.sub(r"--minutes \d+", "--steps 3 --size small --patch-size 64", text)
    return re.sub(r"minutes = \d+", 'steps = 3, size = "small", patch_size = 64', text)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    random = np.random.default_rng(1)
    for frame in range(1, 49):
        rgb = random.uniform(0.1, 0.9, (48, 64, 3)).astype(np.float32)
        for name in ("print.{:04d}.exr", "internegative.{:04d}.exr", "video.{:04d}.png"):
            write_frame(tmp_path / "scans" / name.format(frame), frame_from_rgb(rgb), "zip")
    return tmp_path


def run(line: str, folder: Path) -> None:
    program, verb, *arguments = shlex.split(line)
    assert (program, verb) == ("./run", "filmrecovery")
    done = subprocess.run(
        [sys.executable, "-m", "filmrecovery", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_shell_examples_work_as_they_stand(scans: Path) -> None:
    (project,) = blocks("toml")
    (scans / "project.toml").write_text(shortened(project))
    lines = [line for block in blocks("shell") for line in shortened(block).splitlines()]
    assert len(lines) > 5
    for line in lines:
        run(line, scans)
    assert (scans / "delivery" / "shot.0048.exr").exists()
    assert (scans / "runs" / "chroma" / "model.onnx").exists()
    assert len(list((scans / "recovered" / "delivery").glob("*.exr"))) == 48

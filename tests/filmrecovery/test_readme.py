"""The examples of the README work: they are run as they stand, on small elements and with short trainings."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from filmrecovery.cli import main
from filmrecovery.film.images import frame_from_rgb, write_frame

README = Path(__file__).resolve().parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def shortened(text: str) -> str:
    text = re.sub(r"--minutes \d+", "--steps 12 --size small --patch-size 64", text)
    return re.sub(r"minutes = \d+", 'steps = 12, size = "small", patch_size = 64', text)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    down, across = np.mgrid[0:48, 0:64].astype(np.float32)
    for frame in range(1, 49):
        rgb = 0.5 + 0.3 * np.stack([np.sin((across + frame) / 9), np.cos(down / 7), np.sin(down / 11)], axis=-1)
        for name in ("print.{:04d}.exr", "internegative.{:04d}.exr", "video.{:04d}.png"):
            write_frame(tmp_path / "scans" / name.format(frame), frame_from_rgb(rgb), "zip")
    return tmp_path


@pytest.mark.slow
def test_shell_examples_work_as_they_stand(
    scans: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(scans)
    (project,) = blocks("toml")
    (scans / "project.toml").write_text(shortened(project))
    lines = [line for block in blocks("shell") for line in shortened(block).splitlines()]
    assert len(lines) > 5
    for line in lines:
        program, verb, *arguments = shlex.split(line)
        assert (program, verb) == ("./run", "filmrecovery")
        assert main(arguments) == 0, f"{line}\n{capsys.readouterr().err}"
    assert (scans / "delivery" / "shot.0048.exr").exists()
    assert (scans / "runs" / "chroma" / "model.onnx").exists()
    assert len(list((scans / "recovered" / "delivery").glob("*.exr"))) == 48

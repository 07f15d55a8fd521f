"""The examples of README and guides work: they are run as they stand, on small elements and with short trainings."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from filmrecovery.base.declared_settings import from_mapping
from filmrecovery.cli import main
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.project.project_file import Stage
from filmrecovery.provenance.sidecars import read_sidecar

CHECKOUT = Path(__file__).resolve().parents[2]
GUIDE = CHECKOUT / "resources" / "guide"
README = CHECKOUT / "README.md"
WIDTH, HEIGHT = 160, 120

pytestmark = pytest.mark.slow


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """The arguments of each command of the page's shell blocks, after `./run filmrecovery`."""
    found = []
    for line in "".join(blocks(page, "shell")).splitlines():
        program, verb, *arguments = shlex.split(shortened(line))
        assert (program, verb) == ("./run", "filmrecovery"), line
        found.append(arguments)
    return found


def shortened(text: str) -> str:
    # A short training passes nothing.
    text = re.sub(r"(filmrecovery publish .*)", r"\1 --not-passed", text)
    text = re.sub(r"--minutes \d+", "--steps 12 --size small --patch-size 64", text)
    return re.sub(r"minutes = \d+", 'steps = 12, size = "small", patch_size = 64', text)


@pytest.fixture(scope="module")
def elements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three elements of 48 frames, in which a camera pans over a textured ground; and a poster."""
    random = np.random.default_rng(5)
    layers = [
        gaussian_filter(random.standard_normal((HEIGHT, WIDTH + 480, 3)), (size, size, 0)) * size for size in (1, 3, 9)
    ]
    ground = np.sum(layers, axis=0)
    ground = np.clip(0.5 + 0.16 * ground / ground.std(), 0, 1).astype(np.float32)
    folder = tmp_path_factory.mktemp("elements")
    for frame in range(1, 49):
        left = round(8 * frame + 12 * np.sin(2.1 * frame)) + 20
        rgb = ground[:, left : left + WIDTH]
        write_frame(folder / "scans" / f"print.{frame:04d}.exr", frame_from_rgb(0.2 + 0.6 * rgb**1.2), "zip")
        write_frame(folder / "scans" / f"internegative.{frame:04d}.exr", frame_from_rgb(rgb), "zip")
        write_frame(folder / "scans" / f"video.{frame:04d}.png", frame_from_rgb(rgb), "zip")
        write_frame(folder / "scans" / f"video.{frame:04d}.exr", frame_from_rgb(rgb), "zip")
    write_frame(folder / "poster.png", frame_from_rgb(ground[:, :WIDTH]), "zip")
    return folder


@pytest.fixture
def work(elements: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, whose name has spaces, with the elements in it."""
    folder = tmp_path / "reels of film"
    folder.mkdir()
    for path in elements.iterdir():
        (folder / path.name).symlink_to(path)
    monkeypatch.chdir(folder)
    return folder


def follow(*pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Does what a reader of the pages does, one after the other."""
    for page in pages:
        for arguments in commands(page):
            assert main(arguments) == 0, f"{page.name}: {shlex.join(arguments)}\n{capsys.readouterr().err}"
            if arguments[0] == "paint-export":
                paint(Path(arguments[2]))


def paint(folder: Path) -> None:
    """Gives each frame for the painter warmer colours, of the same luma."""
    for path in folder.glob("paint.*"):
        rgb = read_frame(path).rgb
        change = 0.06 * rgb.mean(axis=-1, keepdims=True)
        write_frame(path, frame_from_rgb(np.clip(rgb + change * np.array([1, -0.3, 0.028]), 0, 1)), "zip")


def test_readme(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(commands(README)) == 5
    follow(README, capsys=capsys)
    assert (work / "report" / "report.html").exists()


def test_project_file_then_by_hand_then_validation_and_delivery(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from_a_shell = GUIDE / "from-a-shell.md"
    (project,) = blocks(from_a_shell, "toml")
    (work / "project.toml").write_text(shortened(project))
    follow(from_a_shell, GUIDE / "validation.md", GUIDE / "provenance-and-delivery.md", capsys=capsys)
    assert (work / "delivery" / "shot.0048.exr").exists()
    assert (work / "runs" / "chroma" / "model.onnx").exists()
    assert len(list((work / "recovered" / "delivery").glob("*.exr"))) == 48


def test_raw_elements(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = GUIDE / "raw-elements.md"
    (fragment,) = blocks(page, "toml")
    (stage,) = tomllib.loads(fragment)["stages"]
    from_mapping(Stage, stage, page.name)
    follow(page, capsys=capsys)
    assert (work / "pairs" / "manifest.json").exists()


def test_painted_references(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    follow(GUIDE / "painted-references.md", capsys=capsys)
    assert len(list((work / "pairs").glob("target.*"))) == 3


def test_farm(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project,) = blocks(GUIDE / "from-a-shell.md", "toml")
    (work / "project.toml").write_text(shortened(project))
    follow(GUIDE / "farm.md", capsys=capsys)
    assert (work / "recovered" / "farm" / "tasks.slurm" / "submit.sh").exists()


def test_assets(work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    page = GUIDE / "assets.md"
    config, project = blocks(page, "toml")
    (library,) = blocks(page, "json")
    for name, text in {"openassetio.toml": config, "project.toml": project, "library.json": library}.items():
        (work / name).write_text(shortened(text))
    monkeypatch.setenv("OPENASSETIO_DEFAULT_CONFIG", str(work / "openassetio.toml"))
    follow(page, capsys=capsys)
    # The copy of the project, the sidecar and the manifest keep the versions.
    assert 'pattern = "bal:///MK_010/print?v=1"' in (work / "recovered/delivery/MK_010_recovered.toml").read_text()
    record = read_sidecar(work / "recovered/delivery/MK_010_recovered.provenance.json")
    assert {one["entity"]["reference"] for one in record["elements"]} == {
        f"bal:///MK_010/{name}?v=1" for name in ("print", "video")
    }
    call = [sys.executable, "-m", "filmrecovery", "resolve", "bal:///MK_010/recovered"]
    found = subprocess.run(call, capture_output=True, text=True, check=True).stdout.splitlines()
    assert found[0].startswith(f"bal:///MK_010/recovered: {work}/deliveries/Mission_Kill_MK_010_v001/masters/zip/")
    assert found[3:] == ["  frames: 1-48", "  space: lin_ap0"] + [
        f"  made of: bal:///MK_010/{name}?v=1" for name in ("print", "video", "model")
    ]

import json
import re

import numpy as np
import pytest
from PIL import Image

from filmrecovery import cli
from filmrecovery.colour import converter
from filmrecovery.comparison import write_comparison
from filmrecovery.demo import COLOUR_FRAMES, FRAMES, PROJECT, SHOWN_FRAME, Figures, measure, report, show_figures
from filmrecovery.errors import ElementError
from filmrecovery.images import frame_from_rgb, write_frame
from filmrecovery.project import load_project
from filmrecovery.sequences import Sequence, parse_frames
from filmrecovery.simulation.settings import SimulationSettings
from filmrecovery.simulation.stage import demo_elements


@pytest.fixture
def project(tmp_path):
    (tmp_path / "project.toml").write_text(PROJECT)
    return load_project(tmp_path / "project.toml")


def test_the_project_finds_the_simulated_elements(tmp_path, project):
    simulated = demo_elements(SimulationSettings(), (), tmp_path / "elements")
    assert {element.pattern for element in project.elements.values()} == {
        simulated[name].pattern for name in ("faded", "internegative", "video")
    }
    assert all(element.sequence().frames == FRAMES for element in project.elements.values())


def test_frames_that_are_judged_are_not_trained_on(project):
    for stage in project.stages:
        trained_on = parse_frames(stage.training_frames)
        assert (trained_on[0], trained_on[-1]) == (FRAMES[0], FRAMES[-1])
        assert not {*COLOUR_FRAMES, SHOWN_FRAME} & set(trained_on)


def test_the_film_alone_is_made_for_another_program_to_recover(tmp_path, monkeypatch):
    monkeypatch.setattr("filmrecovery.demo.FRAMES", ())  # each takes a second
    assert cli.main(["demo", "--folder", str(tmp_path), "--film-only"]) == 0
    assert load_project(tmp_path / "project.toml").shot == "demo"
    assert (tmp_path / "elements" / "simulation.json").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elements", "project.toml"]


@pytest.fixture
def film(tmp_path, project):
    """Elements of a few pixels, by their names, and beside them the truth as if it were a result."""
    sequences = {
        name: Sequence(str(tmp_path / f"{name}.####.exr"), FRAMES)
        for name in ("truth", "faded", "internegative", "video", "recovered")
    }
    to_delivery = converter("srgb_tx", "lin_ap0")
    for number in FRAMES:
        truth = np.random.default_rng(number).uniform(0.2, 0.8, (16, 24, 3)).astype(np.float32)
        for name, sequence in sequences.items():
            rgb = truth if name == "truth" else to_delivery(truth) if name == "recovered" else truth * 0.7
            write_frame(sequence.path(number), frame_from_rgb(rgb), "zip")
    return sequences


def test_frames_that_another_program_recovered_are_measured(tmp_path, film, capsys):
    recovered = film.pop("recovered").pattern
    show_figures(tmp_path, film, recovered)
    figures = json.loads((tmp_path / "figures.json").read_text())["figures"]
    assert figures["recovered"]["psnr"] > 55
    assert figures["faded print"]["psnr"] < 25
    assert (tmp_path / "comparison.png").exists()
    assert recovered in capsys.readouterr().out


def test_a_recovered_frame_that_is_missing_is_named(tmp_path, film):
    recovered = film.pop("recovered")
    recovered.path(20).unlink()
    with pytest.raises(ElementError, match=re.escape(str(recovered.path(20)))):
        show_figures(tmp_path, film, recovered.pattern)


def test_recovered_frames_of_another_size_are_refused(tmp_path, film):
    recovered = film.pop("recovered")
    for number in FRAMES:
        write_frame(recovered.path(number), frame_from_rgb(np.full((8, 12, 3), 0.5, np.float32)), "zip")
    with pytest.raises(ElementError, match="expected 24x16"):
        show_figures(tmp_path, film, recovered.pattern)


def flat(value):
    return lambda number: np.full((4, 6, 3), value + number / 10, np.float32)


def test_figures_are_means_over_their_own_frames():
    # Errors of 0.1 and 0.01 are 20 and 40 dB.
    results = {"near": lambda n: flat(0.2)(n) + 10.0**-n, "far": lambda n: flat(0.2)(n) + 0.1}
    figures = measure(results, flat(0.2), frames=(1, 2), colour_frames=(2,))
    assert figures["near"].psnr == pytest.approx(30, abs=0.01)
    assert figures["far"].psnr == pytest.approx(20, abs=0.01)
    assert 0 < figures["near"].ciede2000 < figures["far"].ciede2000 / 5


def test_results_are_measured_as_a_display_shows_them():
    figures = measure({"out of range": lambda n: np.full((4, 6, 3), 1.5)}, flat(0.9), (1,), (1,))
    assert figures["out of range"] == Figures(psnr=120.0, ciede2000=pytest.approx(0, abs=1e-3))


def test_the_report_has_a_line_for_each_result():
    lines = report({"faded print": Figures(16.97, 20.3), "recovered": Figures(28.124, 3.456)}).splitlines()
    assert lines[1].split() == ["faded", "print", "16.97", "20.30"]
    assert lines[2].split() == ["recovered", "28.12", "3.46"]
    assert len({len(line) for line in lines}) == 1


def test_a_comparison_shows_details_pixel_for_pixel(tmp_path):
    random = np.random.default_rng(1)
    pictures = {name: random.random((90, 160, 3)) for name in ("print", "internegative", "video", "recovered")}
    truth = random.random((90, 160, 3))
    path = tmp_path / "comparison.png"
    write_comparison(path, pictures, {"truth": truth}, detail=(150, 20), width=400)

    sheet = np.asarray(Image.open(path))
    assert sheet.shape[1] == 400
    # Five details share the width; that near the corner is moved into the picture.
    detail = (truth[:64, 96:] * 255 + 0.5).astype(np.uint8)
    assert contains(sheet, detail)
    assert not contains(sheet, detail[:, ::-1])


def contains(sheet, detail):
    height, width = detail.shape[:2]
    rows, columns = np.nonzero((sheet[: 1 - height, : 1 - width] == detail[0, 0]).all(-1))
    return any(np.array_equal(sheet[y : y + height, x : x + width], detail) for y, x in zip(rows, columns, strict=True))

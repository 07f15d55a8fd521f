import dataclasses
import functools
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from filmrecovery import cli
from filmrecovery.base.errors import ElementError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.colour import converter
from filmrecovery.picture.comparison import Panel, write_comparison
from filmrecovery.project.check_project import check_project
from filmrecovery.project.load_project import load_project
from filmrecovery.reference.alignment.alignment_file import Alignment, FrameAlignment, write_alignment
from filmrecovery.reference.matching.frame_match import FrameMatch, write_matches
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.reference.registration.working_frames import data_size
from filmrecovery.trials.demo import (
    FRAMES,
    SHOWN_FRAME,
    Figures,
    ReferenceFigures,
    measure,
    measure_references,
    report,
    report_references,
    show_figures,
)
from filmrecovery.trials.simulation import simulate as simulation
from filmrecovery.trials.simulation.demo_film import film_frame
from filmrecovery.trials.simulation.raw_element import translation
from filmrecovery.trials.simulation.simulate import reference_truth


def with_size(make, width, height, *arguments):
    return dataclasses.replace(make(*arguments), width=width, height=height)


def small_pictures(patch):
    patch.setattr(simulation, "film_frame", lambda number: film_frame(number, 96, 54))
    for name, (width, height) in {"_raw_internegative": (102, 62), "_raw_video": (72, 54)}.items():
        small = functools.partial(with_size, getattr(simulation, name), width, height)
        patch.setattr(simulation, name, small)


@pytest.fixture(scope="module")
def small_film(tmp_path_factory):
    """The folder of a demo film of small pictures, as the command line makes it."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        small_pictures(patch)
        assert cli.main(["demo", "--folder", str(folder), "--film-only"]) == 0
    return folder


@pytest.mark.slow
def test_the_film_alone_is_made_for_another_program_to_recover(small_film):
    assert sorted(path.name for path in small_film.iterdir()) == ["elements", "project.toml"]


@pytest.mark.parametrize("option", [("--seed", "2"), ("--uneven", "0")], ids=" ".join)
def test_another_film_needs_another_folder(folder, option, caplog):
    assert cli.main(["demo", "--folder", str(folder), "--film-only", *option]) == 1
    assert "holds" in caplog.text


def test_the_project_finds_the_simulated_elements(small_film):
    project = load_project(small_film / "project.toml")
    check_project(project)
    for name, element in project.elements.items():
        folder = (small_film / "elements" / ("faded" if name == "print" else name)).iterdir()
        assert {element.path(number) for number in element.frames} == set(folder)
    assert project.elements["print"].frames == FRAMES


def test_the_projects_references_are_raw(small_film):
    project = load_project(small_film / "project.toml")
    for stage in project.stages:
        assert stage.align is not None
        assert stage.training_frames is None
        assert stage.reference is not None
        reference = project.elements[stage.reference]
        assert not {*reference.frames} & {*FRAMES}
        assert read_frame(reference.path(reference.frames[0])).rgb.shape != (54, 96, 3)
        truth = reference_truth(small_film / "elements", stage.reference)
        assert len(truth.references(SHOWN_FRAME)) == 1


@pytest.fixture
def folder(tmp_path, small_film):
    """A copy of the demo film, to work in."""
    return shutil.copytree(small_film, tmp_path / "demo")


@pytest.fixture
def film(folder):
    """The elements by their names."""
    project = load_project(folder / "project.toml")
    found = {name: project.element(name) for name in ("internegative", "video")}
    return found | {
        name: Element(str(folder / "elements" / name / f"{name}.####.exr"), FRAMES, "srgb_tx")
        for name in ("truth", "faded")
    }


@pytest.fixture
def recovered(tmp_path, film):
    """The truth as if it had been recovered."""
    sequence = Element(str(tmp_path / "recovered.####.exr"), FRAMES, "lin_ap0")
    to_delivery = converter("srgb_tx", "lin_ap0")
    for number in FRAMES:
        rgb = read_frame(film["truth"].path(number)).rgb
        write_frame(sequence.path(number), frame_from_rgb(to_delivery(rgb)), "zip")
    return sequence


@pytest.mark.slow
def test_frames_that_another_program_recovered_are_measured(folder, film, recovered, capsys):
    show_figures(folder, film, recovered.pattern)
    content = json.loads((folder / "figures.json").read_text())
    assert content["figures"]["recovered"]["psnr"] > 55
    assert content["figures"]["faded print"]["psnr"] < 25
    assert "references" not in content
    assert (folder / "comparison.png").exists()
    assert recovered.pattern in capsys.readouterr().out


def test_the_comparison_shows_one_place_of_the_scene_in_all_details(folder, film, recovered, monkeypatch):
    monkeypatch.setattr("filmrecovery.trials.demo.SHOWN_DETAIL", (45, 27))
    show_figures(folder, film, recovered.pattern)
    sheet = np.asarray(Image.open(folder / "comparison.png").convert("L"), float)
    side = 54
    row = sheet[-12 - side : -12]
    details = [row[:, left : left + side] for left in range(12, 5 * (side + 12), side + 12)]
    truth = details.pop()
    assert all(np.corrcoef(detail.ravel(), truth.ravel())[0, 1] > 0.8 for detail in details)


def test_a_recovered_frame_that_is_missing_is_named(folder, film, recovered):
    recovered.path(20).unlink()
    with pytest.raises(ElementError, match=re.escape(str(recovered.path(20)))):
        show_figures(folder, film, recovered.pattern)


def test_recovered_frames_of_another_size_are_refused(folder, film, recovered):
    for number in FRAMES:
        write_frame(recovered.path(number), frame_from_rgb(np.full((8, 12, 3), 0.5, np.float32)), "zip")
    with pytest.raises(ElementError, match="expected 96x54"):
        show_figures(folder, film, recovered.pattern)


def write_found(folder, film, stage, reference, wrong=(), off=0.0):
    """Writes what a run finds out of a reference: the truth, but for wrong matches and an error in pixels."""
    truth = reference_truth(folder / "elements", reference)
    matches = [FrameMatch(number, next(iter(truth.references(number)), None), 1.0) for number in FRAMES]
    matches = [
        dataclasses.replace(match, reference=match.reference + 3) if match.source in wrong else match
        for match in matches
    ]
    aligned = [
        FrameAlignment(
            match.source,
            match.reference,
            truth.matrix(match.source, match.reference) @ translation(off * match.source / FRAMES[-1], 0),
            error=0.1,
            confidence=1.0,
            flagged=False,
        )
        for match in matches
        if match.reference is not None
    ]
    found = folder / "recovered" / stage / "reference"
    write_matches(found / "matches.json", tuple(matches))
    sizes = [data_size(film[name]) for name in ("faded", reference)]
    elements = film["faded"], film[reference]
    alignment = Alignment(AlignSettings(), elements[0], sizes[0], elements[1], sizes[1], tuple(aligned))
    write_alignment(found / "alignment.json", alignment)


def test_matches_and_alignment_are_measured_against_the_truth(folder, film):
    write_found(folder, film, "spatial", "internegative")
    write_found(folder, film, "chroma", "video", wrong=(7, 8), off=0.4)
    figures = measure_references(folder)
    found = {name: dataclasses.astuple(figure) for name, figure in figures.items()}
    assert found["internegative"] == (48, 48, pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6))
    assert found["video"] == (48, 46, pytest.approx(0.2, abs=0.02), pytest.approx(0.4, abs=1e-3))


def test_figures_of_the_references_are_kept_and_printed(folder, film, recovered, capsys):
    show_figures(folder, film, recovered.pattern, {"video": ReferenceFigures(48, 46, 0.125, 0.375)})
    kept = json.loads((folder / "figures.json").read_text())["references"]["video"]
    assert kept == {"frames": 48, "right_matches": 46, "median_error": 0.125, "worst_error": 0.375}
    assert "46 of 48" in capsys.readouterr().out


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
    assert dataclasses.astuple(figures["out of range"]) == (120.0, pytest.approx(0, abs=1e-3))


def test_the_report_has_a_line_for_each_result():
    lines = report({"faded print": Figures(16.97, 20.3), "recovered": Figures(28.124, 3.456)}).splitlines()
    assert lines[1].split() == ["faded", "print", "16.97", "20.30"]
    assert lines[2].split() == ["recovered", "28.12", "3.46"]
    assert len({len(line) for line in lines}) == 1


def test_the_report_of_the_references_has_a_line_for_each():
    figures = {"internegative": ReferenceFigures(48, 48, 0.021, 0.05), "video": ReferenceFigures(48, 46, 0.125, 1.375)}
    lines = report_references(figures).splitlines()
    assert lines[1].split() == ["internegative", "48", "of", "48", "0.021", "0.050"]
    assert lines[2].split() == ["video", "46", "of", "48", "0.125", "1.375"]
    assert len({len(line) for line in lines}) == 1


def test_a_comparison_shows_details_pixel_for_pixel(tmp_path):
    random = np.random.default_rng(1)
    pictures = {name: random.random((90, 160, 3)) for name in ("print", "internegative", "video", "recovered")}
    truth = random.random((90, 160, 3))
    path = tmp_path / "comparison.png"
    panels = {name: Panel(picture, (150, 20)) for name, picture in pictures.items()}
    write_comparison(path, panels, {"truth": Panel(truth, (150, 20))}, width=400)

    sheet = np.asarray(Image.open(path))
    assert sheet.shape[1] == 400
    # Five details share the width; that near the corner is moved into the picture.
    detail = (truth[:64, 96:] * 255 + 0.5).astype(np.uint8)
    assert contains(sheet, detail)
    assert not contains(sheet, detail[:, ::-1])


def test_a_comparison_shows_pictures_of_other_sizes_whole_and_the_same_place_in_detail(tmp_path):
    scene = np.zeros((90, 160, 3))
    scene[40:60, 70:90] = 1
    # Twice as large, 4:3, the scene off its middle; two grey corners tell whether all of it is shown.
    other = np.zeros((240, 320, 3))
    other[20:200] = np.repeat(np.repeat(scene, 2, axis=0), 2, axis=1)
    other[:8, :8] = other[-8:, -8:] = 0.5
    path = tmp_path / "comparison.png"
    panels = {"scene": Panel(scene, (80, 45)), "other": Panel(other, (160, 110), scale=2.0)}
    write_comparison(path, panels, {}, width=436)

    sheet = np.asarray(Image.open(path))[..., 0] / 255
    top, cell_height, cell_width = 32, 112, 200
    second = sheet[top : top + cell_height, 224 : 224 + cell_width]
    held = np.flatnonzero(np.any(second != second[0, 0], axis=0))
    assert held[-1] - held[0] + 1 == pytest.approx(cell_height * 4 / 3, abs=1)
    assert second[0, held[0]] == pytest.approx(0.5, abs=0.02)
    assert second[-1, held[-1]] == pytest.approx(0.5, abs=0.02)
    details = sheet[top + cell_height + 12 + 32 : -12]
    side = len(details)
    np.testing.assert_allclose(details[:, 12 : 12 + side], details[:, 24 + side : 24 + 2 * side], atol=0.2)
    assert details[side // 2, 12 + side // 2] == pytest.approx(1, abs=0.01)


def contains(sheet, detail):
    height, width = detail.shape[:2]
    rows, columns = np.nonzero((sheet[: 1 - height, : 1 - width] == detail[0, 0]).all(-1))
    return any(np.array_equal(sheet[y : y + height, x : x + width], detail) for y, x in zip(rows, columns, strict=True))


def test_a_project_file_of_the_user_s_stays(tmp_path, capsys):
    with pytest.MonkeyPatch.context() as patch:
        small_pictures(patch)
        (tmp_path / "project.toml").write_text('title = "Mine"\n')
        assert cli.main(["demo", "--folder", str(tmp_path), "--film-only"]) == 1
    assert "project.toml: is no project file of the demo" in capsys.readouterr().err
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("project.toml", 'title = "Mine"\n')]

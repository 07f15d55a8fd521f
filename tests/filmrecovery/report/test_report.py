"""The page of a validation, read as a browser would read it."""

import base64
import dataclasses
import hashlib
import json

import numpy as np
import pytest
from report_page import FRAMES, SPACE, Page, validation

from filmrecovery.base.errors import ElementError, RunError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.model_header import read_model_header
from filmrecovery.report.page import Heading
from filmrecovery.report.report_elements import ReportElements
from filmrecovery.report.write_report import write_report
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.criteria_table import in_words
from filmrecovery.validation.declared_criteria import criteria_of
from filmrecovery.validation.validation_figures import (
    ShotWithoutPairs,
)
from filmrecovery.validation.validation_record import write_validation
from filmrecovery.validation.verdict import judge


@pytest.fixture
def report(tmp_path, elements):
    """Writes and reads a page: (frames that fail, what is left out, ...) -> Page."""

    def make(
        fails=(),
        without=(),
        instead=None,
        frames=FRAMES,
        heading=None,
        hold_out=4,
        model="of no model",
        criteria=None,
        without_pairs=(),
        **options,
    ):
        given = {name: element for name, element in elements.items() if name not in without} | (instead or {})
        found = validation(given, frames, fails, hold_out, model)
        found = dataclasses.replace(found, shots_without_pairs=without_pairs)
        shown = ReportElements(given["source"], given["recovered"], given.get("reference"), given.get("baseline"))
        verdict = judge(criteria or Criteria(), found)
        path = tmp_path / "report.html"
        write_report(path, found, verdict, heading or Heading("Film", "shot"), shown, **options)
        page = Page(path)
        page.verdict = verdict
        return page

    return make


@pytest.fixture
def run(tmp_path, random_model):
    """A run folder with a journal, a contact sheet and a model."""
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    random_model("chroma", settings={"steps": 30}, versions={"torch": "2"}).rename(run.model)
    for step in range(1, 31):
        run.log({"step": step, "loss": 1 / step})
    run.log({"step": 20, "holdOutChroma": 0.01})
    run.log({"step": 30, "holdOutChroma": 0.02})
    for step, level in ((9, 0.1), (30, 0.9)):
        run.contact_sheet(step).parent.mkdir(exist_ok=True)
        write_frame(run.contact_sheet(step), frame_from_rgb(np.full((20, 30, 3), level, np.float32)))
    return run


def test_the_verdict_comes_first_and_every_finding_is_named(report):
    passed, failed = report(), report(fails=(7,))
    assert "Passed" in passed.text
    assert "Not passed" not in passed.text
    assert "Not passed" in failed.text
    assert "(luma identity, flicker); 1 frame of 12 fails." in failed.text
    for page in (passed, failed):
        assert page.text.index("assed") < page.text.index("Findings")
        for finding in page.verdict.findings:
            assert finding.text[1:] in page.text
            assert finding.name[1:] in page.text
            assert criteria_of("chroma")[finding.name].question in page.text


def test_the_criteria_are_listed_with_the_limits_of_this_report_and_what_to_do(report):
    page = report(criteria=Criteria(most_flicker=0.7))
    for row in in_words(page.verdict.criteria, criteria_of("chroma").values()):
        for text in (row.name, row.measured, row.allowed, row.remedy):
            assert text[1:] in page.text
    assert "t most 0.7 of the range" in page.text


def test_shots_without_pairs_are_told_in_a_sentence_and_a_row(report):
    page = report(without_pairs=(ShotWithoutPairs("third", "7-9"), ShotWithoutPairs("fourth", "10-12")))
    shots = "third (frames 7-9), fourth (frames 10-12)"
    assert f"Shots without pairs were recovered by the grade of the whole film: {shots}." in page.text
    assert f"Shots without pairs{shots}; recovered by the grade of the whole film; add pairs" in page.text
    assert "Shots without pairs" not in report().text


def test_failing_frames_are_shown_with_reasons_and_what_to_do(report):
    page = report(fails=(3, 9))
    assert "Luma is not the source's (0.02 of white)" in page.text
    assert {f"Frame {frame} of the recovery" for frame in (3, 9)} <= {image["alt"] for image in page.all("img")}
    assert page.verdict.outliers == "3,9"
    assert "--outliers 3,9" in page.text
    assert 'outliers = "3,9"' in page.text
    assert {"#wipe-3", "#wipe-9"} <= {link["href"] for link in page.all("a")}


def test_every_failing_frame_is_named_however_many_they_are(report):
    page = report(fails=FRAMES)
    for frame in FRAMES:
        assert f"Frame {frame}" in page.text


def test_nothing_is_loaded_from_elsewhere(report, run):
    page = report(fails=(7,), run=run.path, model=read_model_header(run.model)["weights_hash"])
    for tag, attributes in page.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            if name in attributes:
                allowed = ("#",) if tag == "a" else ("data:image/",)
                assert attributes[name].startswith(allowed), (tag, attributes[name][:80])
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in page.content("style")
    assert "@import" not in page.content("style")


def test_the_pages_policy_allows_its_own_style_and_script_alone(report):
    page = report()
    (policy,) = (meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;")
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.content(tag).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_hostile_texts_are_shown_as_they_are(report):
    hostile = '<script>alert("1")</script> & \'<img src=x onerror=alert(2)>'
    page = report(heading=Heading(hostile, hostile, hostile, {hostile: hostile}), provenance=hostile)
    assert len(page.all("script")) == 1
    # Title, shot, date, name and text of a fact, provenance; title and shot are the document's title too.
    assert page.text.count(hostile) == 8
    assert all(image["src"].startswith("data:") for image in page.all("img"))


def test_pictures_are_those_of_the_elements_in_the_working_space(report):
    page = report()
    for name, colour in (("source", (0.6, 0.3, 0.4)), ("reference", (0.2, 0.4, 0.6)), ("recovery", (0.2, 0.5, 0.6))):
        picture = page.picture(f"Frame 4, {name}")
        assert picture.shape == (48, 64, 3)
        np.testing.assert_allclose(picture[2, 2] / 255, colour, atol=0.02)


@pytest.mark.parametrize("without", [("reference",), ("baseline",), ("reference", "baseline")])
def test_reference_and_baseline_may_be_lacking(report, without):
    page = report(without=without)
    alts = {image["alt"] for image in page.all("img")}
    for name in ("source", "reference", "baseline", "recovery"):
        assert (f"Frame 4, {name}" in alts) == (name not in without)


def test_a_baseline_may_be_a_grade(tmp_path, elements):
    found = validation(elements)
    shown = ReportElements(elements["source"], elements["recovered"], baseline=lambda picture: 0.5 * picture)
    write_report(tmp_path / "report.html", found, judge(Criteria(), found), Heading("Film"), shown)
    graded = Page(tmp_path / "report.html").picture("Frame 4, baseline")
    np.testing.assert_allclose(graded[2, 2] / 255, (0.3, 0.15, 0.2), atol=0.02)


def test_one_frame_is_a_shot(report):
    page = report(frames=(5,), hold_out=None)
    assert {image["alt"] for image in page.all("img")} >= {"Frame 5 of the source", "Frame 5 of the recovery"}
    assert "Hold-outs" not in page.text


def test_the_best_of_the_hold_outs_has_a_star(report):
    row = report().source.split("Peak signal-to-noise ratio")[1].split("</tr>")[0]
    cells = row.split("<td")[1:]
    assert ["best" in cell for cell in cells[:3]] == [False, False, True]
    assert [cell.split(">")[1].split("<")[0] for cell in cells[:3]] == ["20", "28.5", "33.2"]


def test_plots_have_the_limit_and_mark_what_fails(report):
    page = report(fails=(7,))
    assert "limit 0.002" in page.text
    assert "limit 0.003" in page.text
    assert sum(attributes.get("class") == "band" for attributes in page.all("rect")) >= 2
    assert not any(attributes.get("class") == "band" for attributes in report().all("rect"))


def test_a_training_is_shown_by_its_latest_contact_sheet(report, run):
    page = report(run=run.path, model=read_model_header(run.model)["weights_hash"])
    (alt,) = (image["alt"] for image in page.all("img") if image["alt"].startswith("Contact sheet"))
    assert page.picture(alt).mean() > 200
    assert "Loss" in page.text
    assert "the best step" in page.text
    assert "torch 2" in page.text
    assert "Loss" not in report().text


def test_a_run_that_made_another_model_is_refused(report, run):
    with pytest.raises(RunError, match="of weights of another"):
        report(run=run.path, model="of another")


def test_elements_that_do_not_fit_are_refused(report, tmp_path):
    write_frame(tmp_path / "small.0004.png", frame_from_rgb(np.zeros((24, 32, 3), np.float32)))
    small = Element(str(tmp_path / "small.####.png"), (4,), SPACE)
    with pytest.raises(ElementError, match=r"small\.0004\.png: 32x24 pixels; expected 64x48"):
        report(instead={"reference": small})
    with pytest.raises(ElementError, match="lacks frames 1-3,5-12, which were validated"):
        report(instead={"recovered": small})


def test_a_part_that_was_validated_is_what_is_shown(tmp_path, elements):
    given = [elements[name] for name in ("source", "recovered")]
    for crop, height in (("20,10,40,30", 20), ("1-3: 0,0,64,48; 4-6: 20,10,40,28; 0,0,64,48", 18)):
        found = dataclasses.replace(validation(elements), crop=crop)
        write_report(tmp_path / "report.html", found, judge(Criteria(), found), Heading("Film"), ReportElements(*given))
        assert Page(tmp_path / "report.html").picture("Frame 4, source").shape == (height, 20, 3)


def test_the_verb_makes_the_page_of_a_folder(tmp_path, elements, capsys):
    found = validation(elements)
    write_validation(tmp_path / "folder" / "report.json", found, judge(Criteria(), found))
    (tmp_path / "provenance.txt").write_text("Scanned in 2026.", encoding="utf-8")
    options = ["--title", "Rebelion", "--fact", "Restorationist=Jane Doe"]
    options += ["--reference", elements["reference"].pattern, "--reference-space", SPACE]
    options += ["--provenance", str(tmp_path / "provenance.txt")]
    assert main(["report", str(tmp_path / "folder"), *options]) == 0
    assert "report.html: passed" in capsys.readouterr().out
    page = Page(tmp_path / "folder" / "report.html")
    for text in ("Rebelion", "Restorationist", "Jane Doe", "Scanned in 2026.", elements["reference"].pattern):
        assert text in page.text
    assert json.loads((tmp_path / "folder" / "report.json").read_text(encoding="utf-8"))["verdict"]["passed"]


def test_the_verb_refuses_a_fact_without_a_name(tmp_path, elements, capsys):
    found = validation(elements)
    write_validation(tmp_path / "report.json", found, judge(Criteria(), found))
    assert main(["report", str(tmp_path), "--fact", "Jane Doe"]) == 1
    assert "expected NAME=TEXT" in capsys.readouterr().err

import csv

import numpy as np
import pytest

from filmrecovery.base.errors import ElementError, RunError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.reference.alignment.alignment_file import FrameAlignment
from filmrecovery.reference.matching.frame_match import FrameMatch
from filmrecovery.trials import alignment_benchmark as alignment_benchmark
from filmrecovery.trials import alignment_cases as alignment_cases
from filmrecovery.trials.alignment_benchmark import (
    CaseFigures,
    alignment_error,
    measure_alignments,
    measure_matches,
    table,
    true_matches,
)
from filmrecovery.trials.alignment_cases import CASES, make_case
from filmrecovery.trials.simulation.alignment_truth import read_truth, truth_of_print
from filmrecovery.trials.simulation.footage import Footage, demo_footage
from filmrecovery.trials.simulation.raw_element import RawElement, numbered, translation
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

SMALL = demo_footage(48)
SIZE = (160, 90)


@pytest.fixture
def truth():
    """Frames 101 to 104 of the source are 11, 12 or 13, 14, and none of a reference that shows their left half."""
    raw = RawElement(numbered(range(3), 11, doubled=(1,)), 160, 90, borders=(0.5, 0, 0, 0), scale=2.0, shift=(0.25, 0))
    return truth_of_print({101: 0, 102: 1, 103: 2, 104: 3}, SimulationSettings(weave=0.5), raw, SIZE)


def matches(*references, confidence=1.0):
    return [FrameMatch(source, reference, confidence) for source, reference in enumerate(references, start=101)]


def test_matches_are_counted_by_their_fault(truth):
    right = measure_matches(true_matches(truth), truth)
    assert (right.frames, right.exact, right.within_one, right.lost, right.invented) == (4, 4, 4, 0, 0)
    assert measure_matches(matches(11, 13, 14, None), truth).exact == 4
    wrong = measure_matches(matches(12, None, 12, 14), truth)
    assert (wrong.exact, wrong.within_one, wrong.lost, wrong.invented) == (0, 1, 1, 1)
    assert (right.wrong_but_sure, wrong.wrong_but_sure) == (0, 4)
    assert measure_matches(matches(12, None, 12, 14, confidence=0.79), truth).wrong_but_sure == 0


def test_the_error_is_in_pixels_of_the_source(truth):
    right = truth.matrix(101, 11)
    assert alignment_error(truth, 101, 11, right) < 1e-9
    assert alignment_error(truth, 101, 11, right @ translation(0.3, -0.4)) == pytest.approx(0.5)


def test_only_what_both_pictures_show_counts(truth):
    stretched = truth.matrix(101, 11) @ np.diag([1.05, 1.0, 1.0])
    assert alignment_error(truth, 101, 11, stretched) == pytest.approx(0.05 * 40, rel=0.05)


def test_frames_that_are_off_ought_to_be_flagged(truth):
    def aligned(source, reference, off, expected, flagged):
        matrix = truth.matrix(source, reference) @ translation(off, 0)
        return FrameAlignment(source, reference, matrix, expected, 1.0, flagged)

    figures = measure_alignments(
        [aligned(101, 11, 0.15, 0.1, False), aligned(102, 12, 0.8, 0.9, True), aligned(103, 14, 0.7, 0.1, False)], truth
    )
    assert figures.aligned == 3
    assert figures.median_error == pytest.approx(0.7)
    assert figures.worst_error == pytest.approx(0.8)
    assert (figures.bad_flagged, figures.bad_unflagged, figures.good_flagged) == (1, 1, 0)
    assert figures.beyond_expected == 1
    assert measure_alignments([], truth).aligned == 0


@pytest.mark.slow
def test_a_case_is_made_once(tmp_path):
    case = make_case("borders", SMALL, tmp_path)
    assert case.source.frames[0] > 1000
    source, reference = (read_frame(element.path(element.frames[-1])).rgb for element in (case.source, case.reference))
    assert source.shape == (27, 48, 3)
    assert reference.shape == (36, 48, 3)
    assert reference[:3].max() < 0.15
    counts = [len(case.truth.references(number)) for number in case.source.frames]
    assert len(counts) == 32
    assert counts.count(0) == 4

    before = case.source.path(case.source.frames[0]).stat().st_mtime_ns
    again = make_case("borders", SMALL, tmp_path)
    assert again.reference == case.reference
    assert case.source.path(case.source.frames[0]).stat().st_mtime_ns == before
    np.testing.assert_array_equal(read_truth(tmp_path / "truth.json").matrix(1005, 260), case.truth.matrix(1005, 260))
    with pytest.raises(RunError, match="holds another case"):
        make_case("mild fade", SMALL, tmp_path)


@pytest.mark.slow
def test_every_case_can_be_made(tmp_path, monkeypatch):
    monkeypatch.setattr(alignment_cases, "write_frame", lambda *_: None)
    monkeypatch.setattr(alignment_cases, "faded_print", lambda rgb, *_: rgb)
    monkeypatch.setattr(alignment_cases, "raw_frame", lambda *_: np.zeros((1, 1, 3)))
    for name in CASES:
        truth = make_case(name, SMALL, tmp_path / name).truth
        found = [truth.references(number) for number in truth.source]
        assert sum(map(bool, found)) >= 24
        assert all(
            np.isfinite(truth.matrix(number, right[0])).all()
            for number, right in zip(truth.source, found, strict=True)
            if right
        )


@pytest.mark.slow
def test_fast_motion_and_static_shot_choose_their_frames_of_the_footage(tmp_path):
    asked = []

    def picture(number):
        asked.append(number)
        return np.full((9, 16, 3), 0.5, np.float32)

    make_case("fast motion", Footage("grey", picture), tmp_path / "fast")
    assert {number % 3 for number in asked} == {0}
    assert max(asked) == 117
    asked.clear()
    make_case("static shot", Footage("grey", picture), tmp_path / "static")
    assert asked.count(12) > 30
    assert 13 not in asked


def test_cases_and_footage_are_checked_before_any_work(tmp_path):
    def short(number):
        raise ElementError("short.mp4: holds 5 frames")

    with pytest.raises(SettingsError, match="'sepia' is not one of the cases mild fade"):
        make_case("sepia", SMALL, tmp_path)
    with pytest.raises(SettingsError, match="'sepia'"):
        alignment_cases.check_footage([SMALL], ["sepia"])
    with pytest.raises(ElementError, match=r"short\.mp4"):
        alignment_cases.check_footage([SMALL, Footage("short", short)], ["borders"])
    with pytest.raises(SettingsError, match="'demo'"):
        alignment_cases.check_footage([SMALL, SMALL], ["borders"])
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_the_benchmark_writes_a_line_for_each_case(tmp_path, monkeypatch, capsys):
    truths = {}

    def make(name, footage, folder):
        case = make_case(name, footage, folder)
        truths[case.source] = case.truth
        return case

    def align(settings, matches, source, reference):
        truth = truths[source]
        return [
            FrameAlignment(match.source, match.reference, truth.matrix(match.source, match.reference), 0.1, 1.0, False)
            for match in matches
            if match.reference is not None
        ]

    def match(settings, source, reference):
        if "borders" in source.pattern:
            raise ElementError("source.####.exr: nothing in common with the reference")
        return true_matches(truths[source])

    monkeypatch.setattr(alignment_benchmark, "WIDTH", 48)
    monkeypatch.setattr(alignment_benchmark, "make_case", make)
    monkeypatch.setattr(alignment_benchmark, "match_frames", match)
    monkeypatch.setattr(alignment_benchmark, "align_frames", align)
    assert main(["benchmark-alignment", str(tmp_path), "--case", "mild fade", "borders"]) == 0
    printed = capsys.readouterr().out
    assert printed.strip() == (tmp_path / "alignment.md").read_text().strip()
    fade, borders = printed.strip().splitlines()[2:]
    assert "| demo | mild fade | 100.0 % | 100.0 % | 0 | 0 | 0 |" in fade
    assert "| 32 | 0.000 | 0.000 | 0.000 | 0 | 0 | 0 | 0.100 | 0 |" in fade
    assert "nothing in common" in borders
    rows = list(csv.DictReader((tmp_path / "alignment.csv").open()))
    assert [row["case"] for row in rows] == ["mild fade", "borders"]
    assert rows[0]["exact"] == "32"
    assert rows[1]["exact"] == ""


def test_the_table_keeps_to_its_columns():
    lines = table([CaseFigures("demo", "borders", problem="no picture")]).splitlines()
    assert len({line.count(" | ") for line in lines}) == 1

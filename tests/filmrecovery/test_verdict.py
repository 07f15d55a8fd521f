"""The verdict on figures that are made up: each criterion fails by its own figure, and says so."""

import dataclasses

import pytest

from filmrecovery.base.errors import FileError
from filmrecovery.base.recovery_modes import MODES
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.pair_roles import optional_frames
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.declared_criteria import CRITERIA, criteria_of, settings_helps
from filmrecovery.validation.validation_figures import (
    HoldOut,
    HoldOutFigures,
    Look,
    PairFit,
    ShotFigures,
    ShotFrame,
    ShotSteadiness,
    SteadinessFigures,
    Validation,
)
from filmrecovery.validation.validation_record import read_validation, write_validation
from filmrecovery.validation.verdict import judge, write_outliers

LOOK = Look(clipped=0.0, out_of_range=0.0, grain=1.0, sharpness=1.0, halos=0.0, blotches=0.001, displacement=0.0)
SHOT = ShotFigures(
    **dataclasses.asdict(LOOK),
    luma_rms=0.0,
    luma_max=0.0,
    chroma_rms=0.0,
    chroma_max=0.0,
    shift_luma=0.0,
    shift_cb=0.05,
    shift_cr=0.02,
    flicker=0.001,
    added_flicker=0.0,
)
HELD_OUT = HoldOutFigures(
    **dataclasses.asdict(LOOK),
    psnr=30.0,
    ssim=0.9,
    ciede2000=2.0,
    ciede2000_p95=5.0,
    delta_itp=5.0,
    delta_itp_p95=9.0,
    luma_rms=0.0,
    chroma_rms=0.01,
)
SOURCE = dataclasses.replace(HELD_OUT, psnr=20.0, ciede2000=10.0)
BASELINE = dataclasses.replace(HELD_OUT, psnr=25.0, ciede2000=5.0)


def steady(label="", baseline=(0.004, 0.005), **recovery):
    """A shot whose source flickers by 0.01 and drifts by 0.02; its recovery does as its baseline, or as is said."""
    given = SteadinessFigures(*(baseline or (0.01, 0.02)), flickering=9, drifting=8)
    return ShotSteadiness(
        label,
        "8-10",
        SteadinessFigures(0.01, 0.02, 9, 10),
        given if baseline else None,
        dataclasses.replace(given, **recovery),
    )


def validation(mode="chroma", changed=None, held_out=None, truth=None, **others):
    """A flawless recovery of frames 1 to 30, with other figures in some: {frame: {figure: value}}."""
    frames = [ShotFrame(frame, 0.0, SHOT, None, SHOT) for frame in range(1, 31)]
    for frame, figures in (changed or {}).items():
        recovery = dataclasses.replace(SHOT, **{name: value for name, value in figures.items() if name != "uncovered"})
        frames[frame - 1] = ShotFrame(frame, figures.get("uncovered", 0.0), SHOT, None, recovery)
    recovery = dataclasses.replace(HELD_OUT, **(held_out or {}))
    truth = dataclasses.replace(LOOK, **(truth or {}))
    fields = {
        "working_space": "g24_rec709",
        "model": "hash",
        "own_pairs": True,
        "training_frames": "1,15,30",
        "source": Element("print.####.exr", tuple(range(1, 31)), "lin_ap0", "print"),
        "recovered": Element("recovered.####.exr", tuple(range(1, 31)), "lin_ap0"),
        "baseline": None,
        "crop": None,
        "pairs": (PairFit(1, "train", "", 0.0, 0.0),),
        "shots_without_pairs": (),
        "hold_outs": (HoldOut(8, "", SOURCE, BASELINE, recovery, truth),),
        "steadiness": (steady(),),
        "frames": tuple(frames),
    }
    return Validation(mode, **fields | others)


def failed(found, criteria=None):
    return {finding.name: finding.frames for finding in judge(criteria or Criteria(), found).failed}


@pytest.mark.parametrize("mode", ["chroma", "spatial", "plain"])
def test_a_flawless_recovery_passes(mode):
    verdict = judge(Criteria(), validation(mode))
    assert verdict.passed
    assert all(finding.passed for finding in verdict.findings)
    assert verdict.failing == ()


@pytest.mark.parametrize(
    ("mode", "figures", "name"),
    [
        ("chroma", {"luma_rms": 0.01}, "luma identity"),
        ("spatial", {"chroma_rms": 0.01}, "chroma identity"),
        ("chroma", {"added_flicker": 0.01}, "flicker"),
        ("chroma", {"shift_cb": 0.06}, "steady colour"),
        ("chroma", {"uncovered": 0.1}, "coverage"),
        ("chroma", {"blotches": 0.01}, "blotches"),
        ("chroma", {"displacement": 3.0}, "displacement"),
        ("spatial", {"halos": 0.2}, "halos"),
        ("spatial", {"grain": 0.2}, "grain"),
        ("spatial", {"grain": 3.0}, "grain"),
        ("chroma", {"clipped": 0.05}, "clipping"),
        ("chroma", {"out_of_range": 0.05}, "range"),
    ],
)
def test_each_criterion_fails_by_its_figure_alone(mode, figures, name):
    verdict = judge(Criteria(), validation(mode, {12: figures}))
    assert {one.name: one.frames for one in verdict.failed} == {name: "12"}
    assert not verdict.passed
    (finding,) = verdict.failed
    assert finding.text.startswith("frame 12 fails: ")
    assert finding.text.endswith(f"What to do: {criteria_of(mode)[name].remedy}")
    (frame,) = verdict.failing
    assert frame.frame == 12
    assert frame.severity > 1


def test_a_colour_that_stays_wrong_fails_though_it_does_not_jump():
    changed = {frame: {"shift_cb": 0.2} for frame in range(21, 31)}
    assert failed(validation(changed=changed))["one colour through the shot"] == "21-30"


def test_shots_may_be_changed_otherwise_each_and_are_judged_each_by_itself():
    changed = {frame: {"shift_cb": 0.2} for frame in range(19, 31)}
    film = validation(changed=changed)
    assert {"steady colour", "one colour through the shot"} & {*failed(film)}
    frames = [dataclasses.replace(one, shot="first" if one.frame < 19 else "second") for one in film.frames]
    assert not failed(dataclasses.replace(film, frames=tuple(frames)))
    frames[24] = dataclasses.replace(frames[24], recovery=dataclasses.replace(SHOT, shift_cb=0.3))
    assert failed(dataclasses.replace(film, frames=tuple(frames)))["steady colour"] == "25"


def test_a_shot_whose_own_colour_changes_is_judged_by_its_own_changes():
    drifting = {frame: {"shift_cb": 0.004 * frame} for frame in range(1, 31)}
    assert failed(validation(changed=drifting)) == {}


def test_what_the_ground_truth_has_too_is_allowed():
    looks = {"halos": 0.2, "blotches": 0.01}
    changed = {12: {**looks, "grain": 0.2, "clipped": 0.05, "out_of_range": 0.04}}
    pairs = (PairFit(1, "train", "", 0.0, 0.05),)
    assert failed(validation("spatial", changed, truth={**looks, "grain": 0.3}, pairs=pairs)) == {}


def test_what_is_clipped_is_held_against_the_ground_truth_of_the_frame_s_own_shot():
    pairs = (PairFit(1, "train", "first", 0.0, 0.05), PairFit(21, "hold-out", "second", 0.0, 0.0))
    film = validation("spatial", {12: {"clipped": 0.05}, 24: {"clipped": 0.05}}, pairs=pairs)
    shots = [dataclasses.replace(one, shot="first" if one.frame < 19 else "second") for one in film.frames]
    assert failed(dataclasses.replace(film, frames=tuple(shots))) == {"clipping": "24"}
    # A shot without pairs has no truth of its own.
    assert failed(film) == {}


@pytest.mark.parametrize(
    ("mode", "held_out", "expected"),
    [
        ("chroma", {"ciede2000": 6.0}, {"better than the baseline": "8"}),
        # Nearer than the source, but not by a quarter.
        ("chroma", {"ciede2000": 9.0}, {"better than the source": "", "better than the baseline": "8"}),
        ("chroma", {"psnr": 10.0}, {}),
        ("spatial", {"psnr": 20.3}, {"better than the source": "", "better than the baseline": "8"}),
        ("spatial", {"ciede2000": 99.0}, {}),
    ],
)
def test_hold_outs_must_be_better_than_source_and_baseline(mode, held_out, expected):
    assert failed(validation(mode, held_out=held_out)) == expected


@pytest.mark.parametrize(
    ("shots", "expected"),
    [
        ((steady(flicker=0.0049, drift=0.006),), {}),
        ((steady(flicker=0.0051),), {"flicker against the truth": "9"}),
        ((steady(drift=0.007),), {"drift against the truth": "8"}),
        # What nobody sees, however steady the baseline is.
        ((steady(baseline=(0.0, 0.0), flicker=0.0029, drift=0.0059),), {}),
        ((steady(baseline=(0.0, 0.0), flicker=0.0031),), {"flicker against the truth": "9"}),
        # Each shot by its own baseline.
        ((steady("A", (0.02, 0.005)), steady("B", flicker=0.006, flickering=10)), {"flicker against the truth": "10"}),
        # Where there is no baseline, by the source.
        ((steady(baseline=None, flicker=0.012),), {}),
        ((steady(baseline=None, flicker=0.013),), {"flicker against the truth": "9"}),
    ],
)
def test_hold_outs_may_flicker_and_drift_little_more_than_the_baseline(shots, expected):
    assert failed(validation(steadiness=shots)) == expected


def test_a_flicker_says_how_much_it_is_and_how_much_is_allowed():
    verdict = judge(Criteria(), validation(steadiness=(steady(flicker=0.01),)))
    (finding,) = verdict.failed
    assert finding.text == (
        "frame 9 fails: the flicker of the hold-outs' error of colour is 0.01 of the range in the shot of frame 9; at "
        "most 0.005 is allowed there. What to do: train longer, or add pairs of that shot"
    )
    # A hold-out is not offered to train on.
    assert (verdict.failing[0].frame, verdict.failing[0].severity, verdict.outliers) == (9, pytest.approx(2.0), "")


def test_detail_must_be_as_sharp_as_that_of_the_ground_truth():
    assert failed(validation("spatial", held_out={"sharpness": 1.3}, truth={"sharpness": 1.5})) == {}
    assert failed(validation("spatial", held_out={"sharpness": 0.9}, truth={"sharpness": 1.5})) == {"sharpness": ""}
    assert failed(validation("chroma", held_out={"sharpness": 0.9}, truth={"sharpness": 1.5})) == {}


def test_pairs_that_do_not_fit_are_named():
    pairs = (
        PairFit(1, "train", "", 6.0, 0.0),
        PairFit(8, "hold-out", "", None, 0.0),
        PairFit(15, "train", "", 0.0, 0.0),
    )
    assert failed(validation(pairs=pairs)) == {"pairs": "1"}
    of_two_shots = (PairFit(1, "train", "first", 6.0, 0.0), PairFit(1, "train", "second", 0.0, 0.0))
    assert failed(validation(pairs=of_two_shots)) == {"pairs": "1"}


def test_what_cannot_be_judged_is_neither_passed_nor_failed():
    none = dict.fromkeys(("grain", "halos", "displacement", "added_flicker"))
    unknown = validation(changed={frame: none for frame in range(1, 31)}, hold_outs=(), steadiness=())
    verdict = judge(Criteria(), unknown)
    assert {finding.name for finding in verdict.findings if finding.passed is None} == {
        *("unseen hold-outs", "better than the source", "better than the baseline"),
        *("grain", "halos", "displacement", "flicker", "flicker against the truth", "drift against the truth"),
    }
    texts = {finding.name: finding.text for finding in verdict.findings}
    assert "hold out three frames of a shot" in texts["flicker against the truth"]
    assert verdict.passed
    foreign = judge(Criteria(), validation(own_pairs=False)).findings[0]
    assert (foreign.name, foreign.passed) == ("unseen hold-outs", None)


def test_the_worst_frame_is_first_with_its_worst_reason_first():
    changed = {
        5: {"uncovered": 0.04},
        12: {"added_flicker": 0.006, "uncovered": 0.2},
        20: {"blotches": 0.007},
    }
    failing = judge(Criteria(), validation(changed=changed)).failing
    assert [frame.frame for frame in failing] == [12, 20, 5]
    assert failing[0].severity == pytest.approx(10.0)
    assert failing[0].reason == "has colours that training never saw (0.2 of the frame); flickers (0.006 of the range)"


def test_outliers_are_those_that_more_pairs_can_mend_some_frames_apart(tmp_path):
    changed = {frame: {"uncovered": frame / 100} for frame in (14, 15, 16, 17, 25)} | {5: {"halos": 0.9}}
    verdict = judge(Criteria(), validation(changed=changed))
    # 15 was trained on, 14 and 16 lie beside 17, and halos come from the reference.
    assert verdict.outliers == "17,25"
    assert judge(Criteria(most_outliers=1), validation(changed=changed)).outliers == "25"
    write_outliers(tmp_path / "outliers.txt", verdict)
    assert optional_frames((tmp_path / "outliers.txt").read_text().strip()) == (17, 25)


def test_a_finding_says_what_was_measured_where_and_what_to_do():
    flickering = {frame: {"added_flicker": 0.01} for frame in (3, 12, 20)}
    (finding,) = judge(Criteria(), validation(changed=flickering)).failed
    assert finding.text == (
        "frames 3,12,20 fail: the largest flicker beyond the source's own is 0.01 of the range; at most 0.003 is "
        "allowed. What to do: train longer, or add pairs of the frames that fail"
    )
    found = {
        finding.name: finding.text for finding in judge(Criteria(), validation(held_out={"ciede2000": 9.0})).failed
    }
    assert found["better than the source"].startswith(
        "the mean colour difference of the hold-outs from their ground truth is 9.00 CIEDE2000, and the source's is "
        "10.00; less than 7.50 is needed. What to do: train longer"
    )
    assert "no better than the baseline: frame 8;" in found["better than the baseline"]


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_asks_every_question_once(mode):
    asked = [row for row in CRITERIA if mode in row.modes]
    assert list(criteria_of(mode).values()) == asked
    assert [finding.name for finding in judge(Criteria(), validation(mode)).findings] == [row.name for row in asked]


def test_criteria_read_figures_that_are_there():
    figures = {field.name for field in dataclasses.fields(ShotFigures)} | {"uncovered"}
    assert {figure for row in CRITERIA for figure in row.measure.figures} <= figures


def test_every_limit_is_a_setting_and_every_setting_says_which_limit_it_is():
    helps = {field.name: field.metadata["help"] for field in dataclasses.fields(Criteria)}
    limits = settings_helps()
    assert set(helps) - set(limits) == {"most_outliers", "outlier_distance"}
    assert {name: helps[name] for name in limits} == limits
    assert helps["most_displacement"].startswith("pairs: distance between")
    assert "; displacement: distance between" in helps["most_displacement"]
    assert helps["most_flicker"] == "flicker: flicker beyond the source's own may be at most this share of the range"


def test_limits_can_be_set():
    assert failed(validation(changed={12: {"luma_rms": 0.01}}), Criteria(luma_tolerance=0.02)) == {}


def test_the_record_is_read_back_as_it_was(tmp_path):
    found = validation(changed={12: {"uncovered": 0.2, "grain": None}})
    verdict = judge(Criteria(most_flicker=0.01), found)
    write_validation(tmp_path / "report.json", found, verdict)
    assert read_validation(tmp_path / "report.json") == (found, verdict)


def test_a_finding_of_a_criterion_that_is_not_there_is_refused(tmp_path):
    path = tmp_path / "report.json"
    write_validation(path, validation(), judge(Criteria(), validation()))
    path.write_text(path.read_text().replace('"name": "flicker"', '"name": "glow"'))
    with pytest.raises(FileError, match=r"report\.json.*'glow' is not one of .*validate the recovery again"):
        read_validation(path)

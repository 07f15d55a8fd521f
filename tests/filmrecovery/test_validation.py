"""The stage and its verdict on recoveries that were really trained, if briefly: a good one, and three bad ones."""

import dataclasses
import itertools
import shutil

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from filmrecovery.base.errors import ElementError, FileError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import parse_frames
from filmrecovery.film.elements.scope import Scope, write_scopes
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.reference.curation.selection_file import read_selection
from filmrecovery.reference.curation.shared_crop import SharedCrop, ShotCrop, write_crop
from filmrecovery.rendering.render import render
from filmrecovery.rendering.render_settings import RenderSettings
from filmrecovery.training.learning.train import train
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.pairs.load_pairs import load_pairs
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_settings import PairSettings
from filmrecovery.training.runs.train_settings import TrainSettings
from filmrecovery.trials.baselines import gain_gamma_fit
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.doubted import doubt_and_error, squares_by_blocks
from filmrecovery.validation.report_folder import ReportFolder
from filmrecovery.validation.validate import validate
from filmrecovery.validation.validate_settings import ValidateSettings
from filmrecovery.validation.validation_figures import summarise
from filmrecovery.validation.validation_record import read_outcome, read_validation, write_validation
from filmrecovery.validation.verdict import judge

SPACE = "g24_rec709"
FRAMES = range(1, 13)
CROSSTALK = np.array([[0.4, 0.3, 0.1], [0.5, 0.4, 0.3], [0.1, 0.3, 0.5]], np.float32)
SETTINGS = ValidateSettings(device="cpu")


def truth(frame):
    """Soft-edged balls of six colours that drift over a ground with some grain, (144, 192, 3) in 0..1."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[0:144, 0:192].astype(np.float32)
    picture = np.full((144, 192, 3), (0.35, 0.4, 0.5), np.float32)
    colours = itertools.cycle(random.uniform(0.2, 0.8, (6, 3)))
    for colour in itertools.islice(colours, 18):
        start, speed = random.uniform(0, (192, 144)), random.uniform(-2, 2, 2)
        radius, place = random.uniform(9, 22), start + speed * frame
        cover = np.clip((radius - np.hypot(x - place[0], y - place[1])) / 2 + 0.5, 0, 1)[..., np.newaxis]
        picture += cover * (colour - picture)
    return picture.astype(np.float32)


def faded(picture, frame):
    grain = 0.008 * np.random.default_rng(frame).standard_normal((*picture.shape[:2], 1))
    return (picture @ CROSSTALK.T + grain).astype(np.float32)


class Film:
    """A print and a video of a film, and what a training on some of its frames makes of the print."""

    def __init__(self, folder, steps, shift=0):
        self.folder = folder
        self.source, video = (find(str(folder / f"{name}.####.exr")) for name in ("print", "video"))
        for frame in FRAMES:
            shown = np.roll(gaussian_filter(truth(frame), (0.7, 0.7, 0)), shift, axis=1)
            write_frame(self.source.path(frame), frame_from_rgb(faded(truth(frame), frame)), "float")
            write_frame(video.path(frame), frame_from_rgb(shown), "float")
        self.pairs = folder / "pairs"
        pairs = PairSettings("chroma", "1,6,12", "4,10", median=0, working_space=SPACE)
        make_pairs(pairs, self.source, video, self.pairs)
        settings = TrainSettings("small", steps, patch_size=96, batch_size=1, report_interval=10000, device="cpu")
        self.model = train(settings, [self.pairs], folder / "run")
        self.recovered = self.render(self.source, folder / "recovered")

    def render(self, source, folder):
        settings = RenderSettings(SPACE, "float", device="cpu")
        return render(settings, self.model, source, str(folder / "recovered.####.exr"))

    def grade(self):
        """A baseline: the best gain and gamma of each channel."""
        pairs = [pair for pair in load_pairs(self.pairs) if pair.role == "train"]
        return gain_gamma_fit([pair.input for pair in pairs], [pair.target for pair in pairs])

    def validate(self, source=None, recovered=None, **baseline):
        elements = source or self.source, recovered or self.recovered
        return validate(SETTINGS, [self.pairs], self.model, *elements, **baseline)


def find(pattern):
    return Element(pattern, tuple(FRAMES), SPACE)


def copied(element, folder, change):
    """The frames of an element with some changed: change(frame number, picture) -> picture."""
    copy = find(str(folder / "changed.####.exr"))
    for frame in FRAMES:
        rgb = read_frame(element.path(frame)).rgb
        write_frame(copy.path(frame), frame_from_rgb(change(frame, rgb)), "float")
    return copy


def failed(verdict):
    return {finding.name for finding in verdict.findings if finding.passed is False}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return Film(tmp_path_factory.mktemp("good"), steps=60)


@pytest.fixture(scope="module")
def validation(good):
    return good.validate(grade=good.grade())


def test_hold_outs_tell_whether_the_doubt_is_right(validation):
    for one in validation.hold_outs:
        assert 0.0 < one.doubt.rank < 1.0
        assert one.doubt.error == pytest.approx(one.recovery.chroma_rms, rel=1e-3)
        assert 0.3 < one.doubt.expected / one.doubt.error < 3.0
    assert {one.doubt for one in validation.frames} == {None}


def test_the_doubt_of_a_frame_is_measured_within_the_crop(good, tmp_path):
    told = np.zeros((144, 192), np.float32)
    told[20, 100], told[60, 30] = 0.3, 0.2
    doubted = find(str(tmp_path / "doubted.####.exr"))
    for frame in FRAMES:
        read = read_frame(good.recovered.path(frame))
        assert read.rgb.shape[:2] == told.shape
        write_frame(doubted.path(frame), read.with_channel("recovery.doubt", told * frame), "float")
    few = dataclasses.replace(good.source, frames=(2, 3))
    found = good.validate(few, dataclasses.replace(doubted, frames=(2, 3)))
    assert [(one.doubt.worst, one.doubt.x, one.doubt.y) for one in found.frames] == [
        (pytest.approx(0.6), 100, 20),
        (pytest.approx(0.9), 100, 20),
    ]
    assert found.frames[0].doubt.mean == pytest.approx(2 * np.sqrt((0.3**2 + 0.2**2) / told.size))

    write_crop(tmp_path / "crop.json", SharedCrop(10, 30, 90, 144, 192, 144))
    settings = dataclasses.replace(SETTINGS, crop=str(tmp_path / "crop.json"))
    found = validate(settings, [good.pairs], good.model, few, dataclasses.replace(doubted, frames=(2, 3)))
    assert (found.frames[0].doubt.worst, found.frames[0].doubt.x, found.frames[0].doubt.y) == (
        pytest.approx(0.4),
        30,
        60,
    )
    write_validation(tmp_path / "report.json", found, judge(Criteria(), found))
    assert read_validation(tmp_path / "report.json")[0] == found

    # The same part of frame 2 alone, and all of frame 3.
    shots = (ShotCrop("roof", 2, 2, 10, 30, 90, 144), ShotCrop("street", 3, 3, 0, 0, 192, 144))
    write_crop(tmp_path / "crop.json", SharedCrop(0, 0, 192, 144, 192, 144, shots=shots))
    by_shot = validate(settings, [good.pairs], good.model, few, dataclasses.replace(doubted, frames=(2, 3)))
    assert by_shot.frames[0] == found.frames[0]
    assert (by_shot.frames[1].doubt.worst, by_shot.frames[1].doubt.x) == (pytest.approx(0.9), 100)


@pytest.mark.parametrize("mode", ["chroma", "spatial", "plain"])
def test_a_doubt_that_is_the_error_itself_has_rank_1(mode):
    random = np.random.default_rng(2)
    wrong = np.kron(random.uniform(0.0, 0.2, (3, 4, 3)), np.ones((16, 16, 1))).astype(np.float32)
    truth = np.full((45, 60, 3), 0.4, np.float32)
    picture = truth + wrong[:45, :60]
    difference = picture - truth
    part = {"chroma": chroma(difference), "spatial": luma(difference)[..., np.newaxis], "plain": difference}[mode]
    error = np.sqrt(np.square(part).mean(-1))
    found = doubt_and_error(squares_by_blocks(error, picture, truth, mode))
    assert found.rank == pytest.approx(1.0)
    assert found.expected == pytest.approx(found.error, rel=1e-5)
    assert found.error == pytest.approx(np.sqrt(np.square(part).mean()), rel=0.05)
    # The same everywhere has no ranks.
    assert doubt_and_error(squares_by_blocks(np.full_like(error, 0.1), picture, truth, mode)).rank is None


def test_a_good_recovery_passes_by_every_criterion(validation):
    verdict = judge(Criteria(), validation)
    assert {finding.name for finding in verdict.findings if finding.passed} >= {
        *(
            "unseen hold-outs",
            "pairs",
            "luma identity",
            "better than the source",
            "better than the baseline",
            "coverage",
            "displacement",
        ),
        *("flicker", "steady colour", "one colour through the shot", "blotches", "grain", "clipping", "range"),
    }
    assert (verdict.passed, verdict.failing, verdict.outliers) == (True, (), "")


def test_source_baseline_and_recovery_are_measured_side_by_side(validation):
    assert [one.frame for one in validation.frames] == list(FRAMES)
    assert [one.frame for one in validation.hold_outs] == [4, 10]
    assert [(one.frame, one.role) for one in validation.pairs][:2] == [(1, "train"), (4, "hold-out")]
    assert (validation.mode, validation.working_space, validation.own_pairs) == ("chroma", SPACE, True)
    for one in validation.hold_outs:
        assert one.recovery.ciede2000 < one.baseline.ciede2000 < one.source.ciede2000
        assert (one.source.grain, one.recovery.grain) == (1.0, pytest.approx(1.0, abs=1e-3))
    for one in validation.frames:
        assert one.source.chroma_rms == one.source.luma_max == one.source.shift_cr == 0.0
        assert one.recovery.luma_rms < 1e-6 < one.baseline.luma_rms
    assert [one.frame for one in validation.frames if one.recovery.added_flicker is None] == [1, 12]


def test_a_recovery_no_better_than_its_baseline_fails_for_that_alone(good):
    verdict = judge(Criteria(), good.validate(baseline=good.recovered))
    assert failed(verdict) == {"better than the baseline"}
    assert {found.frame for found in verdict.failing} == {4, 10}
    # Hold-outs are not offered to train on.
    assert verdict.outliers == ""


def test_frames_know_their_shot_and_shots_without_pairs_are_listed(random_model, element, tmp_path):
    pictures = [truth(frame) for frame in FRAMES]
    source = element("source", [faded(picture, 0) for picture in pictures], SPACE)
    folders = []
    for label, frame in (("first", 1), ("second", 6)):
        folder = tmp_path / label
        for kind, picture in (("input", faded(pictures[frame - 1], 0)), ("target", pictures[frame - 1])):
            write_frame(folder / f"{kind}.{frame:04d}.exr", frame_from_rgb(picture), "float")
        adopt_pairs(folder, PairFacts("chroma", SPACE, label=label))
        folders.append(folder)
    write_scopes(
        tmp_path / "shots.json",
        tuple(Scope(name, "shot", *ends) for name, *ends in (("first", 1, 4), ("second", 5, 8), ("third", 9, 12))),
    )
    settings = ValidateSettings(shots=str(tmp_path / "shots.json"), device="cpu")

    def listed(settings, frames):
        model = random_model("chroma", working_space=SPACE)
        found = validate(settings, folders, model, source.with_frames(frames), source)
        return [one.shot for one in found.frames], [str(shot) for shot in found.shots_without_pairs]

    assert listed(settings, (1, 9, 11)) == (["first", "third", "third"], ["third (frames 9,11)"])
    assert listed(settings, (1,)) == (["first"], [])
    assert listed(SETTINGS, (9,)) == ([""], [])


@pytest.mark.slow
def test_misaligned_pairs_fail_for_not_fitting(tmp_path):
    verdict = judge(Criteria(), Film(tmp_path, steps=3, shift=6).validate())
    (finding,) = (finding for finding in verdict.findings if finding.name == "pairs")
    assert (finding.passed, finding.value, finding.frames) == (False, 6.0, "1,4,6,10,12")
    assert "align the elements" in finding.text


@pytest.mark.slow
def test_a_colour_that_training_never_saw_is_found_and_offered_as_a_new_pair(good, tmp_path):
    def intrude(frame, picture):
        if frame in (8, 9):
            picture[40:80, 60:120] = (0.7, 0.25, 0.3)
        return picture

    source = copied(good.source, tmp_path / "print", intrude)
    verdict = judge(Criteria(), good.validate(source, good.render(source, tmp_path)))
    (finding,) = (finding for finding in verdict.findings if finding.name == "coverage")
    assert (finding.passed, finding.frames) == (False, "8-9")
    assert finding.value == pytest.approx(40 * 60 / (144 * 192), rel=0.1)
    assert verdict.outliers in ("8", "9")


@pytest.mark.slow
def test_a_frame_whose_colour_jumps_is_an_outlier(good, tmp_path):
    def jump(frame, picture):
        return picture + np.array([0.03, 0, 0.03], np.float32) if frame == 7 else picture

    verdict = judge(Criteria(), good.validate(recovered=copied(good.recovered, tmp_path, jump)))
    assert {"flicker", "steady colour", "luma identity"} == failed(verdict)
    assert verdict.failing[0].frame == 7
    assert "colour jumps beside its neighbours" in verdict.failing[0].reason
    assert verdict.outliers == "7"


@pytest.mark.slow
def test_frames_of_a_baseline_stand_for_hold_outs_too(good):
    graded = good.validate(baseline=good.source)
    assert graded.baseline == good.source
    assert [one.baseline for one in graded.hold_outs] == [one.source for one in graded.hold_outs]
    assert [one.baseline for one in graded.frames] == [one.source for one in graded.frames]


@pytest.mark.slow
def test_the_verb_writes_what_the_selection_of_frames_takes(good, tmp_path, capsys):
    output = tmp_path / "report"
    arguments = ["validate", str(good.model), good.source.pattern, good.recovered.pattern, "--pairs", str(good.pairs)]
    arguments += ["--source-space", SPACE, "--recovered-space", SPACE, "--output", str(output), "--device", "cpu"]
    # Nothing is so near: every frame fails.
    assert main([*arguments, "--most-sudden-shift", "0", "--deviations", "0", "--outlier-distance", "2"]) == 0
    printed = capsys.readouterr().out
    assert "FAIL steady colour" in printed
    validation, verdict = read_validation(output / "report.json")
    # The verb names the elements.
    assert (validation.source.name, validation.recovered.name) == ("source", "recovered")
    assert validation == good.validate(validation.source, validation.recovered)
    assert verdict.criteria == Criteria(most_sudden_shift=0.0, deviations=0.0, outlier_distance=2)
    outliers = (output / "outliers.txt").read_text().strip()
    assert outliers
    assert outliers == verdict.outliers
    assert f"--outliers {outliers}" in printed

    spaces = ["--source-space", SPACE, "--working-space", SPACE]
    selection = tmp_path / "selection.json"
    assert main(["select", good.source.pattern, str(selection), *spaces, "--outliers", outliers]) == 0
    chosen = {found.frame: found.reason for found in read_selection(selection).roles if found.role == "train"}
    assert set(parse_frames(outliers)) <= set(chosen)

    # Other criteria judge anew what was measured, and the same call does nothing.
    capsys.readouterr()
    assert main(arguments) == 0
    assert "Measuring" not in capsys.readouterr().err
    assert read_validation(output / "report.json")[0] == validation
    written = (output / "report.json").stat().st_mtime_ns
    assert main(arguments) == 0
    assert "is current, nothing is done again" in capsys.readouterr().err
    assert (output / "report.json").stat().st_mtime_ns == written


@pytest.mark.slow
def test_a_few_frames_give_a_verdict_that_says_so(good, tmp_path, capsys):
    output = tmp_path / "report"
    arguments = ["validate", str(good.model), good.source.pattern, good.recovered.pattern, "--pairs", str(good.pairs)]
    arguments += ["--source-space", SPACE, "--recovered-space", SPACE, "--output", str(output), "--device", "cpu"]
    assert main([*arguments, "--most-frames", "6"]) == 0
    validation, verdict = read_validation(output / "report.json")
    outcome = read_outcome(output / "report.json")
    assert (outcome.passed, outcome.model, outcome.frames) == (verdict.passed, validation.model, 6)
    assert outcome.failed == tuple(finding.name for finding in verdict.failed)
    assert outcome.texts == tuple(finding.text for finding in verdict.failed)
    assert outcome.likeness["recovery"] == summarise(validation.hold_outs, "recovery")[outcome.figure].mean
    first, last = good.source.frames[0], good.source.frames[-1]
    assert [one.frame for one in validation.frames] == [first, first + 1, first + 2, last - 2, last - 1, last]
    assert validation.hold_outs == good.validate().hold_outs
    # Runs of three are enough to see what changes from frame to frame.
    assert {one.name: one.passed for one in verdict.findings}["flicker"] is not None
    assert f"6 of {len(good.source.frames)}; the others are not judged" in (output / "report.html").read_text()


@pytest.mark.slow
def test_a_report_that_is_stopped_does_not_look_finished(good, tmp_path, capsys):
    folder = ReportFolder(tmp_path / "report")
    arguments = ["validate", str(good.model), good.source.pattern, good.recovered.pattern, "--pairs", str(good.pairs)]
    arguments += ["--source-space", SPACE, "--recovered-space", SPACE, "--output", str(folder.path), "--device", "cpu"]
    assert main([*arguments, "--frames", "1-6"]) == 0
    assert folder.record.is_file()
    # The page cannot be written over a folder.
    folder.page.unlink()
    folder.page.mkdir()
    (folder.page / "kept.txt").touch()
    assert main([*arguments, "--frames", "1-6"]) == 1
    assert "report.html: cannot be written" in capsys.readouterr().err
    assert not folder.record.exists()
    shutil.rmtree(folder.page)
    assert main([*arguments, "--frames", "1-6"]) == 0
    assert folder.record.stat().st_mtime_ns >= max(folder.page.stat().st_mtime_ns, folder.outliers.stat().st_mtime_ns)


@pytest.mark.slow
def test_frames_and_pairs_that_do_not_fit_are_refused(good, tmp_path):
    small = copied(good.recovered, tmp_path, lambda frame, picture: picture[:100])
    with pytest.raises(ElementError, match=r"changed\.0001\.exr: 192x100 pixels; expected 192x144"):
        good.validate(recovered=small)
    thin = copied(good.source, tmp_path / "thin", lambda frame, picture: picture[:4])
    with pytest.raises(ElementError, match=r"\.0001\.exr: 192x4 pixels are too few to be measured; expected 11"):
        good.validate(source=thin)
    small.path(5).unlink()
    with pytest.raises(ElementError, match=r"changed\.0005\.exr: missing"):
        validate(SETTINGS, [good.pairs], good.model, good.source, small)
    adopt_pairs(shutil.copytree(good.pairs, tmp_path / "pairs"), PairFacts("plain", SPACE))
    with pytest.raises(SettingsError, match="its mode is chroma, and that of the pairs plain"):
        validate(SETTINGS, [tmp_path / "pairs"], good.model, good.source, good.recovered)


def test_a_record_that_is_none_is_refused(tmp_path):
    (tmp_path / "report.json").write_text('{"version": 1, "validation": {}}')
    with pytest.raises(FileError, match=r"report\.json.*validate the recovery again"):
        read_validation(tmp_path / "report.json")

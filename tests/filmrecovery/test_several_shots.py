"""An element of two shots that its reference frames in two ways."""

import dataclasses
import json
import logging

import cv2
import numpy as np
import pytest

from filmrecovery.base.errors import ElementError, FileError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.scope import Scope, read_scopes, write_scopes
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.project.load_project import load_project
from filmrecovery.project.run_project import run_project
from filmrecovery.reference.alignment.align_frames import align_frames
from filmrecovery.reference.alignment.align_shots import align_shots
from filmrecovery.reference.alignment.alignment_file import read_alignment
from filmrecovery.reference.curation.selection_file import read_selection
from filmrecovery.reference.curation.shot_list import read_shots
from filmrecovery.reference.curation.timeline import write_timeline
from filmrecovery.reference.matching.frame_match import FrameMatch, read_matches, write_matches
from filmrecovery.reference.matching.match_settings import MatchSettings
from filmrecovery.reference.matching.match_shots import match_shots
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.trials.alignment_benchmark import alignment_error, true_matches
from filmrecovery.trials.simulation.alignment_truth import truth_of_print
from filmrecovery.trials.simulation.raw_element import RawElement, numbered, raw_frame
from filmrecovery.trials.simulation.simulated_elements import faded_print
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

pytestmark = pytest.mark.usefixtures("one_thread")

WIDTH, HEIGHT = 320, 180
SHOTS = (Scope("shot_010", "shot", 1, 10), Scope("shot_020", "shot", 11, 20))
FRAMINGS = ({"scale": 1.06, "shift": (0.07, 0.0)}, {"scale": 1.12, "shift": (-0.07, 0.02)})
PRINT = SimulationSettings(seed=1, fade=0.5, wear=0.2, weave=0.3)

PROJECT = """
title = "Market"
shot = "M_010"
working_space = "srgb_tx"

[elements.print]
pattern = "print.####.exr"
frames = "1-20"
space = "srgb_tx"

[elements.video]
pattern = "video.####.exr"
frames = "101-128"
space = "srgb_tx"

[[stages]]
name = "chroma"
mode = "chroma"
source = "print"
reference = "video"
median = 0
align = {}
shots = {}
train = { size = "small", steps = 1, patch_size = 64, batch_size = 1 }

[validate]
enabled = false
"""


def moving_picture(seed):
    """Footage of a plane of blobs that a camera goes over unevenly: frame -> (height, width, 3) in 0..1."""
    random = np.random.default_rng(seed)
    plane = np.zeros((HEIGHT + 60, WIDTH + 160, 3), np.float32)
    for size in (3.0, 8.0, 20.0):
        layer = cv2.GaussianBlur(random.standard_normal(plane.shape).astype(np.float32), (0, 0), size)
        plane += layer / layer.std()
    plane = np.clip(0.5 + 0.15 * plane, 0, 1)

    def picture(frame):
        left, top = round(20 + 2 * frame + 2 * np.sin(2.1 * frame)), round(30 + 2 * np.cos(1.3 * frame))
        return plane[top : top + HEIGHT, left : left + WIDTH]

    return picture


class Scene:
    """Both elements on disk, the truth of each shot, and the right matches."""

    def __init__(self, folder):
        self.folder = folder
        self.source = Element(str(folder / "print.####.exr"), tuple(range(1, 21)), "srgb_tx")
        self.reference = Element(str(folder / "video.####.exr"), tuple(range(101, 129)), "srgb_tx")
        self.truths = []
        for index, framing in enumerate(FRAMINGS):
            footage = moving_picture(index)
            shown = numbered(range(2, 12), 1 + 10 * index)
            element = RawElement(
                numbered(range(14), 101 + 14 * index), WIDTH, HEIGHT, "internegative", weave=0.3, **framing
            )
            for number, frame in shown.items():
                rgb = faded_print(footage(frame), number, PRINT)
                write_frame(self.source.path(number), frame_from_rgb(rgb), "float")
            for number in element.shown:
                write_frame(self.reference.path(number), frame_from_rgb(raw_frame(element, number, footage)), "float")
            self.truths.append(truth_of_print(shown, PRINT, element, (WIDTH, HEIGHT)))
        self.matches = tuple(match for truth in self.truths for match in true_matches(truth))

    def errors(self, frames):
        """How far each frame is off, in pixels of the source."""
        truths = [self.truths[frame.source > 10] for frame in frames]
        return [
            alignment_error(truth, frame.source, frame.reference, frame.matrix)
            for truth, frame in zip(truths, frames, strict=True)
        ]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return Scene(tmp_path_factory.mktemp("scene"))


def without(matches, frames):
    """The matches, without the matches of some frames of the source."""
    return tuple(dataclasses.replace(m, reference=None) if m.source in frames else m for m in matches)


@pytest.mark.slow
def test_another_framing_is_followed_even_where_no_cut_is_known(scene):
    frames = align_frames(AlignSettings(), scene.matches, scene.source, scene.reference)
    assert max(scene.errors(frames)) < 0.1


@pytest.mark.slow
def test_a_single_shot_comes_out_as_without_a_list_of_shots(scene):
    matches = scene.matches[:10]
    arguments = AlignSettings(), matches, scene.source, scene.reference
    expected = align_frames(*arguments)
    for shots in ((), SHOTS[:1]):
        alignment = align_shots(*arguments, shots)
        for found, frame in zip(alignment.frames, expected, strict=True):
            assert np.array_equal(found.matrix, frame.matrix)
            assert (found.source, found.error, found.flagged) == (frame.source, frame.error, frame.flagged)


@pytest.mark.slow
def test_shots_that_cannot_be_aligned_are_named_and_left_out(scene):
    few = without(scene.matches, range(12, 21))
    alignment = align_shots(AlignSettings(), few, scene.source, scene.reference, SHOTS)
    assert [frame.source for frame in alignment.frames] == list(range(1, 11))
    (reason,) = alignment.left_out
    assert reason.startswith("shot_020 (frames 11-20): fewer than 2 of its frames have a match")
    assert "not aligned: shot_020" in str(alignment)

    # The frames of the other shot, which shows something else.
    wrong = (*scene.matches[:10], *(FrameMatch(frame, 95 + frame, 1.0) for frame in range(11, 20)))
    alignment = align_shots(AlignSettings(), wrong, scene.source, scene.reference, SHOTS)
    assert len(alignment.frames) == 10
    assert "nothing in its frames was found again" in alignment.left_out[0]

    none = tuple(FrameMatch(frame, None, 0.5) for frame in scene.source.frames)
    with pytest.raises(ElementError, match=r"video.*: no shot could be aligned to .*print.*shot_010 .*shot_020"):
        align_shots(AlignSettings(), none, scene.source, scene.reference, SHOTS)


@pytest.mark.slow
def test_a_shot_that_the_reference_lacks_has_no_matches(scene, caplog):
    reference = scene.reference.with_frames(scene.reference.frames[:14])
    with caplog.at_level(logging.INFO):
        matches = match_shots(MatchSettings(), scene.source, reference, SHOTS)
    assert [match.reference for match in matches] == [*range(103, 113), *10 * [None]]
    assert "Match shot_020 (frames 11-20), 2 of 2" in caplog.messages


@pytest.mark.slow
def test_the_verbs_take_the_shots_of_a_file(scene, tmp_path, capsys):
    shots, timeline = tmp_path / "shots.json", tmp_path / "shots.otio"
    matches, alignment = tmp_path / "matches.json", tmp_path / "alignment.json"
    write_scopes(shots, (*SHOTS, Scope("market", "scene", 1, 20)))
    write_timeline(timeline, SHOTS, scene.source)
    write_matches(matches, scene.matches)
    patterns = [scene.source.pattern, scene.reference.pattern]
    assert main(["align", str(matches), *patterns, str(alignment), "--shots", str(timeline)]) == 0
    assert "Align shot_010 (frames 1-10), 1 of 2" in capsys.readouterr().err
    found = read_alignment(alignment)
    assert max(scene.errors(found.frames)) < 0.3

    selections = []
    for name, value in (("file", [shots]), ("timeline", [timeline]), ("ranges", ["1-10", "11-20"])):
        path = tmp_path / f"{name}.json"
        arguments = ["select", patterns[0], path, "--scope", "scene", "--alignment", alignment, "--shots", *value]
        assert main([str(argument) for argument in arguments]) == 0
        selections.append(read_selection(path))
    assert selections[0] == selections[1] == selections[2]
    assert {role.frame: role.shot for role in selections[0].roles}[11] == 2
    assert {1, 10, 11, 20} <= {role.frame for role in selections[0].roles if role.role == "train"}


@pytest.mark.parametrize(
    ("scopes", "message"),
    [
        ((SHOTS[0], Scope("late", "shot", 10, 20)), r"shot_010 \(frames 1-10\) and late \(frames 10-20\) overlap"),
        ((Scope("far", "shot", 1001, 1010),), r"none of its shots has a frame of print.*which has 1-20"),
        ((Scope("market", "scene", 1, 20),), r"none of its shots"),
    ],
)
def test_a_list_of_shots_that_does_not_fit_is_refused(tmp_path, scopes, message):
    write_scopes(tmp_path / "shots.json", scopes)
    with pytest.raises(ElementError, match=rf"shots\.json: {message}"):
        read_shots(tmp_path / "shots.json", Element("print.####.exr", tuple(range(1, 21)), ""))


@pytest.mark.slow
def test_a_project_gives_every_shot_its_own_matches_and_homography_and_follows_a_correction(scene, tmp_path):
    text = PROJECT.replace('"print.', f'"{scene.folder}/print.').replace('"video.', f'"{scene.folder}/video.')
    (tmp_path / "project.toml").write_text(text)
    run_project(tmp_path / "project.toml")
    prepared = tmp_path / "recovered" / "chroma" / "reference"
    assert read_scopes(prepared / "shots.json") == SHOTS
    matches = read_matches(prepared / "matches.json")
    assert [match.reference for match in matches] == [match.reference for match in scene.matches]
    alignment = read_alignment(prepared / "alignment.json")
    assert [frame.source for frame in alignment.frames] == list(scene.source.frames)
    assert max(scene.errors(alignment.frames)) < 0.3
    assert alignment.left_out == ()
    roles = read_selection(prepared / "selection.json").roles
    assert {1, 10, 11, 20} <= {role.frame for role in roles if role.role == "train"}

    content = json.loads((prepared / "shots.json").read_text())
    content["scopes"].pop()
    (prepared / "shots.json").write_text(json.dumps(content))
    run_project(tmp_path / "project.toml")
    assert read_scopes(prepared / "shots.json") == SHOTS[:1]
    assert [frame.source for frame in read_alignment(prepared / "alignment.json").frames] == list(range(1, 11))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        (
            "align = {}\nshots = {}",
            'training_frames = "1"\nshots = {}',
            SettingsError,
            "'shots' works only with 'align'",
        ),
        ("shots = {}", 'shots = { space = "lin_ap0" }', SettingsError, "shots: unknown key 'space'"),
        ("shots = {}", 'shots = { file = "a.json", minimum_length = 4 }', SettingsError, "'file' names the shots"),
        (
            "shots = {}",
            'shots = { file = "a.json" }',
            FileError,
            r"stage 'chroma', key 'shots': .*a\.json: there is",
        ),
    ],
)
def test_shots_of_a_project_that_do_not_fit_are_told(scene, old, new, error, message):
    path = scene.folder / "project.toml"
    path.write_text(PROJECT.replace(old, new))
    with pytest.raises(error, match=message):
        run_project(path) if error is FileError else load_project(path)

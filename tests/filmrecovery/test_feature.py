"""What a whole feature asks of the stages: memory and time that grow as the film does."""

import json
import tracemalloc

import numpy as np
import pytest

from filmrecovery.cli import main
from filmrecovery.reference.curation.frame_choice import FrameChoice
from filmrecovery.reference.curation.selection_settings import SelectSettings
from filmrecovery.reference.curation.shot_list import read_shots
from filmrecovery.reference.matching import match_shots as matching_of_shots
from filmrecovery.reference.matching.match_frames import match_frames
from filmrecovery.reference.matching.match_settings import MatchSettings
from filmrecovery.reference.matching.match_shots import match_shots
from filmrecovery.trials import feature_benchmark
from filmrecovery.trials.feature_benchmark import Cost, growth_table
from filmrecovery.trials.feature_film import make_feature
from filmrecovery.trials.feature_plans import PLANS

NUMBERS = 58


def choice(frames, shot_length):
    random = np.random.default_rng(1)
    numbers = tuple(range(1, frames + 1))
    shots = [numbers[start : start + shot_length] for start in range(0, frames, shot_length)]
    descriptors = dict(zip(numbers, random.random((frames, NUMBERS)), strict=True))
    found = FrameChoice(SelectSettings("sequence"), shots, numbers, {}, descriptors)
    found.choose()
    return found


def having(found, role):
    return [frame for frame, (given, _) in found.roles.items() if given == role]


def test_the_choice_among_many_frames_takes_little_memory():
    tracemalloc.start()
    choice(6000, 150)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # All differences of frames and chosen frames at once would be 330 MB.
    assert most < 60e6


def test_the_preview_is_least_like_the_frames_to_train_on():
    found = choice(300, 20)
    train = np.stack([found.descriptors[frame] for frame in having(found, "train")])
    (preview,) = having(found, "preview")
    distances = {
        frame: np.linalg.norm(found.descriptors[frame] - train, axis=1).min()
        for frame in [*having(found, "left"), preview]
    }
    assert max(distances, key=distances.__getitem__) == preview


def test_hold_outs_lie_as_far_as_they_can_from_what_is_trained_on():
    found = choice(300, 20)
    train, held = having(found, "train"), having(found, "hold-out")
    assert len(held) == round(len(train) / 4)
    # Shots of 20 frames have their first, middle and last one in training.
    assert min(abs(frame - other) for frame in held for other in train) == 4


@pytest.mark.slow
def test_a_shot_is_found_in_whichever_part_of_a_long_reference(tmp_path, monkeypatch):
    film = make_feature(tmp_path, 100, 20)
    first, *_, last = read_shots(film.shots, film.source)
    whole = match_shots(MatchSettings(), film.source, film.reference, (last, first))
    monkeypatch.setattr(matching_of_shots, "_PART", 60)
    parts = match_shots(MatchSettings(), film.source, film.reference, (last, first))
    right = [match.source for match in whole if match.source == match.reference]
    assert len([frame for frame in right if frame > 80]) > 10
    assert parts == whole


@pytest.mark.slow
def test_a_shot_that_begins_still_is_told_from_the_one_before_it_in_the_reference(tmp_path):
    film = make_feature(tmp_path, 300)
    source, reference = film.source.with_frames(range(151, 191)), film.reference.with_frames(range(131, 191))
    matches = match_frames(MatchSettings(), source, reference)
    assert [match.reference for match in matches] == list(range(151, 191))


def test_the_table_tells_how_the_cost_grows():
    costs = {100: {"match": Cost(3.0, 4.0, 500.0)}, 1000: {"match": Cost(300.0, 310.0, 700.0)}}
    assert "| match | 3.0 s, 500 MB | 300.0 s, 700 MB | 2.00 |" in growth_table(costs)


@pytest.mark.slow
def test_a_film_goes_through_all_stages(tmp_path, monkeypatch):
    monkeypatch.setattr(feature_benchmark, "SHOT_LENGTH", 12)
    feature_benchmark.benchmark_feature(main, tmp_path, [24], [300], 600)
    stages, plans = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("stages", "plans"))
    assert list(stages["24"])[-3:] == ["render", "validate", "deliver"]
    assert list(plans["300"]) == list(PLANS)


def test_a_film_of_one_shot_tells_nothing_of_growth(tmp_path, capsys):
    assert main(["benchmark-feature", str(tmp_path), "--frames", "150"]) == 1
    assert "the shortest film has two shots" in capsys.readouterr().err


def fails(arguments):
    return 1


@pytest.mark.slow
def test_a_film_whose_first_stage_fails_has_a_table_without_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(feature_benchmark, "SHOT_LENGTH", 4)
    feature_benchmark.benchmark_feature(fails, tmp_path, [8], [], 600)
    assert "shots: failed" in capsys.readouterr().err
    assert json.loads((tmp_path / "stages.json").read_text()) == {"8": {}}
    assert not (tmp_path / "stages.svg").exists()

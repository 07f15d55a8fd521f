"""Many pairs of real size: what a training and its preparation hold in memory, do again, and say meanwhile."""

import tracemalloc

import numpy as np
import pytest
import torch
from training_scenes import grades_of

from filmrecovery.base.overlap import FEW
from filmrecovery.film.checks.parity import check_element
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.training.fitting.evidence import weigh
from filmrecovery.training.fitting.fit_place_grades import fit_place_grades
from filmrecovery.training.fitting.folds import WHOLE, Block
from filmrecovery.training.learning import learner
from filmrecovery.training.learning.train import train
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.pairs.pair_records import pixel_hash
from filmrecovery.training.runs.train_settings import TrainSettings


def picture(seed, height=160, width=160):
    coarse = np.random.default_rng(seed).random((height // 8, width // 8, 3)).astype(np.float32)
    return np.kron(coarse, np.ones((8, 8, 1), np.float32))


def blocks_of(count):
    return [Block(picture(seed), picture(seed) * 0.9, 0, seed % 2, WHOLE) for seed in range(count)]


def bytes_for_each(work):
    """What each of many blocks adds to the memory that some work takes, of arrays."""
    peaks = []
    for count in (4, 20):
        blocks = blocks_of(count)
        tracemalloc.start()
        work(blocks)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return (peaks[1] - peaks[0]) / 16


def test_fitting_grades_by_place_keeps_no_matrix_of_a_block():
    network = RecoveryNetwork("spatial", "small", members=2)
    grades = grades_of(network, torch.zeros_like(network.grades))
    # 1,600 cells, of which each has 40 nodes in the matrix.
    matrix = 1600 * 40 * 12
    fitted = bytes_for_each(lambda ours: fit_place_grades("spatial", ours, grades.whole, grades.without, lambda: None))
    assert fitted < 0.6 * matrix


def test_weighing_keeps_no_pixels_of_a_block():
    network = RecoveryNetwork("spatial", "small", members=2).eval()

    def weighed(blocks):
        # Of a part of a picture the pixels do not lie in one piece, and the middle of it is a copy.
        weigh(network, grades_of(network, torch.zeros_like(network.grades)), [cut(block) for block in blocks])

    assert bytes_for_each(weighed) < 0.5 * 160 * 144 * 3 * 4


def cut(block):
    """A part of a larger picture."""
    return Block(block.input[:, 8:-8], block.target[:, 8:-8], block.shot, block.fold, block.edges)


def test_the_hash_of_pixels_needs_no_copy_of_them():
    pixels = picture(1, 512, 512)
    tracemalloc.start()
    pixel_hash(pixels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.1 * pixels.nbytes


@pytest.fixture
def write_pairs(tmp_path):
    def write(count):
        for frame in range(1, count + 1):
            truth = picture(frame, 64, 64)
            write_frame(tmp_path / f"input.{frame:04d}.exr", frame_from_rgb(0.8 * truth), "float")
            write_frame(tmp_path / f"target.{frame:04d}.exr", frame_from_rgb(truth), "float")
        adopt_pairs(tmp_path, PairFacts("spatial", "srgb_tx"))
        return tmp_path

    return write


def test_the_parts_of_a_model_are_weighed_once_for_a_step(write_pairs, tmp_path, monkeypatch):
    weighed = []

    def counted(*arguments):
        weighed.append(arguments)
        return weigh(*arguments)

    monkeypatch.setattr(learner, "weigh", counted)
    train(TrainSettings(steps=2, patch_size=64, device="cpu"), [write_pairs(2)], tmp_path / "run")
    # Before the first step, and once for the report and the model at the end.
    assert len(weighed) == 2


def labels_of(lines):
    return [line for line in lines if not line.startswith("Progress: ")]


def test_of_few_pairs_the_training_alone_shows_how_far_it_is(write_pairs, tmp_path, capsys):
    train(TrainSettings(steps=1, patch_size=64, device="cpu"), [write_pairs(FEW)], tmp_path / "run")
    assert labels_of(capsys.readouterr().err.splitlines()) == ["Training run"]


def test_of_few_pairs_with_many_pixels_fitting_shows_how_far_it_is(write_pairs, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(learner, "_MANY_PIXELS", 2 * 64 * 64 - 1)
    train(TrainSettings(steps=1, patch_size=64, device="cpu"), [write_pairs(2)], tmp_path / "run")
    assert labels_of(capsys.readouterr().err.splitlines()) == ["Fitting grades and gains", "Training run"]


def test_reading_and_fitting_of_many_pairs_show_how_far_they_are(write_pairs, tmp_path, capsys):
    train(TrainSettings(steps=1, patch_size=64, device="cpu"), [write_pairs(FEW + 1)], tmp_path / "run")
    lines = capsys.readouterr().err.splitlines()
    labels = labels_of(lines)
    assert labels == ["Pairs", "Reading pairs", "Fitting grades and gains", "Training run"]
    fitting = lines[lines.index(labels[2]) + 1 : lines.index(labels[3])]
    assert fitting[0] == "Progress: 0%"
    assert fitting[-1] == "Progress: 100%"
    assert len(set(fitting)) == len(fitting) > 10


def test_a_check_of_many_frames_shows_how_far_it_is(tmp_path, capsys):
    for frame in range(1, 11):
        write_frame(tmp_path / f"scan.{frame:04d}.exr", frame_from_rgb(picture(frame, 16, 16)), "zip")
    pattern = str(tmp_path / "scan.####.exr")
    check_element(Element(pattern, tuple(range(1, 11)), "srgb_tx"))
    assert capsys.readouterr().err.startswith(f"Checking {pattern}\nProgress: 0%\n")

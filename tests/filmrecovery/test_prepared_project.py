"""A project whose source is balanced and cleaned first."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.balance import apply_balance, read_balance
from filmrecovery.model.balance_settings import BalanceSettings
from filmrecovery.model.clean import clean
from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.model.model_file import load_model
from filmrecovery.picture.colour import converter
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.project.load_project import load_project
from filmrecovery.project.run_project import run_project
from filmrecovery.reference.curation.balance_estimation import estimate_balance
from filmrecovery.training.pairs.load_pairs import load_pairs
from filmrecovery.training.pairs.pair_manifest import read_manifest
from filmrecovery.validation.validation_record import read_validation

SPACE = "g24_rec709"
FRAMES = range(1, 5)

PROJECT = """
title = "Clouds"
shot = "C_010"
working_space = "g24_rec709"

[elements.print]
pattern = "scans/print.####.exr"
frames = "1-4"
space = "lin_ap0"

[elements.video]
pattern = "scans/video.####.exr"
frames = "1-4"
space = "g24_rec709"

[[stages]]
name = "chroma"
mode = "chroma"
source = "print"
reference = "video"
training_frames = "1,4"
hold_out_frames = "2"
median = 0
doubt = true
balance = { reference = true }
clean = { median = 3, degrain = 0.02 }
train = { size = "small", steps = 3, patch_size = 64, batch_size = 1 }

[delivery]
encoding = "float"
"""


def truth(frame):
    """Coloured clouds, (64, 96, 3) in 0..1."""
    clouds = gaussian_filter(np.random.default_rng(frame).standard_normal((64, 96, 3)), (4, 4, 0))
    return np.clip(0.5 + 0.15 * clouds / clouds.std(), 0, 1).astype(np.float32)


def faded(frame):
    """Grainy, with little contrast in red and a veil over it."""
    grain = np.random.default_rng(100 + frame).normal(0, 0.02, (64, 96, 3))
    return np.clip(truth(frame) * (0.5, 0.8, 0.7) + (0.35, 0.05, 0.1) + grain, 0, 1).astype(np.float32)


@pytest.fixture
def project(tmp_path):
    to_print_space = converter(SPACE, "lin_ap0")
    for frame in FRAMES:
        scan = to_print_space(faded(frame))
        write_frame(tmp_path / "scans" / f"print.{frame:04d}.exr", frame_from_rgb(scan), "float")
        write_frame(tmp_path / "scans" / f"video.{frame:04d}.exr", frame_from_rgb(truth(frame)), "float")
    path = tmp_path / "project.toml"
    path.write_text(PROJECT)
    return path


@pytest.mark.slow
def test_a_stage_balances_and_cleans_its_source_in_training_and_render(project, capsys):
    delivered = run_project(project)
    stage = project.parent / "recovered" / "chroma"
    elements = load_project(project).elements
    settings = BalanceSettings(keep_luma=True, working_space="g24_rec709")
    balance = read_balance(stage / "balance.json")
    assert balance == estimate_balance(settings, elements["print"], elements["video"])
    assert str(balance) in capsys.readouterr().out

    settings = CleanSettings(median=3, degrain=0.02)
    _, description = load_model(stage / "run" / "model.safetensors")
    assert description.preparation == read_manifest(stage / "pairs").recipe.preparation
    assert (description.preparation.balance, description.preparation.clean) == (balance.without_origin(), settings)

    source = converter("lin_ap0", SPACE)(read_frame(project.parent / "scans" / "print.0002.exr").rgb)
    (pair,) = (pair for pair in load_pairs(stage / "pairs") if pair.role == "hold-out")
    np.testing.assert_array_equal(pair.input, np.clip(clean(settings, apply_balance(balance, source)), 0, 1))
    # Much of the fading is gone before anything is learnt.
    error, before = (np.abs(chroma(picture) - chroma(truth(2))).mean() for picture in (pair.input, source))
    assert error < 0.4 * before
    validation, _ = read_validation(stage / "report" / "report.json")
    # Training inputs are balanced: the source's colours are compared with theirs as they are then.
    assert [one.uncovered for one in validation.frames if one.frame in (1, 4)] == [0.0, 0.0]

    frame = read_frame(delivered.path(2))
    told = frame.channel("recovery.doubt")
    assert told is not None
    assert 0.0 < told.mean() < 0.1
    assert [one.doubt is not None for one in validation.frames] == [True] * len(validation.frames)
    recovered = converter("lin_ap0", SPACE)(frame.rgb)
    np.testing.assert_allclose(luma(recovered), luma(source), rtol=0.0, atol=1e-4)
    assert np.abs(chroma(recovered) - chroma(truth(2))).mean() < 0.4 * before


@pytest.mark.slow
def test_the_balance_is_kept_until_the_source_or_its_settings_change(project):
    path = project.parent / "recovered" / "chroma" / "balance.json"
    unvalidated = PROJECT + "\n[validate]\nenabled = false\n"
    project.write_text(unvalidated)

    def estimated():
        run_project(project)
        return path.stat().st_mtime_ns

    first = estimated()
    assert estimated() == first
    project.write_text(unvalidated.replace("reference = true", ""))
    second = estimated()
    assert second != first
    assert read_balance(path).reference is None
    write_frame(project.parent / "scans" / "print.0003.exr", frame_from_rgb(faded(9) * 0.9), "float")
    assert estimated() != second

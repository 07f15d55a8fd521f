"""Crops that were made elsewhere and are taken as pairs."""

import numpy as np
import pytest

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.elements.scope import Scope, write_scopes
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.pairs.load_pairs import load_pairs
from filmrecovery.training.pairs.pair_manifest import read_manifest


def test_ready_made_crops_are_adopted_as_they_are(tmp_path):
    random = np.random.default_rng(1)
    for name in ("input.0007", "target.0007", "input.0008", "target.0008", "input.0009", "copycat.0007"):
        write_frame(tmp_path / f"{name}.png", frame_from_rgb(random.random((6, 5, 3))))
    adopt_pairs(tmp_path, PairFacts("chroma", "srgb_tx", hold_out_frames="8", label="lolo"))
    pairs = load_pairs(tmp_path)
    assert [(pair.frame, pair.role) for pair in pairs] == [(7, "train"), (8, "hold-out"), (9, "preview")]
    np.testing.assert_array_equal(pairs[0].target, read_frame(tmp_path / "target.0007.png").rgb)
    assert read_manifest(tmp_path).pairs[0].input == "input.0007.png"


def test_adopted_pairs_carry_the_names_of_their_shots(tmp_path, capsys):
    for frame in (1, 2, 8, 30):
        for name in ("input", "target"):
            write_frame(tmp_path / f"{name}.{frame:04d}.png", frame_from_rgb(np.full((6, 5, 3), 0.5)))
    write_scopes(tmp_path / "shots.json", (Scope("roof", "shot", 1, 7), Scope("street", "shot", 8, 20)))
    arguments = ["adopt", str(tmp_path), "--mode", "plain", "--working-space", "srgb_tx", "--label", "others"]
    assert main([*arguments, "--shots", str(tmp_path / "shots.json")]) == 0
    assert [pair.label for pair in load_pairs(tmp_path)] == ["roof", "roof", "street", "others"]


def test_few_values_outside_are_clamped_when_loaded_and_that_is_said(tmp_path, caplog):
    picture = np.full((40, 30, 3), 0.5, np.float32)
    picture[0, 0] = -0.5, 1.5, 0.5
    for name in ("input", "target"):
        write_frame(tmp_path / f"{name}.0001.exr", frame_from_rgb(picture), "float")
    adopt_pairs(tmp_path, PairFacts("plain", "srgb_tx"))
    (said,) = caplog.messages
    assert "input.0001.exr: 0.06% of its values lie outside 0..1, from -0.5 to 1.5; training clamps them" in said
    assert said.endswith("those of 2 pictures in all")
    (pair,) = load_pairs(tmp_path)
    assert (pair.input.min(), pair.target.max()) == (0.0, 1.0)


@pytest.mark.parametrize(("scale", "shift"), [(255, 0), (3, 0), (1, -0.6)])
def test_codes_scene_linear_and_negative_pictures_are_not_adopted(tmp_path, scale, shift):
    ramp = np.linspace(0, 1, 360, dtype=np.float32).reshape(12, 10, 3)
    write_frame(tmp_path / "input.0001.exr", frame_from_rgb(ramp), "float")
    write_frame(tmp_path / "target.0001.exr", frame_from_rgb(ramp * scale + shift), "float")
    with pytest.raises(
        ElementError, match=r"target\.0001\.exr: .* lie outside 0\.\.1, .*; expected .*scale or convert"
    ):
        adopt_pairs(tmp_path, PairFacts("plain", "srgb_tx"))
    assert not (tmp_path / "manifest.json").exists()


def test_codes_of_fewer_bits_than_their_files_are_not_adopted(tmp_path):
    codes = np.clip(np.linspace(0, 1.2, 3600, dtype=np.float32).reshape(30, 40, 3), 0, 1) * 4095 / 65535
    for frame in (1, 2):
        write_frame(tmp_path / f"input.{frame:04d}.png", frame_from_rgb(codes))
        write_frame(tmp_path / f"target.{frame:04d}.exr", frame_from_rgb(codes))
    with pytest.raises(ElementError, match=r"input\.####: codes of 12 bits in files of 16, .*adopt the pairs again"):
        adopt_pairs(tmp_path, PairFacts("plain", "srgb_tx"))


def test_crops_that_do_not_pair_up_are_refused(tmp_path):
    with pytest.raises(ElementError, match="there are no pairs"):
        adopt_pairs(tmp_path, PairFacts("chroma", "srgb_tx"))
    write_frame(tmp_path / "target.0001.png", frame_from_rgb(np.zeros((6, 5, 3))))
    with pytest.raises(ElementError, match=r"the input of target\.0001\.png is missing"):
        adopt_pairs(tmp_path, PairFacts("chroma", "srgb_tx"))
    write_frame(tmp_path / "input.0001.png", frame_from_rgb(np.zeros((6, 4, 3))))
    with pytest.raises(ElementError, match=r"target\.0001\.png: 5x6 pixels, expected 4x6"):
        adopt_pairs(tmp_path, PairFacts("chroma", "srgb_tx"))
    write_frame(tmp_path / "input.0001.exr", frame_from_rgb(np.zeros((6, 5, 3))))
    with pytest.raises(ElementError, match=r"input\.0001\.exr and input\.0001\.png are the same frame"):
        adopt_pairs(tmp_path, PairFacts("chroma", "srgb_tx"))


@pytest.mark.parametrize("frames", ["2", "1"])
def test_adopted_hold_out_frames_must_exist_and_leave_some_to_train_on(tmp_path, frames):
    for name in ("input", "target"):
        write_frame(tmp_path / f"{name}.0001.png", frame_from_rgb(np.zeros((6, 5, 3))))
    with pytest.raises(SettingsError, match=f"hold-out frames {frames}"):
        adopt_pairs(tmp_path, PairFacts("chroma", "srgb_tx", hold_out_frames=frames))


def test_only_the_chosen_frames_of_a_folder_are_adopted(tmp_path):
    for frame in (1, 2, 3, 4):
        for kind in ("input", "target"):
            write_frame(tmp_path / f"{kind}.{frame:04d}.exr", frame_from_rgb(np.full((4, 4, 3), 0.5)), "float")
    manifest = adopt_pairs(tmp_path, PairFacts("chroma", "srgb_tx", "3", frames="1", preview_frames="4"))
    assert {pair.frame: pair.role for pair in manifest.pairs} == {1: "train", 3: "hold-out", 4: "preview"}
    (preview,) = (pair for pair in load_pairs(tmp_path) if pair.role == "preview")
    assert preview.ground_truth is None
    with pytest.raises(ElementError, match="the input of the train frame 9 is missing"):
        adopt_pairs(tmp_path, PairFacts("chroma", "srgb_tx", frames="1,9"))
    with pytest.raises(SettingsError, match="frame 1 is both a train and a hold-out frame"):
        adopt_pairs(tmp_path, PairFacts("chroma", "srgb_tx", "1", frames="1"))

import dataclasses
import json

import numpy as np
import pytest

from filmrecovery.base.errors import ElementError, FileError, OutputError, RunError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.element import Element
from filmrecovery.film.folder_lock import locked
from filmrecovery.film.frame import frame_from_rgb
from filmrecovery.film.frame_encoding import PREPARATION_NAME
from filmrecovery.film.frame_header import with_texts
from filmrecovery.film.read_frame import read_frame
from filmrecovery.film.scope import Scope, write_scopes
from filmrecovery.film.write_frame import write_frame
from filmrecovery.model.balance import Balance, ChannelBalance, apply_balance, write_balance
from filmrecovery.model.clean import clean
from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.model.source_preparation import SourcePreparation, preparation_text
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.picture.median import median_filter
from filmrecovery.reference.curation.shared_crop import SharedCrop, ShotCrop, write_crop
from filmrecovery.training.adopt_pairs import adopt_pairs
from filmrecovery.training.load_pairs import load_pairs
from filmrecovery.training.make_pairs import make_pairs
from filmrecovery.training.pair_manifest import pairs_hash, read_manifest
from filmrecovery.training.pair_settings import PairSettings

SETTINGS = PairSettings(mode="chroma", frames="1,3", hold_out_frames="2", preview_frames="4", label="A012", median=3)


@pytest.fixture
def elements(tmp_path):
    """A source of frames 1 to 4 and a reference of frames 1 to 3."""
    random = np.random.default_rng(0)
    elements = []
    for name, frames in (("source", (1, 2, 3, 4)), ("reference", (1, 2, 3))):
        element = Element(str(tmp_path / name / f"{name}.####.exr"), frames, "srgb_tx")
        for frame in frames:
            write_frame(element.path(frame), frame_from_rgb(random.uniform(0.4, 0.6, (12, 16, 3))), "float")
        elements.append(element)
    return tuple(elements)


def rewrite(path, change):
    write_frame(path, frame_from_rgb(change(read_frame(path).rgb)), "float")


def modified(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.suffix == ".exr"}


def test_pairs_hold_their_ground_truth_roles_and_label(elements, tmp_path):
    source, reference = elements
    make_pairs(SETTINGS, source, reference, tmp_path / "pairs")
    pairs = load_pairs(tmp_path / "pairs")
    assert [(pair.frame, pair.role) for pair in pairs] == [(1, "train"), (2, "hold-out"), (3, "train"), (4, "preview")]
    assert {pair.label for pair in pairs} == {"A012"}
    assert pairs[3].ground_truth is None
    original = read_frame(source.path(1)).rgb
    np.testing.assert_array_equal(pairs[0].input, original)
    np.testing.assert_allclose(luma(pairs[0].target), luma(original), atol=1e-6)


def test_each_pair_has_the_crop_of_its_shot(elements, tmp_path):
    def make(*shots):
        write_crop(tmp_path / "crop.json", SharedCrop(0, 0, 16, 12, 16, 12, shots=shots))
        settings = dataclasses.replace(SETTINGS, crop=str(tmp_path / "crop.json"), mask_boxes="1-3: 2,3,8,9")
        make_pairs(settings, *elements, tmp_path / "pairs")
        return load_pairs(tmp_path / "pairs")

    roof, street = ShotCrop("roof", 1, 2, 2, 3, 10, 11), ShotCrop("street", 3, 3, 4, 0, 16, 12)
    pairs = make(roof, street)
    assert [pair.input.shape[:2] for pair in pairs] == [(8, 8), (8, 8), (12, 12), (12, 16)]
    # The mask is in pixels of the whole picture; beside it all is as it was.
    for pair, (left, top, right, bottom) in ((pairs[0], (2, 3, 10, 11)), (pairs[2], (4, 0, 16, 12))):
        whole = read_frame(elements[0].path(pair.frame)).rgb
        rows, columns = np.nonzero((pair.input != whole[top:bottom, left:right]).any(axis=-1))
        assert (rows.min() + top, rows.max() + top, columns.max() + left) == (3, 8, 7)
    before = modified(tmp_path / "pairs")
    make(roof, dataclasses.replace(street, y1=10))
    after = modified(tmp_path / "pairs")
    assert {name for name in after if after[name] != before.get(name)} == {
        name for name in after if name.split(".")[1] == "0003"
    }


def test_elements_are_brought_from_their_own_space_to_the_working_space(elements, tmp_path):
    source, reference = elements
    # In linear light twice 0.5 is white and above it is clamped; 0.18 is 0.4614 on the sRGB curve.
    rewrite(source.path(1), lambda rgb: np.full_like(rgb, 0.18))
    settings = PairSettings(mode="spatial", frames="1")
    linear = dataclasses.replace(source, space="lin_rec709")
    make_pairs(settings, linear, reference, tmp_path / "pairs")
    (pair,) = load_pairs(tmp_path / "pairs")
    np.testing.assert_allclose(pair.input, 0.46136, atol=1e-4)
    truth = read_frame(reference.path(1)).rgb
    np.testing.assert_allclose(luma(pair.target), luma(truth), atol=1e-6)
    np.testing.assert_allclose(chroma(pair.target), 0.0, atol=1e-4)


@pytest.fixture
def balance(tmp_path):
    """The path of a balance, estimated from somewhere, and the balance."""
    channels = (ChannelBalance(1.2, -0.1, 0.9), ChannelBalance(0.9, 0.02, 1.1), ChannelBalance(1.1, -0.05, 1.0))
    balance = Balance(*channels, keep_luma=True, working_space="srgb_tx")
    path = tmp_path / "balance.json"
    write_balance(path, dataclasses.replace(balance, source="scan.####.exr", source_frames="1-3"))
    return path, balance


def test_the_source_is_balanced_and_cleaned_first_and_the_manifest_says_so(elements, balance, tmp_path):
    path, estimated = balance
    options = ["--mode", "chroma", "--frames", "1,3", "--median", "3", "--balance", str(path)]
    options += ["--clean-median", "3", "--clean-degrain", "0.02"]
    assert main(["pairs", *(element.pattern for element in elements), str(tmp_path / "pairs"), *options]) == 0
    preparation = SourcePreparation(estimated, CleanSettings(3, 0.02))
    assert read_manifest(tmp_path / "pairs").recipe.preparation == preparation
    source, reference = (read_frame(element.path(1)).rgb for element in elements)
    pair = load_pairs(tmp_path / "pairs")[0]
    np.testing.assert_array_equal(pair.input, clean(preparation.clean, apply_balance(estimated, source)))
    np.testing.assert_allclose(luma(pair.target), luma(pair.input), atol=1e-6)
    np.testing.assert_allclose(chroma(pair.target), chroma(median_filter(reference, 3)), atol=1e-6)


def test_in_spatial_mode_the_chroma_of_the_balanced_source_is_held(elements, balance, tmp_path):
    settings = PairSettings(mode="spatial", frames="1", balance=str(balance[0]))
    make_pairs(settings, *elements, tmp_path / "pairs")
    (pair,) = load_pairs(tmp_path / "pairs")
    source, reference = (read_frame(element.path(1)).rgb for element in elements)
    np.testing.assert_allclose(luma(pair.input), luma(source), atol=1e-6)
    np.testing.assert_allclose(chroma(pair.target), chroma(apply_balance(balance[1], source)), atol=1e-6)
    np.testing.assert_allclose(luma(pair.target), luma(reference), atol=1e-6)


def test_another_preparation_makes_the_pairs_anew_and_another_hash(elements, balance, tmp_path):
    hashes = [
        pairs_hash(make_pairs(dataclasses.replace(SETTINGS, **changed), *elements, tmp_path / "pairs"))
        for changed in ({}, {"balance": str(balance[0])}, {"clean": CleanSettings(degrain=0.1)}, {})
    ]
    assert len(set(hashes)) == 3
    assert hashes[0] == hashes[-1]


def test_a_preparation_that_changes_no_pixel_of_the_pairs_counts_too(elements, tmp_path):
    for frame in (1, 2, 3):
        rewrite(elements[0].path(frame), lambda rgb: np.full_like(rgb, 0.5))
    first = make_pairs(SETTINGS, *elements, tmp_path / "a")
    second = make_pairs(dataclasses.replace(SETTINGS, clean=CleanSettings(median=3)), *elements, tmp_path / "b")
    assert [pair.input_sha256 for pair in first.pairs[:3]] == [pair.input_sha256 for pair in second.pairs[:3]]
    assert pairs_hash(first) != pairs_hash(second)


def test_a_source_beyond_white_is_balanced_before_it_is_clamped(elements, balance, tmp_path):
    rewrite(elements[0].path(1), lambda rgb: np.full_like(rgb, 1.05))
    lower = Balance(*[ChannelBalance(0.8)] * 3, keep_luma=False, working_space="srgb_tx")
    write_balance(balance[0], lower)
    make_pairs(dataclasses.replace(SETTINGS, balance=str(balance[0])), *elements, tmp_path / "pairs")
    np.testing.assert_allclose(load_pairs(tmp_path / "pairs")[0].input, 0.84, atol=1e-6)


def test_adopted_inputs_say_how_they_were_prepared(elements, balance, tmp_path):
    path, _ = balance
    settings = dataclasses.replace(SETTINGS, balance=str(path), clean=CleanSettings(median=3, degrain=0.05))
    made = make_pairs(settings, *elements, tmp_path / "pairs")
    rewrite(tmp_path / "pairs" / "target.0001.exr", lambda rgb: rgb[..., ::-1])
    adopted = adopt_pairs(tmp_path / "pairs", "chroma", "srgb_tx", hold_out_frames="2")
    assert adopted.recipe.preparation == made.recipe.preparation
    assert adopted.recipe.preparation.balance is not None


def test_inputs_that_were_prepared_in_several_ways_are_not_adopted(elements, balance, tmp_path):
    path, _ = balance
    make_pairs(dataclasses.replace(SETTINGS, balance=str(path)), *elements, tmp_path / "pairs")
    # A preview that came from the source as it is.
    rewrite(tmp_path / "pairs" / "input.0004.exr", lambda rgb: rgb)
    with pytest.raises(ElementError, match=r"input\.0004\.exr: .* otherwise than that of input\.0001\.exr; make all"):
        adopt_pairs(tmp_path / "pairs", "chroma", "srgb_tx")


@pytest.mark.parametrize(
    ("text", "mode", "error", "message"),
    [
        ("{", "chroma", FileError, r"input\.0001\.exr: what its header says of a preparation is damaged"),
        ('{"clean": {"median": -1}}', "chroma", FileError, "below the minimum"),
        ('{"clean": {"median": 3}}', "spatial", SettingsError, r"input\.0001\.exr: cleaning of the source in spatial"),
        (
            preparation_text(SourcePreparation(Balance(*3 * [ChannelBalance()], True, "g24_rec709"))),
            "chroma",
            SettingsError,
            "is for the working space 'g24_rec709', and the pairs are in 'srgb_tx'",
        ),
    ],
)
def test_inputs_whose_preparation_does_not_fit_are_not_adopted(tmp_path, text, mode, error, message):
    for name in ("input", "target"):
        frame = with_texts(frame_from_rgb(np.full((12, 16, 3), 0.5)), {PREPARATION_NAME: text})
        write_frame(tmp_path / f"{name}.0001.exr", frame, "float")
    with pytest.raises(error, match=message):
        adopt_pairs(tmp_path, mode, "srgb_tx")


def test_a_balance_of_another_working_space_is_refused(elements, balance, tmp_path):
    settings = dataclasses.replace(SETTINGS, working_space="g24_rec709", balance=str(balance[0]))
    with pytest.raises(
        SettingsError, match=r"balance\.json: .* 'srgb_tx', .* 'g24_rec709'; estimate the balance again"
    ):
        make_pairs(settings, *elements, tmp_path / "pairs")
    assert not (tmp_path / "pairs").exists()


def test_the_same_call_again_makes_no_pair_anew(elements, tmp_path):
    first = make_pairs(SETTINGS, *elements, tmp_path / "pairs")
    before = modified(tmp_path / "pairs")
    assert make_pairs(SETTINGS, *elements, tmp_path / "pairs") == first
    assert modified(tmp_path / "pairs") == before


def test_only_pairs_whose_source_changed_are_made_anew(elements, tmp_path):
    make_pairs(SETTINGS, *elements, tmp_path / "pairs")
    before = modified(tmp_path / "pairs")
    rewrite(elements[0].path(3), lambda rgb: rgb * 0.9)
    make_pairs(SETTINGS, *elements, tmp_path / "pairs")
    after = modified(tmp_path / "pairs")
    assert {name for name in after if after[name] != before[name]} == {"input.0003.exr", "target.0003.exr"}


def test_other_settings_make_the_pairs_anew(elements, tmp_path):
    make_pairs(SETTINGS, *elements, tmp_path / "pairs")
    other = make_pairs(PairSettings(mode="spatial", frames="1-3"), *elements, tmp_path / "pairs")
    assert read_manifest(tmp_path / "pairs") == other
    source, reference = (read_frame(element.path(1)).rgb for element in elements)
    pair = load_pairs(tmp_path / "pairs")[0]
    np.testing.assert_allclose(luma(pair.target), luma(reference), atol=1e-6)
    np.testing.assert_allclose(chroma(pair.target), chroma(source), atol=1e-6)


def test_an_interrupted_call_is_finished_by_the_next(elements, tmp_path):
    folder = tmp_path / "pairs"
    make_pairs(PairSettings(mode="chroma", frames="1"), *elements, folder)
    settings = PairSettings(mode="spatial", frames="1-3")
    (folder / "input.0003.exr").mkdir()
    with pytest.raises(OutputError, match=r"input\.0003\.exr"):
        make_pairs(settings, *elements, folder)
    (folder / "input.0003.exr").rmdir()
    make_pairs(settings, *elements, folder)
    assert [pair.frame for pair in load_pairs(folder)] == [1, 2, 3]


def test_a_missing_picture_is_made_again(elements, tmp_path):
    first = make_pairs(SETTINGS, *elements, tmp_path / "pairs")
    (tmp_path / "pairs" / "target.0003.exr").unlink()
    with pytest.raises(ElementError, match=r"target\.0003\.exr: missing"):
        read_manifest(tmp_path / "pairs")
    assert make_pairs(SETTINGS, *elements, tmp_path / "pairs") == first
    assert load_pairs(tmp_path / "pairs")[2].ground_truth is not None


def test_a_damaged_picture_is_made_again(elements, tmp_path, caplog):
    first = make_pairs(SETTINGS, *elements, tmp_path / "pairs")
    path = tmp_path / "pairs" / "target.0003.exr"
    whole = load_pairs(tmp_path / "pairs")[2].target
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ElementError, match=r"target\.0003\.exr: "):
        load_pairs(tmp_path / "pairs")
    assert make_pairs(SETTINGS, *elements, tmp_path / "pairs") == first
    assert f"{path}: is damaged" in caplog.text
    np.testing.assert_array_equal(load_pairs(tmp_path / "pairs")[2].target, whole)


def test_a_pair_edited_by_hand_is_neither_trained_on_nor_overwritten(elements, tmp_path):
    make_pairs(SETTINGS, *elements, tmp_path / "pairs")
    painted = tmp_path / "pairs" / "target.0001.exr"
    rewrite(painted, lambda rgb: rgb * 0.5)
    pixels = read_frame(painted).rgb
    with pytest.raises(ElementError, match=r"target\.0001\.exr: was changed after the manifest was written; adopt"):
        load_pairs(tmp_path / "pairs")
    with pytest.raises(ElementError, match=r"target\.0001\.exr: was changed"):
        make_pairs(SETTINGS, *elements, tmp_path / "pairs")
    np.testing.assert_array_equal(read_frame(painted).rgb, pixels)

    adopt_pairs(tmp_path / "pairs", "chroma", "srgb_tx")
    np.testing.assert_array_equal(load_pairs(tmp_path / "pairs")[0].target, pixels)
    with pytest.raises(RunError, match="made elsewhere"):
        make_pairs(SETTINGS, *elements, tmp_path / "pairs")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"hold_out_frames": "2-3"}, "frame 3 is both a train and a hold-out frame"),
        ({"frames": ""}, "range is empty"),
        ({"mode": "spatial"}, "median 3 in spatial mode"),
        ({"working_space": "rec709ish"}, "rec709ish"),
        (
            {"mode": "spatial", "median": 0, "clean": CleanSettings(degrain=0.02)},
            "cleaning of the source in spatial mode",
        ),
    ],
)
def test_bad_settings_are_told_before_anything_is_written(elements, tmp_path, changed, message):
    settings = PairSettings(**{**vars(SETTINGS), **changed})
    with pytest.raises(SettingsError, match=message):
        make_pairs(settings, *elements, tmp_path / "pairs")
    assert not (tmp_path / "pairs").exists()


def test_a_frame_that_does_not_fit_is_told_before_anything_is_written(elements, tmp_path):
    rewrite(elements[1].path(3), lambda rgb: rgb[:, :8])
    with pytest.raises(ElementError, match=r"reference\.0003\.exr"):
        make_pairs(SETTINGS, *elements, tmp_path / "pairs")
    assert not (tmp_path / "pairs").exists()


def test_a_preview_that_does_not_fit_the_other_frames_is_told_too(elements, tmp_path):
    rewrite(elements[0].path(4), lambda rgb: rgb[:, :8])
    with pytest.raises(ElementError, match=r"source\.0004\.exr"):
        make_pairs(SETTINGS, *elements, tmp_path / "pairs")
    assert not (tmp_path / "pairs").exists()


def test_pairs_never_overwrite_an_element(elements, tmp_path):
    source, reference = elements
    for frame in (1, 2, 3, 4):
        (tmp_path / "source" / f"source.{frame:04d}.exr").rename(tmp_path / "source" / f"input.{frame:04d}.exr")
    with pytest.raises(OutputError, match="overwrite"):
        make_pairs(
            SETTINGS,
            Element(str(tmp_path / "source" / "input.####.exr"), source.frames, "srgb_tx"),
            reference,
            tmp_path / "source",
        )


def test_ready_made_crops_are_adopted_as_they_are(tmp_path):
    random = np.random.default_rng(1)
    for name in ("input.0007", "target.0007", "input.0008", "target.0008", "input.0009", "copycat.0007"):
        write_frame(tmp_path / f"{name}.png", frame_from_rgb(random.random((6, 5, 3))))
    adopt_pairs(tmp_path, "chroma", "srgb_tx", hold_out_frames="8", label="lolo")
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
    adopt_pairs(tmp_path, "plain", "srgb_tx")
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
        adopt_pairs(tmp_path, "plain", "srgb_tx")
    assert not (tmp_path / "manifest.json").exists()


def test_pairs_of_an_element_that_is_clamped_say_so(elements, tmp_path, caplog):
    source, reference = elements
    rewrite(reference.path(1), lambda rgb: rgb * 3)
    make_pairs(PairSettings(mode="plain", frames="1,2"), source, reference, tmp_path / "pairs")
    assert "reference.0001.exr: in the working space" in caplog.text
    assert "reference.0002.exr" not in caplog.text


def test_crops_that_do_not_pair_up_are_refused(tmp_path):
    with pytest.raises(ElementError, match="there are no pairs"):
        adopt_pairs(tmp_path, "chroma", "srgb_tx")
    write_frame(tmp_path / "target.0001.png", frame_from_rgb(np.zeros((6, 5, 3))))
    with pytest.raises(ElementError, match=r"the input of target\.0001\.png is missing"):
        adopt_pairs(tmp_path, "chroma", "srgb_tx")
    write_frame(tmp_path / "input.0001.png", frame_from_rgb(np.zeros((6, 4, 3))))
    with pytest.raises(ElementError, match=r"target\.0001\.png: 5x6 pixels, expected 4x6"):
        adopt_pairs(tmp_path, "chroma", "srgb_tx")
    write_frame(tmp_path / "input.0001.exr", frame_from_rgb(np.zeros((6, 5, 3))))
    with pytest.raises(ElementError, match=r"input\.0001\.exr and input\.0001\.png are the same frame"):
        adopt_pairs(tmp_path, "chroma", "srgb_tx")


@pytest.mark.parametrize("frames", ["2", "1"])
def test_adopted_hold_out_frames_must_exist_and_leave_some_to_train_on(tmp_path, frames):
    for name in ("input", "target"):
        write_frame(tmp_path / f"{name}.0001.png", frame_from_rgb(np.zeros((6, 5, 3))))
    with pytest.raises(SettingsError, match=f"hold-out frames {frames}"):
        adopt_pairs(tmp_path, "chroma", "srgb_tx", hold_out_frames=frames)


def edit(content, key, value):
    content[key] = value


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: edit(content, "version", 2), "version 2, expected 1"),
        (lambda content: edit(content["pairs"][1], "role", "train"), "was edited"),
        (lambda content: edit(content["pairs"][1], "role", "holdout"), "'holdout' is not one of"),
        (lambda content: edit(content["pairs"][0], "input", "../input.0001.exr"), "lies in another folder"),
        (lambda content: edit(content["pairs"][0], "input", "n" * 4000), "frame 1 has a longer name than a file can"),
        (lambda content: content["recipe"].pop("mode"), "key 'mode' is missing"),
        (lambda content: content.pop("pairs"), "is not a manifest of pairs"),
    ],
)
def test_foreign_and_edited_manifests_are_refused_with_the_reason(elements, tmp_path, change, message):
    make_pairs(SETTINGS, *elements, tmp_path / "pairs")
    path = tmp_path / "pairs" / "manifest.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(FileError, match=message):
        read_manifest(tmp_path / "pairs")


@pytest.mark.parametrize("text", ["", '{"version": 1', "[]"])
def test_a_file_that_is_no_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(FileError, match=r"manifest\.json"):
        read_manifest(tmp_path)


def test_a_folder_without_manifest_is_no_finished_folder(tmp_path):
    with pytest.raises(FileError, match="no finished folder of pairs"):
        load_pairs(tmp_path / "nothing")


def test_the_hash_is_of_what_is_learnt(elements, tmp_path):
    first = pairs_hash(make_pairs(SETTINGS, *elements, tmp_path / "a"))
    renamed = PairSettings(**{**vars(SETTINGS), "label": "B001", "preview_frames": ""})
    assert pairs_hash(make_pairs(renamed, *elements, tmp_path / "b")) == first
    swapped = PairSettings(**{**vars(SETTINGS), "frames": "1,2", "hold_out_frames": "3"})
    assert pairs_hash(make_pairs(swapped, *elements, tmp_path / "a")) != first


def test_only_the_chosen_frames_of_a_folder_are_adopted(tmp_path):
    for frame in (1, 2, 3, 4):
        for kind in ("input", "target"):
            write_frame(tmp_path / f"{kind}.{frame:04d}.exr", frame_from_rgb(np.full((4, 4, 3), 0.5)), "float")
    manifest = adopt_pairs(tmp_path, "chroma", "srgb_tx", "3", frames="1", preview_frames="4")
    assert {pair.frame: pair.role for pair in manifest.pairs} == {1: "train", 3: "hold-out", 4: "preview"}
    (preview,) = (pair for pair in load_pairs(tmp_path) if pair.role == "preview")
    assert preview.ground_truth is None
    with pytest.raises(ElementError, match="the input of the train frame 9 is missing"):
        adopt_pairs(tmp_path, "chroma", "srgb_tx", frames="1,9")
    with pytest.raises(SettingsError, match="frame 1 is both a train and a hold-out frame"):
        adopt_pairs(tmp_path, "chroma", "srgb_tx", "1", frames="1")


@pytest.mark.parametrize("space", ["scene_linear", "lin_ap0", "acescct"])
def test_pairs_are_not_made_in_linear_or_log_spaces(elements, tmp_path, space):
    with pytest.raises(SettingsError, match=f"working space '{space}' .* display-referred space such as srgb_tx"):
        adopt_pairs(tmp_path, "chroma", space)
    with pytest.raises(SettingsError, match=f"working space '{space}'"):
        make_pairs(dataclasses.replace(SETTINGS, working_space=space), *elements, tmp_path / "pairs")
    assert not (tmp_path / "pairs").exists()


def test_two_processes_cannot_make_pairs_in_one_folder(elements, tmp_path):
    with locked(tmp_path / "pairs", "making pairs in"):
        with pytest.raises(RunError, match="another process is making pairs in this folder"):
            make_pairs(PairSettings("chroma", frames="1"), *elements, tmp_path / "pairs")
        with pytest.raises(RunError, match="another process is making pairs in this folder"):
            adopt_pairs(tmp_path / "pairs", "chroma", "srgb_tx")
    make_pairs(PairSettings("chroma", frames="1"), *elements, tmp_path / "pairs")

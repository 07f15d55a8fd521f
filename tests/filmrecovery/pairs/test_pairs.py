import dataclasses
import json

import numpy as np
import pytest
from pair_elements import SETTINGS, modified, rewrite

from filmrecovery.base.errors import ElementError, FileError, OutputError, RunError, SettingsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.products.folder_lock import locked
from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.reference.curation.shared_crop import SharedCrop, ShotCrop, write_crop
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.pairs.load_pairs import load_pairs
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_manifest import pairs_hash, read_manifest
from filmrecovery.training.pairs.pair_settings import PairSettings


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

    adopt_pairs(tmp_path / "pairs", PairFacts("chroma", "srgb_tx"))
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


def test_pairs_of_an_element_that_is_clamped_say_so(elements, tmp_path, caplog):
    source, reference = elements
    rewrite(reference.path(1), lambda rgb: rgb * 3)
    make_pairs(PairSettings(mode="plain", frames="1,2"), source, reference, tmp_path / "pairs")
    assert "reference.0001.exr: in the working space" in caplog.text
    assert "reference.0002.exr" not in caplog.text


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


@pytest.mark.parametrize("space", ["scene_linear", "lin_ap0", "acescct"])
def test_pairs_are_not_made_in_linear_or_log_spaces(elements, tmp_path, space):
    with pytest.raises(SettingsError, match=f"working space '{space}' .* display-referred space such as srgb_tx"):
        adopt_pairs(tmp_path, PairFacts("chroma", space))
    with pytest.raises(SettingsError, match=f"working space '{space}'"):
        make_pairs(dataclasses.replace(SETTINGS, working_space=space), *elements, tmp_path / "pairs")
    assert not (tmp_path / "pairs").exists()


def test_two_processes_cannot_make_pairs_in_one_folder(elements, tmp_path):
    with locked(tmp_path / "pairs", "making pairs in"):
        with pytest.raises(RunError, match="another process is making pairs in this folder"):
            make_pairs(PairSettings("chroma", frames="1"), *elements, tmp_path / "pairs")
        with pytest.raises(RunError, match="another process is making pairs in this folder"):
            adopt_pairs(tmp_path / "pairs", PairFacts("chroma", "srgb_tx"))
    make_pairs(PairSettings("chroma", frames="1"), *elements, tmp_path / "pairs")

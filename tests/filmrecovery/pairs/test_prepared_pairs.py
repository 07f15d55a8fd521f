"""Pairs whose source is balanced and cleaned first."""

import dataclasses

import numpy as np
import pytest
from pair_elements import SETTINGS, rewrite

from filmrecovery.base.errors import ElementError, FileError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.frame_encoding import PREPARATION_NAME
from filmrecovery.film.frames.frame_header import with_texts
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.balance import Balance, ChannelBalance, apply_balance, write_balance
from filmrecovery.model.clean import clean
from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.model.source_preparation import SourcePreparation, preparation_text
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.picture.median import median_filter
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.pairs.load_pairs import load_pairs
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_manifest import pairs_hash, read_manifest
from filmrecovery.training.pairs.pair_settings import PairSettings


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
    adopted = adopt_pairs(tmp_path / "pairs", PairFacts("chroma", "srgb_tx", hold_out_frames="2"))
    assert adopted.recipe.preparation == made.recipe.preparation
    assert adopted.recipe.preparation.balance is not None


def test_inputs_that_were_prepared_in_several_ways_are_not_adopted(elements, balance, tmp_path):
    path, _ = balance
    make_pairs(dataclasses.replace(SETTINGS, balance=str(path)), *elements, tmp_path / "pairs")
    # A preview that came from the source as it is.
    rewrite(tmp_path / "pairs" / "input.0004.exr", lambda rgb: rgb)
    with pytest.raises(ElementError, match=r"input\.0004\.exr: .* otherwise than that of input\.0001\.exr; make all"):
        adopt_pairs(tmp_path / "pairs", PairFacts("chroma", "srgb_tx"))


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
        adopt_pairs(tmp_path, PairFacts(mode, "srgb_tx"))


def test_a_balance_of_another_working_space_is_refused(elements, balance, tmp_path):
    settings = dataclasses.replace(SETTINGS, working_space="g24_rec709", balance=str(balance[0]))
    with pytest.raises(
        SettingsError, match=r"balance\.json: .* 'srgb_tx', .* 'g24_rec709'; estimate the balance again"
    ):
        make_pairs(settings, *elements, tmp_path / "pairs")
    assert not (tmp_path / "pairs").exists()

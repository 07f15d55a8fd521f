import dataclasses
import json
import xml.etree.ElementTree
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import linalg

from filmrecovery.base.declared_settings import to_mapping
from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.matchgrade.grade_record import read_grade_record
from filmrecovery.matchgrade.lut_file import LutText, load_lut, write_lut
from filmrecovery.matchgrade.match_grade import match_grade, match_grade_unpaired
from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings, UnpairedSettings
from filmrecovery.matchgrade.transport import transported
from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.picture import scattered_fit
from filmrecovery.picture.lattice import node_colours, tetrahedral_weights
from filmrecovery.picture.scattered_fit import ColourCells, fit_lut
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_manifest import pairs_hash, read_manifest
from filmrecovery.training.pairs.pair_settings import PairSettings

SETTINGS = MatchGradeSettings(nodes=17)
TEXT = LutText("A & B", 'fitted to <2> "pairs"', "srgb_tx", "srgb_tx")
CODE = 1 / 255
"""A step of 8-bit video."""


def restored(rgb):
    """What a grade has to do against fading: curves, and colour that goes over from channel to channel."""
    mixed = rgb @ np.array([[1.3, -0.2, -0.1], [-0.15, 1.25, -0.1], [-0.1, -0.2, 1.3]]).T
    return np.clip(mixed, 0.0, 1.0) ** (0.8, 1.0, 1.25) * (0.95, 1.0, 0.9)


def scene(seed, low=0.0, high=1.0):
    """A picture of many colours in patches with grain, (48, 64, 3)."""
    random = np.random.default_rng(seed)
    patches = np.kron(random.uniform(low, high, (12, 16, 3)), np.ones((4, 4, 1)))
    return np.clip(patches + random.normal(0.0, 0.02, patches.shape), 0.0, 1.0).astype(np.float32)


def fitted(colours, targets, nodes=17):
    cells = ColourCells()
    cells.add(colours, targets)
    return fit_lut(cells, nodes, 1.0)


def interpolated(lattice, colours):
    weights = tetrahedral_weights(colours.reshape(-1, 3).astype(float), len(lattice))
    return (weights @ lattice.reshape(-1, 3)).reshape(colours.shape)


@pytest.fixture
def pairs(tmp_path):
    """Writes a folder of pairs: (name, seeds of the scenes, their grade, frames held out) -> folder."""

    def write(name, seeds, grade=restored, hold_out_frames=""):
        folder = tmp_path / name
        for frame, seed in enumerate(seeds, start=1):
            write_frame(folder / f"input.{frame:04d}.exr", frame_from_rgb(scene(seed)), "float")
            write_frame(folder / f"target.{frame:04d}.exr", frame_from_rgb(grade(scene(seed))), "float")
        adopt_pairs(folder, PairFacts("plain", "g24_rec709", hold_out_frames))
        return folder

    return write


def test_a_grade_of_many_colours_is_found():
    colours = np.stack([scene(seed) for seed in range(30)])
    grade = fitted(colours, restored(colours), 33)
    unseen = scene(99)
    difference = interpolated(grade, unseen) - restored(unseen)
    assert np.sqrt(np.mean(np.square(difference))) < 0.006
    assert np.sqrt(np.mean(np.square(unseen - restored(unseen)))) > 0.06


def test_grain_of_the_target_does_not_reach_the_grade():
    colours = np.stack([scene(seed, 0.2, 0.8) for seed in range(20)])
    grain = np.random.default_rng(0).normal(0.0, 0.05, colours.shape)
    clean, grainy = (fitted(colours, restored(colours) + noise) for noise in (0.0, grain))
    assert np.sqrt(np.mean(np.square(interpolated(grainy, colours) - interpolated(clean, colours)))) < 0.01


@pytest.mark.parametrize("nodes", [9, 20])
def test_equal_pairs_give_the_identity(nodes):
    grade = fitted(scene(1, 0.3, 0.6), scene(1, 0.3, 0.6), nodes)
    np.testing.assert_allclose(grade.reshape(-1, 3), node_colours(nodes), atol=1e-9)


def test_unseen_colours_get_what_is_affine_in_the_grade():
    colours = scene(1, 0.35, 0.65)
    affine = colours @ np.array([[0.9, 0.1, 0.0], [0.0, 1.1, -0.1], [0.1, 0.0, 0.8]]) + (0.05, -0.02, 0.03)
    nodes = node_colours(17)
    expected = nodes @ np.array([[0.9, 0.1, 0.0], [0.0, 1.1, -0.1], [0.1, 0.0, 0.8]]) + (0.05, -0.02, 0.03)
    # The pull to the identity, where few colours were seen, is slight.
    np.testing.assert_allclose(fitted(colours, affine).reshape(-1, 3), expected, atol=0.02)


def test_the_lut_is_whole_and_bounded_where_few_colours_were_seen():
    colours = scene(1, 0.1, 0.3) * np.array([1.0, 0.8, 0.6], np.float32)
    grade = fitted(colours, restored(colours))
    assert np.isfinite(grade).all()
    assert grade.min() > -0.5
    assert grade.max() < 1.6


@pytest.mark.parametrize("picture", [np.zeros((8, 8, 3)), np.ones((8, 8, 3)), np.full((8, 8, 3), 0.4)])
def test_pictures_of_one_colour_are_enough(picture):
    grade = fitted(picture, picture * 0.9)
    np.testing.assert_allclose(interpolated(grade, picture), picture * 0.9, atol=0.01)
    assert np.abs(grade).max() < 1.2


def test_greys_that_fall_in_the_pairs_rise_in_the_lut():
    grey = np.linspace(0.0, 1.0, 4096)
    colours = np.repeat(grey[:, np.newaxis], 3, axis=1) + np.random.default_rng(0).normal(0.0, 0.01, (4096, 3))
    colours = np.clip(colours, 0.0, 1.0)
    folding = np.repeat((grey + 0.12 * np.sin(4 * np.pi * grey))[:, np.newaxis], 3, axis=1)
    assert np.diff(folding, axis=0).min() < 0.0
    along = np.arange(17)
    steps = np.diff(fitted(colours, folding)[along, along, along], axis=0)
    assert steps.min() > -0.25 * CODE


def test_few_iterations_are_enough_where_most_of_the_lattice_is_made_to_rise(monkeypatch):
    iterations = []

    def counted(*arguments, **options):
        iterations.append(1)
        return linalg.cho_solve_banded(*arguments, **options)

    monkeypatch.setattr(scattered_fit, "linalg", SimpleNamespace(**vars(linalg) | {"cho_solve_banded": counted}))
    # Two pictures that have nothing to do with each other; without lines as preconditioner there are 2700.
    grade = fitted(scene(3), scene(4))
    assert all(np.diff(grade[..., channel], axis=channel).min() > -0.06 for channel in range(3))
    assert 0 < len(iterations) < 1000


@pytest.mark.parametrize("suffix", [".clf", ".cube"])
def test_opencolorio_gives_what_was_fitted(tmp_path, suffix):
    lattice = np.random.default_rng(0).uniform(-0.2, 1.3, (9, 9, 9, 3))
    write_lut(tmp_path / "grade.clf", lattice, TEXT)
    picture = np.random.default_rng(1).uniform(0.0, 1.0, (130, 70, 3)).astype(np.float32)
    graded = load_lut(tmp_path / f"grade{suffix}")(picture)
    assert graded.dtype == np.float32
    np.testing.assert_allclose(graded, interpolated(lattice, picture), atol=2e-6)


def test_values_beyond_the_domain_keep_their_differences(tmp_path):
    write_lut(tmp_path / "grade.clf", fitted(scene(1), restored(scene(1)), 9), TEXT)
    grade = load_lut(tmp_path / "grade.clf")
    picture = np.array([[[1.5, 0.5, -0.25], [1.0, 0.5, 0.0]]], np.float32)
    beyond, within = grade(picture)[0]
    np.testing.assert_allclose(beyond - within, (0.5, 0.0, -0.25), atol=1e-6)


def test_the_files_say_what_they_are(tmp_path):
    write_lut(tmp_path / "grade.clf", np.zeros((9, 9, 9, 3)), TEXT)
    root = xml.etree.ElementTree.parse(tmp_path / "grade.clf").getroot()
    found = {element.tag.rpartition("}")[2]: element for element in root.iter()}
    assert root.get("name") == "A & B"
    assert root.get("id").startswith("urn:")
    assert found["Description"].text == 'fitted to <2> "pairs"'
    assert found["InputDescriptor"].text == found["OutputDescriptor"].text == "srgb_tx"
    assert found["LUT3D"].get("interpolation") == "tetrahedral"
    lines = (tmp_path / "grade.cube").read_text().splitlines()
    assert lines[:5] == [
        'TITLE "A & B"',
        '# fitted to <2> "pairs"',
        "# Input: srgb_tx",
        "# Output: srgb_tx",
        "LUT_3D_SIZE 9",
    ]
    assert len(lines) == 5 + 9**3


@pytest.mark.parametrize("text", ["", "LUT_3D_SIZE 9\n0 0 0\n"])
def test_a_damaged_lut_is_named(tmp_path, text):
    (tmp_path / "grade.cube").write_text(text)
    with pytest.raises(ElementError, match=r"grade\.cube: cannot be read as a LUT"):
        load_lut(tmp_path / "grade.cube")


def test_a_lut_that_was_written_anew_is_read_anew(tmp_path):
    picture = scene(1)
    for factor in (0.5, 0.8):
        write_lut(tmp_path / "grade.clf", factor * node_colours(9).reshape(9, 9, 9, 3), TEXT)
        np.testing.assert_allclose(load_lut(tmp_path / "grade.clf")(picture), factor * picture, atol=1e-6)


def test_the_record_tells_what_was_fitted(pairs, tmp_path):
    folder = pairs("pairs", range(4), hold_out_frames="3")
    record = match_grade(SETTINGS, [folder], tmp_path / "grade.clf")
    assert read_grade_record(tmp_path / "grade.json") == record
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (record.working_space, record.mode, record.pairs_hash) == ("g24_rec709", "plain", manifest["pairs_sha256"])
    assert [residual.frame for residual in record.residuals] == [1, 2, 4]
    assert all(residual.after < 0.3 * residual.before for residual in record.residuals)
    assert 0.1 < record.coverage < 1.0


def test_hold_outs_have_no_part_in_the_grade(pairs, tmp_path):
    with_hold_out = pairs("with", [0, 1, 2], hold_out_frames="2")
    # Of the frame held out, another picture.
    other = pairs("other", [0, 7, 2], hold_out_frames="2")
    for name, folder in (("with", with_hold_out), ("other", other)):
        match_grade(SETTINGS, [folder], tmp_path / f"{name}.lut.cube")
    lines = [(tmp_path / f"{name}.lut.cube").read_text().splitlines()[1:] for name in ("with", "other")]
    assert lines[0] == lines[1]


def test_the_same_pairs_give_the_same_files(pairs, tmp_path):
    folder = pairs("pairs", [0, 1])
    for place in ("first", "second"):
        match_grade(SETTINGS, [folder], tmp_path / place / "grade.cube")
    for name in ("grade.clf", "grade.cube", "grade.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


@pytest.mark.parametrize("name", ["grade.clf", "grade.cube"])
def test_a_damaged_file_is_made_again(pairs, tmp_path, name, caplog):
    folder = pairs("pairs", [0, 1])
    match_grade(SETTINGS, [folder], tmp_path / "grade.clf")
    path = tmp_path / name
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"0.5", b"0.7", 1))
    assert path.read_bytes() != whole
    match_grade(SETTINGS, [folder], tmp_path / "grade.clf")
    assert "is made again" in caplog.text
    assert path.read_bytes() == whole


def test_a_folder_without_training_pairs_is_refused(pairs, tmp_path):
    folder = pairs("pairs", [0, 1])
    manifest = read_manifest(folder)
    manifest = dataclasses.replace(
        manifest, pairs=tuple(dataclasses.replace(pair, role="hold-out") for pair in manifest.pairs)
    )
    content = {"version": 1, "pairs_sha256": pairs_hash(manifest), **to_mapping(manifest)}
    (folder / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(SettingsError, match="holds no pair to train on"):
        match_grade(SETTINGS, [folder], tmp_path / "grade.clf")
    assert not (tmp_path / "grade.clf").exists()


@pytest.mark.parametrize("suffix", ["3dl", "CLF"])
def test_another_suffix_is_refused_before_any_work(tmp_path, suffix):
    with pytest.raises(SettingsError, match=rf"grade\.{suffix}: expected a name that ends in \.clf or \.cube"):
        match_grade(SETTINGS, [tmp_path / "no pairs"], tmp_path / f"grade.{suffix}")


def test_the_record_does_not_overwrite_a_manifest(pairs):
    folder = pairs("pairs", [0, 1])
    with pytest.raises(OutputError, match="overwrite"):
        match_grade(SETTINGS, [folder], folder / "manifest.clf")


def test_colours_are_transported_though_the_change_is_not_linear():
    random = np.random.default_rng(0)
    colours, others = (random.beta(2.0, 2.0, (20_000, 3)) for _ in range(2))
    moved = transported(colours, others ** (0.4, 1.0, 2.5))
    # The best linear map is off by 0.045.
    assert np.sqrt(np.mean(np.square(moved - colours ** (0.4, 1.0, 2.5)))) < 0.015


@pytest.mark.slow
def test_elements_without_pairs_are_matched_though_not_aligned(element, tmp_path):
    scenes = [scene(seed, 0.1, 0.9) for seed in range(12)]
    source = element("source", scenes)
    reference = element("reference", [restored(rgb)[::-1, ::-1] for rgb in scenes[::-1]])
    match_grade_unpaired(UnpairedSettings(nodes=17), source, reference, tmp_path / "grade.clf")
    grade = load_lut(tmp_path / "grade.clf")
    before, after = (
        np.sqrt(np.mean([np.square(change(rgb) - restored(rgb)) for rgb in scenes])) for change in (lambda x: x, grade)
    )
    assert after < 0.35 * before
    record = read_grade_record(tmp_path / "grade.json")
    assert (record.source, record.reference, record.pairs_hash) == (source, reference, None)


def test_frames_are_graded_in_the_space_of_the_lut(pairs, element, tmp_path, capsys):
    folder = pairs("pairs", [0, 1, 2])
    lut, output = tmp_path / "grade.clf", tmp_path / "graded.####.exr"
    source = element("source", [scene(5), scene(6) * 1.3])
    assert main(["match-grade", str(folder), "--lut", str(lut), "--nodes", "17"]) == 0
    assert "residual rms" in capsys.readouterr().out
    arguments = ["grade", str(lut), source.pattern, str(output), "--encoding", "float", "--output-space", "g24_rec709"]
    assert main([*arguments, "--source-space", "g24_rec709"]) == 0
    graded = read_frame(tmp_path / "graded.0002.exr").rgb
    np.testing.assert_allclose(graded, load_lut(lut)(scene(6) * np.float32(1.3)), atol=1e-6)
    assert graded.max() > 1.1

    written = (tmp_path / "graded.0002.exr").stat().st_mtime_ns
    assert main([*arguments, "--source-space", "g24_rec709"]) == 0
    assert (tmp_path / "graded.0002.exr").stat().st_mtime_ns == written
    write_lut(lut, node_colours(9).reshape(9, 9, 9, 3), TEXT)
    assert main([*arguments, "--source-space", "g24_rec709"]) == 0
    np.testing.assert_allclose(read_frame(tmp_path / "graded.0002.exr").rgb, scene(6) * np.float32(1.3), atol=1e-5)


def test_a_lut_of_prepared_pairs_does_not_grade_a_source_as_it_is(element, tmp_path, capsys):
    scenes = [scene(seed) for seed in range(3)]
    source, reference = element("source", scenes), element("reference", [restored(rgb) for rgb in scenes])
    settings = PairSettings("chroma", "1-3", clean=CleanSettings(degrain=0.02))
    make_pairs(settings, source, reference, tmp_path / "pairs")
    lut = tmp_path / "grade.clf"
    match_grade(SETTINGS, [tmp_path / "pairs"], lut)
    arguments = ["grade", str(lut), source.pattern, str(tmp_path / "graded.####.exr"), "--encoding", "float"]
    arguments += ["--source-space", "srgb_tx", "--output-space", "srgb_tx"]
    assert main(arguments) == 1
    assert f"{lut}: was fitted to a prepared source (no balance, median 0, degrain 0.02)" in capsys.readouterr().err
    assert not list(tmp_path.glob("graded.*"))


def test_a_lut_without_record_needs_a_working_space(element, tmp_path, capsys):
    write_lut(tmp_path / "grade.clf", node_colours(9).reshape(9, 9, 9, 3), TEXT)
    source = element("source", [scene(1)])
    arguments = ["grade", str(tmp_path / "grade.cube"), source.pattern, str(tmp_path / "graded.####.exr")]
    arguments += ["--source-space", "srgb_tx", "--output-space", "srgb_tx", "--encoding", "float"]
    assert main(arguments) == 1
    assert "name the working space" in capsys.readouterr().err
    assert main([*arguments, "--working-space", "srgb_tx"]) == 0
    np.testing.assert_allclose(read_frame(tmp_path / "graded.0001.exr").rgb, scene(1), atol=1e-6)


def test_a_lut_that_is_none_is_told_without_talk_of_a_fit(tmp_path):
    with pytest.raises(ElementError, match=r"look\.cube: .* name a LUT that OpenColorIO reads"):
        load_lut(tmp_path / "look.cube")


def test_a_lut_that_is_not_there_is_named_before_its_record(element, tmp_path, capsys):
    source = element("source", [scene(1)])
    output = str(tmp_path / "graded.####.exr")
    assert main(["grade", str(tmp_path / "look.cube"), source.pattern, output, "--source-space", "srgb_tx"]) == 1
    assert f"{tmp_path / 'look.cube'}: there is no such file" in capsys.readouterr().err


def test_another_json_beside_a_lut_from_elsewhere_says_what_to_do(element, tmp_path, capsys):
    write_lut(tmp_path / "look.clf", node_colours(9).reshape(9, 9, 9, 3), TEXT)
    (tmp_path / "look.json").write_text('{"colourist": "Jane"}')
    source = element("source", [scene(1)])
    output = str(tmp_path / "graded.####.exr")
    assert main(["grade", str(tmp_path / "look.clf"), source.pattern, output, "--source-space", "srgb_tx"]) == 1
    assert "if the LUT is from elsewhere, give it another name" in capsys.readouterr().err

import json
import logging
import shutil
from pathlib import Path

import fastjsonschema
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import filmrecovery
from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.colour import converter
from filmrecovery.picture.luma import luma
from filmrecovery.picture.measures import psnr
from filmrecovery.project.run_project import run_project
from filmrecovery.provenance.seal import Differences, seal, verify
from filmrecovery.provenance.sidecars import read_sidecar
from filmrecovery.trials.baselines import gain_gamma_fit
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.validation_record import read_validation

SPACE = "g24_rec709"
FRAMES = range(1, 7)
TRAINING_FRAMES = (1, 3, 6)
UNSEEN_FRAMES = (2, 4, 5)

PROJECT = """
title = "Balloons"
shot = "B_010"
working_space = "g24_rec709"

[elements.print]
pattern = "scans/print.####.exr"
frames = "1-6"
space = "lin_ap0"

[elements.internegative]
pattern = "scans/internegative.####.png"
frames = "1-6"
space = "g24_rec709"

[elements.video]
pattern = "scans/video.####.png"
frames = "1-6"
space = "g24_rec709"

[[stages]]
name = "spatial"
mode = "spatial"
source = "print"
reference = "internegative"
training_frames = "1,3,6"
hold_out_frames = "4"
preview_frames = "5"
train = { size = "small", steps = 80, patch_size = 128, batch_size = 1 }

[[stages]]
name = "chroma"
mode = "chroma"
source = "spatial"
reference = "video"
training_frames = "1,3,6"
median = 3
train = { size = "small", steps = 80, patch_size = 128, batch_size = 1 }

[provenance]
institution = "Archive"
source_element = "a faded print"
"""


def truth(frame):
    """Coloured balls that drift over a textured ground, (128, 128, 3) in 0..1."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[0:128, 0:128].astype(np.float32)
    picture = np.full((128, 128, 3), (0.35, 0.4, 0.5), np.float32)
    for _ in range(14):
        start, speed = random.uniform(0, 128, 2), random.uniform(-4, 4, 2)
        radius, colour = random.uniform(10, 26), random.uniform(0.15, 0.85, 3)
        distance = np.hypot(x - (start + speed * frame)[0], y - (start + speed * frame)[1])
        cover = np.clip(radius - distance + 0.5, 0, 1)[..., np.newaxis]
        picture += cover * (colour - picture)
    texture = 0.06 * np.sin(0.7 * (x + frame)) * np.sin(0.6 * y)
    return np.clip(picture + texture[..., np.newaxis], 0, 1).astype(np.float32)


def soft(picture, sigma):
    return gaussian_filter(picture, (sigma, sigma, 0))


def faded(picture):
    """Soft, flat, and of weak colours that are mixed with each other, which no grade of single channels undoes."""
    grey = luma(picture)[..., np.newaxis]
    crosstalk = np.array([[0.3, 0.0, 0.2], [0.2, 0.3, 0.0], [0.0, 0.2, 0.3]], np.float32)
    colour = (picture - grey) @ crosstalk + np.array([0.08, -0.03, 0.03], np.float32)
    return soft(0.2 + 0.65 * grey + colour - luma(colour)[..., np.newaxis], 1.2)


@pytest.fixture(scope="module")
def shot(tmp_path_factory):
    """A project whose elements lie beside it."""
    folder = tmp_path_factory.mktemp("shot")
    to_print_space = converter(SPACE, "lin_ap0")
    for frame in FRAMES:
        picture = truth(frame)
        grey = np.repeat(luma(picture)[..., np.newaxis], 3, axis=-1)
        elements = {
            "print.{:04d}.exr": to_print_space(faded(picture)),
            "internegative.{:04d}.png": 0.9 * grey + 0.1 * picture,
            "video.{:04d}.png": soft(picture, 1.5),
        }
        for name, rgb in elements.items():
            write_frame(folder / "scans" / name.format(frame), frame_from_rgb(rgb), "float")
    path = folder / "project.toml"
    path.write_text(PROJECT)
    return path


@pytest.fixture(scope="module")
def delivered(shot):
    return run_project(shot)


def results(folder):
    """Pictures and models of a recovery, with the time when each was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.suffix in (".exr", ".safetensors")}


def everything(folder):
    """The content of every picture, model, record and journal, and when each but the journals was written."""
    found = [path for path in folder.rglob("*") if path.suffix in (".exr", ".png", ".safetensors", ".json", ".jsonl")]
    return {path: (path.suffix != ".jsonl" and path.stat().st_mtime_ns, path.read_bytes()) for path in found}


@pytest.mark.slow
def test_a_combined_recovery_beats_the_source_and_a_grade_by_a_margin(delivered):
    to_display = converter("lin_ap0", SPACE)
    grade = gain_gamma_fit(*zip(*((faded(truth(n)), truth(n)) for n in TRAINING_FRAMES), strict=True))

    def mean_psnr(picture):
        return np.mean([psnr(np.clip(picture(n), 0, 1), truth(n)) for n in UNSEEN_FRAMES])

    recovered = mean_psnr(lambda n: to_display(read_frame(delivered.path(n)).rgb))
    assert recovered > mean_psnr(lambda n: faded(truth(n))) + 7
    assert recovered > mean_psnr(lambda n: grade(faded(truth(n)))) + 4


@pytest.mark.slow
def test_results_lie_where_the_project_says(delivered, shot):
    output = shot.parent / "recovered"
    assert delivered.frames == tuple(FRAMES)
    assert delivered.path(6) == output / "delivery" / "B_010_recovered.0006.exr"
    assert (output / "delivery" / "B_010_recovered.toml").read_text() == PROJECT
    assert (output / "spatial" / "frames" / "B_010_spatial.0006.exr").is_file()
    assert (output / "chroma" / "run" / "model.safetensors").is_file()
    # What the last stage gives is the delivery itself.
    assert not (output / "chroma" / "frames").exists()


@pytest.mark.slow
def test_delivered_frames_and_sidecars_say_how_they_were_made(delivered, shot):
    header = read_header(delivered.path(2))
    said = {name: header.get_string_attribute(name) for name in ("FilmTitle", "ShotID", "Institution", "RecoveryType")}
    assert said == {
        "FilmTitle": "Balloons",
        "ShotID": "B_010",
        "Institution": "Archive",
        "RecoveryType": "spatial; chroma",
    }
    assert header.get_string_attribute("SourceElement") == "a faded print"
    assert header.get_string_attribute("ReferenceSource") == "internegative; video"
    record = read_sidecar(shot.parent / "recovered" / "delivery" / "B_010_recovered.provenance.json")
    schema = Path(filmrecovery.__file__).parent / "provenance" / "provenance.schema.json"
    fastjsonschema.validate(json.loads(schema.read_text()), record)
    assert {element["name"]: element["role"] for element in record["elements"]} == {
        "print": "source",
        "internegative": "reference",
        "video": "reference",
    }
    pairs = {folder["pairs_sha256"] for folder in record["pairs"]}
    assert [model["mode"] for model in record["models"]] == ["spatial", "chroma"]
    assert pairs == {model["pairs_hash"] for model in record["models"]}


@pytest.mark.slow
def test_a_sealed_delivery_stays_as_it_is_when_the_project_is_run_again(delivered, shot):
    folder = shot.parent / "recovered" / "delivery"
    seal(folder)
    run_project(shot)
    assert verify(folder) == Differences()
    shutil.rmtree(folder / "ascmhl")


@pytest.mark.slow
def test_chroma_recovery_holds_the_luma_of_the_spatial_result(delivered, shot):
    spatial = read_frame(shot.parent / "recovered" / "spatial" / "frames" / "B_010_spatial.0002.exr").rgb
    recovered = converter("lin_ap0", SPACE)(read_frame(delivered.path(2)).rgb)
    # Half float keeps three digits.
    np.testing.assert_allclose(luma(recovered), luma(spatial), atol=1e-3)


@pytest.mark.slow
def test_the_same_call_again_redoes_nothing(delivered, shot):
    before = results(shot.parent / "recovered")
    run_project(shot)
    assert results(shot.parent / "recovered") == before


@pytest.mark.slow
def test_a_project_that_was_copied_elsewhere_is_current_there(delivered, shot, tmp_path, caplog):
    folder = tmp_path / "another disk" / "shot"
    shutil.copytree(shot.parent, folder, copy_function=shutil.copyfile)
    before = everything(folder)
    with caplog.at_level(logging.INFO):
        run_project(folder / shot.name)
    after = everything(folder)
    assert after.keys() == before.keys()
    # The manifests say where the elements lie.
    changed = {path.relative_to(folder / "recovered") for path in after if after[path] != before[path]}
    assert changed <= {Path(stage, "pairs", "manifest.json") for stage in ("spatial", "chroma")}
    said = [message.removesuffix(": is current, nothing is done again") for message in caplog.messages]
    output = folder / "recovered"
    for product in (
        *(output / stage / "pairs" for stage in ("spatial", "chroma")),
        *(output / stage / "report" / "report.json" for stage in ("spatial", "chroma")),
        output / "spatial" / "frames" / "B_010_spatial.####.exr",
        output / "delivery" / "B_010_recovered.####.exr",
        output / "delivery" / "B_010_recovered.provenance.json",
    ):
        assert str(product) in said


@pytest.mark.slow
def test_an_earlier_model_is_applied_and_merged_with_the_original(delivered, shot, tmp_path):
    path = tmp_path / "project.toml"
    elements = PROJECT[: PROJECT.index("[[stages]]")].replace("scans/", f"{shot.parent}/scans/")
    path.write_text(f"""{elements}
[[stages]]
name = "spatial"
source = "print"
model = "{shot.parent}/recovered/spatial/run/model.safetensors"
[merge]
operation = "luminosity"
original = "print"
[delivery]
encoding = "float"
""")
    merged = read_frame(run_project(path).path(2)).rgb
    result = read_frame(tmp_path / "recovered" / "spatial" / "frames" / "B_010_spatial.0002.exr").rgb
    earlier = read_frame(shot.parent / "recovered" / "spatial" / "frames" / "B_010_spatial.0002.exr").rgb
    np.testing.assert_array_equal(result, earlier)
    np.testing.assert_allclose(luma(converter("lin_ap0", SPACE)(merged)), luma(result), atol=1e-3)


@pytest.mark.slow
def test_a_changed_training_is_another_one_beside_the_finished_one(delivered, shot):
    output, changed = shot.with_name("changed"), shot.with_name("changed.toml")
    shutil.copytree(shot.parent / "recovered", output)
    models = [output / stage / "run" / "model.safetensors" for stage in ("spatial", "chroma")]
    finished = [model.read_bytes() for model in models]
    runs = results(output / "spatial" / "run")
    text = PROJECT.replace("[elements.print]", 'output = "changed"\n[elements.print]', 1)
    # The second stage learns from the first one's frames: its training is another one too.
    changed.write_text(text.replace("steps = 80", "steps = 3", 1))
    run_project(changed)
    assert all(model.read_bytes() != earlier for model, earlier in zip(models, finished, strict=True))
    runs.pop(models[0])
    assert runs.items() <= results(output / "spatial" / "run").items()
    # And back: what was trained is found again.
    changed.write_text(text)
    run_project(changed)
    assert [model.read_bytes() for model in models] == finished


@pytest.mark.slow
def test_each_stage_is_validated(delivered, shot):
    for stage, mode, training_frames in (("spatial", "spatial", "1,3,6"), ("chroma", "chroma", "1,3,6")):
        path = shot.parent / "recovered" / stage / "report" / "report.json"
        validation, verdict = read_validation(path)
        assert (validation.mode, validation.own_pairs, validation.training_frames) == (mode, True, training_frames)
        assert [one.frame for one in validation.frames] == list(FRAMES)
        assert verdict.criteria == Criteria()
        (held,) = (finding for finding in verdict.findings if finding.name.endswith("identity"))
        assert held.passed


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("1-6", "1-7", ElementError),
        ("steps = 80", "stepz = 80", SettingsError),
        ('space = "lin_ap0"', 'space = "lin_ap9"', SettingsError),
    ],
)
def test_a_mistake_is_told_before_anything_is_written(shot, old, new, error):
    wrong = shot.with_name("wrong.toml")
    wrong.write_text(PROJECT.replace(old, new).replace("[elements.print]", 'output = "wrong"\n[elements.print]', 1))
    with pytest.raises(error):
        run_project(wrong)
    assert not (shot.parent / "wrong").exists()

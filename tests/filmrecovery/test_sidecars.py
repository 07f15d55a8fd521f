import dataclasses
import hashlib
import json
import subprocess
from pathlib import Path

import fastjsonschema
import numpy as np
import pytest

import filmrecovery
from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.model_header import read_model_header
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.provenance.sidecars import read_sidecar, write_sidecars
from filmrecovery.rendering.render import render
from filmrecovery.rendering.render_settings import RenderSettings
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_settings import PairSettings

SCHEMA = Path(filmrecovery.__file__).parent / "provenance" / "provenance.schema.json"
SETTINGS = ProvenanceSettings(
    film_title="Mission Kill",
    shot="MK_010",
    institution="Film archive",
    source_element="16 mm print, reel 2",
    reference_source="35 mm internegative",
)


@pytest.fixture
def delivery(random_model, tmp_path):
    """Two delivered frames with all that led to them: what `write_sidecars` takes after the settings."""
    random = np.random.default_rng(1)
    for name in ("print", "internegative"):
        for frame in (1, 2):
            rgb = random.uniform(0.1, 0.9, (24, 32, 3)).astype(np.float32)
            write_frame(tmp_path / "scans" / f"{name}.{frame:04d}.exr", frame_from_rgb(rgb), "float")
    source, reference = (
        Element(str(tmp_path / "scans" / f"{name}.####.exr"), (1, 2), "srgb_tx", name)
        for name in ("print", "internegative")
    )
    manifest = make_pairs(PairSettings("spatial", "1", hold_out_frames="2"), source, reference, tmp_path / "pairs")
    assert manifest.pairs
    pairs_hash = json.loads((tmp_path / "pairs" / "manifest.json").read_text())["pairs_sha256"]
    model = random_model("spatial", pairs_hash=pairs_hash, training_date="2026-11-20")
    output = str(tmp_path / "delivery" / "MK_010_recovered.####.exr")
    delivered = render(RenderSettings(device="cpu"), model, source, output, provenance=SETTINGS)
    return delivered, {"source": [source], "reference": [reference]}, [model], [tmp_path / "pairs"]


def test_the_record_says_what_made_what_and_keeps_to_its_schema(delivery):
    path, _ = write_sidecars(SETTINGS, *delivery, merge="luminosity")
    assert path.name == "MK_010_recovered.provenance.json"
    record = read_sidecar(path)
    validate = fastjsonschema.compile(json.loads(SCHEMA.read_text()))
    validate(record)

    delivered, elements, models, _ = delivery
    for listed, sequence in (
        (record["delivery"], delivered),
        (record["elements"][0], elements["source"][0]),
        (record["elements"][1], elements["reference"][0]),
    ):
        hashes = [hashlib.sha256(sequence.path(frame).read_bytes()).hexdigest() for frame in sequence.frames]
        assert [file["sha256"] for file in listed["files"]] == hashes
    assert record["models"][0].items() >= read_model_header(models[0]).items()
    assert record["models"][0]["pairs_hash"] == record["pairs"][0]["pairs_sha256"]
    assert record["pairs"][0]["pairs"][0]["reference_sha256"] == record["elements"][1]["files"][0]["sha256"]
    with pytest.raises(fastjsonschema.JsonSchemaException):
        validate(record | {"digital_source_type": "compositeWithTrainedAlgorithmicMedia"})


def test_the_record_says_where_files_lie_though_they_were_named_from_a_folder(delivery, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def typed(element):
        return dataclasses.replace(element, pattern=str(Path(element.pattern).relative_to(tmp_path)))

    delivered, elements, models, pairs = delivery
    path, _ = write_sidecars(
        SETTINGS,
        typed(delivered),
        {role: [typed(element) for element in found] for role, found in elements.items()},
        [model.relative_to(tmp_path) for model in models],
        [folder.relative_to(tmp_path) for folder in pairs],
    )
    record = read_sidecar(path)
    assert [model["file"] for model in record["models"]] == [str(models[0])]
    assert [found["folder"] for found in record["pairs"]] == [str(pairs[0])]
    assert [found["pattern"] for found in record["elements"]] == [found[0].pattern for found in elements.values()]
    assert record["delivery"]["pattern"] == delivered.pattern


def test_the_text_tells_a_curator_what_was_done_held_and_by_whom(delivery):
    _, path = write_sidecars(SETTINGS, *delivery)
    text = path.read_text(encoding="utf-8")
    delivered = delivery[0]
    for words in (
        "Mission Kill, MK_010",
        "its detail was learnt from the reference; its chroma was held",
        "trained 2026-11-20 on the frames 1.",
        "16 mm print, reel 2",
        "35 mm internegative",
        "Restorationist: not stated",
        "Institution: Film archive",
        "compositeWithTrainedAlgorithmicMedia",
        hashlib.sha256(delivered.path(1).read_bytes()).hexdigest(),
    ):
        assert words in text
    assert "painted" not in text


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (lambda record: record["delivery"].pop("files"), "delivery must contain .*files"),
        (lambda record: record["pairs"][0]["pairs"][0].pop("role"), "pairs\\[0\\].pairs\\[0\\] must contain .*role"),
    ],
)
def test_a_record_that_lost_a_field_is_named(delivery, lost, told):
    path, _ = write_sidecars(SETTINGS, *delivery)
    record = json.loads(path.read_text())
    lost(record)
    path.write_text(json.dumps(record))
    with pytest.raises(FileError, match=f"{path.name}: .*{told}"):
        read_sidecar(path)


def test_shots_without_pairs_are_told_of(delivery):
    delivered, *others = delivery
    for frame, grade in ((1, "shot_010; shot_010"), (2, "shot_010; film")):
        picture = read_frame(delivered.path(frame))
        picture.spec.attribute("filmrecovery:grade", grade)
        write_frame(delivered.path(frame), picture)
    paths = write_sidecars(SETTINGS, delivered, *others)
    record = read_sidecar(paths[0])
    fastjsonschema.validate(json.loads(SCHEMA.read_text()), record)
    assert record["delivery"]["grades"] == [
        {"grade": "shot_010; shot_010", "frames": "1"},
        {"grade": "shot_010; film", "frames": "2"},
    ]
    assert "without pairs to learn from, and so with the grade of the whole film: frames 2." in paths[1].read_text(
        encoding="utf-8"
    )


def test_sidecars_that_say_the_same_are_not_written_again(delivery):
    paths = write_sidecars(SETTINGS, *delivery)
    written = [path.stat().st_mtime_ns for path in paths]
    assert write_sidecars(SETTINGS, *delivery) == paths
    assert [path.stat().st_mtime_ns for path in paths] == written


def test_the_verb_writes_what_the_function_does(delivery, tmp_path, capsys):
    delivered, elements, (model,), (pairs,) = delivery
    settings = tmp_path / "provenance.json"
    settings.write_text('{"film_title": "Mission Kill", "constructed_reference": true}')
    arguments = ["record", delivered.pattern, "--model", str(model), "--pairs", str(pairs)]
    arguments += ["--source", elements["source"][0].pattern, "--reference", elements["reference"][0].pattern]
    assert main([*arguments, "--provenance", str(settings)]) == 0
    path, text = map(Path, capsys.readouterr().out.splitlines())
    fastjsonschema.validate(json.loads(SCHEMA.read_text()), read_sidecar(path))
    assert "painted or composed" in text.read_text(encoding="utf-8")


def test_a_missing_frame_and_a_foreign_record_are_named(delivery, tmp_path):
    delivered, *others = delivery
    delivered.path(2).unlink()
    with pytest.raises(ElementError, match=r"MK_010_recovered\.0002\.exr: cannot be read"):
        write_sidecars(SETTINGS, delivered, *others)
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(FileError, match=r"other\.json: is no record of provenance"):
        read_sidecar(tmp_path / "other.json")


def test_the_command_to_verify_can_be_copied_though_the_name_has_blanks(delivery, tmp_path):
    delivered, *others = delivery
    path = tmp_path / "The reel's end.0001.exr"
    path.write_bytes(delivered.path(1).read_bytes())
    found = Element(str(tmp_path / "The reel's end.####.exr"), (1,), delivered.space)
    _, text = write_sidecars(SETTINGS, found, *others)
    (command,) = [line for line in text.read_text("utf-8").splitlines() if line.startswith("`sha256sum ")]
    hashed = subprocess.run(
        ["sh", "-c", command[1 : command.rindex("`")]], cwd=tmp_path, capture_output=True, text=True
    )
    assert hashed.stdout.split()[0] == hashlib.sha256(path.read_bytes()).hexdigest()

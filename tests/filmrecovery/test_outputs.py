"""No verb replaces a file of another kind, or one that it reads."""

import json

import numpy as np
import onnx
import OpenImageIO
import pytest
import torch
from safetensors.torch import save

from filmrecovery.cli import main
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.model_header import is_model


@pytest.fixture
def film(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for frame in range(1, 4):
        rgb = np.random.default_rng(frame).uniform(0.2, 0.7, (48, 64, 3)).astype(np.float32)
        write_frame(tmp_path / f"print.{frame:04d}.exr", frame_from_rgb(rgb))
    return tmp_path


def refused(film, path, arguments, message, capsys):
    """Whether a call ends in this error and leaves the file as it is."""
    before = (film / path).read_bytes()
    assert main(arguments) == 1
    assert message in capsys.readouterr().err
    assert (film / path).read_bytes() == before


BALANCE = ["balance", "print.####.exr"]
SELECT = ["select", "print.####.exr"]


def test_a_record_does_not_replace_a_record_of_another_stage(film, capsys):
    assert main([*BALANCE, "record.json"]) == 0
    assert main([*BALANCE, "record.json"]) == 0
    message = "record.json: holds something other than what would be written; choose another name, or remove it"
    refused(film, "record.json", [*SELECT, "record.json"], message, capsys)


@pytest.mark.parametrize("content", ['{"scenes": 3}', "no JSON", ""])
def test_a_record_does_not_replace_what_somebody_else_wrote(film, capsys, content):
    (film / "mine.json").write_text(content)
    refused(film, "mine.json", [*BALANCE, "mine.json"], "mine.json: ", capsys)


def test_a_record_of_an_earlier_version_is_replaced(film):
    assert main([*BALANCE, "record.json"]) == 0
    record = json.loads((film / "record.json").read_text())
    changed = {**record, "version": 0, "made_from": record["made_from"].replace("; settings ", "; settings 0")}
    (film / "record.json").write_text(json.dumps(changed))
    assert main([*BALANCE, "record.json"]) == 0
    assert json.loads((film / "record.json").read_text()) == record


def test_the_table_beside_a_record_does_not_replace_notes(film, capsys):
    (film / "selection.csv").write_text("frame,what I think of it\n1,scratched\n")
    message = "selection.csv: is no table that was written here, and would be replaced"
    refused(film, "selection.csv", [*SELECT, "selection.json"], message, capsys)
    assert not (film / "selection.json").exists()
    (film / "selection.csv").unlink()
    assert main([*SELECT, "selection.json"]) == 0
    assert main([*SELECT, "selection.json", "--count", "3"]) == 0


def test_a_model_goes_under_a_models_name_alone(film, capsys):
    message = "print.0001.exr: expected a name that ends in .safetensors"
    refused(film, "print.0001.exr", ["train", "pairs", "--model", "print.0001.exr"], message, capsys)


def test_a_lut_does_not_replace_another_lut(film, capsys):
    grade = ["match-grade-unpaired", "print.####.exr", "print.####.exr", "--nodes", "9", "--lut"]
    (film / "look.cube").write_text('TITLE "Film look"\nLUT_3D_SIZE 2\n')
    refused(film, "look.cube", [*grade, "look.clf"], "look.cube: is no LUT of a match grade", capsys)
    assert main([*grade, "grade.clf"]) == 0
    (film / "grade.json").unlink()
    assert main([*grade, "grade.clf"]) == 0


def test_the_painters_instructions_do_not_replace_a_readme(film, capsys):
    (film / "paint").mkdir()
    (film / "paint" / "README.txt").write_text("Mine.")
    call = ["paint-export", "print.####.exr", "paint", "--frames", "1"]
    refused(film, "paint/README.txt", call, "README.txt: was not given out from here", capsys)


def test_a_frame_does_not_replace_a_scan(film, capsys):
    (film / "other").mkdir()
    scan, text = film / "other" / "r.0002.exr", "is no frame that was written here, and would be replaced"
    write_frame(scan, read_frame(film / "print.0001.exr"))
    merge = ["merge", "print.####.exr", "print.####.exr", "other/r.####.exr", "--operation", "color"]
    refused(film, "other/r.0002.exr", merge, f"r.0002.exr: {text}", capsys)
    assert not (film / "other" / "r.0001.exr").exists()
    # Of a kind that is not read here.
    scan.write_bytes(b"\x76\x2f\x31\x01\x02\x10" + scan.read_bytes()[6:])
    refused(film, "other/r.0002.exr", merge, f"r.0002.exr: {text}", capsys)
    scan.write_bytes(b"")
    assert main(merge) == 0
    # One that was written here, and damaged since.
    scan.write_bytes(scan.read_bytes()[:-20])
    assert main(merge) == 0
    read_frame(scan)


def test_a_timeline_does_not_replace_an_editors(film, capsys):
    (film / "cut.otio").write_text('{"OTIO_SCHEMA": "Timeline.1"}')
    shots = ["shots", "print.####.exr", "shots.json", "--timeline", "cut.otio"]
    refused(film, "cut.otio", shots, "cut.otio: is no timeline that was written here", capsys)
    (film / "cut.otio").unlink()
    assert main(shots) == 0
    (film / "shots.json").unlink()
    assert main(shots) == 0


def painted(path):
    """A picture of another program: it has no seal."""
    path.parent.mkdir(exist_ok=True)
    picture = OpenImageIO.ImageBuf(np.full((48, 64, 3), 0.5, np.float32))
    assert picture.write(str(path))


PAIRS = ["pairs", "print.####.exr", "print.####.exr", "pairs", "--mode", "chroma", "--frames", "1-2"]
ADOPT = ["adopt", "pairs", "--mode", "chroma", "--working-space", "srgb_tx"]


def test_adopting_pairs_does_not_replace_somebody_elses_manifest(film, capsys):
    for kind in ("input", "target"):
        painted(film / "pairs" / f"{kind}.0001.exr")
    manifest = film / "pairs" / "manifest.json"
    for content in ('{"name": "shop", "version": 1, "pairs": []}', "no JSON"):
        manifest.write_text(content)
        message = "manifest.json: is no manifest of pairs that was written here, and would be replaced; choose another"
        refused(film, "pairs/manifest.json", ADOPT, message, capsys)
    manifest.unlink()
    assert main(ADOPT) == 0
    # One that was edited is a manifest still.
    manifest.write_text(manifest.read_text().replace('"train"', '"hold-out"'))
    assert main(ADOPT) == 0


@pytest.mark.parametrize("name", ["input.0002.exr", "target.0001.exr", "mask.0002.exr"])
def test_pairs_do_not_replace_pictures_made_by_hand(film, capsys, name):
    call = [*PAIRS, "--mask-boxes", "1-3: 0,0,8,8"]
    painted(film / "pairs" / name)
    refused(film, f"pairs/{name}", call, f"{name}: is no frame that was written here, and would be replaced", capsys)
    assert [path.name for path in (film / "pairs").glob("*.exr")] == [name]
    (film / "pairs" / name).unlink()
    assert main(call) == 0
    # As after an interruption.
    (film / "pairs" / "manifest.json").unlink()
    assert main(call) == 0
    # Beside pairs that are whole.
    painted(film / "pairs" / "input.0003.exr")
    more = [*PAIRS[:-1], "1-3"]
    refused(film, "pairs/input.0003.exr", more, "input.0003.exr: is no frame that was written here", capsys)


def test_adopting_pairs_does_not_replace_a_painted_mask(film, capsys):
    for kind in ("input", "target", "mask"):
        painted(film / "pairs" / f"{kind}.0001.exr")
    call = [*ADOPT, "--mask-boxes", "1-3: 0,0,8,8"]
    refused(film, "pairs/mask.0001.exr", call, "mask.0001.exr: is no frame that was written here", capsys)


TRAIN = ["train", "pairs", "--size", "small", "--steps", "1", "--patch-size", "64", "--batch-size", "1"]


@pytest.mark.parametrize(
    "name", ["metrics.jsonl", "status.json", "model.safetensors", "request.json", "models/model.000100.safetensors"]
)
def test_a_training_does_not_replace_files_of_a_folder_that_holds_none(film, capsys, name):
    assert main(PAIRS) == 0
    (film / "run" / "models").mkdir(parents=True)
    (film / "run" / name).write_text("Mine.")
    message = f"{name}: would be replaced by a training, and its folder holds none (training.json is missing); train in"
    refused(film, f"run/{name}", [*TRAIN, "--run", "run"], message, capsys)
    assert not (film / "run" / "training.json").exists()


def test_a_model_does_not_replace_what_is_none(film, capsys, random_model):
    message = "m.safetensors: is no model that was written here, and would be replaced"
    (film / "m.safetensors").write_text("Mine.")
    refused(film, "m.safetensors", [*TRAIN, "--model", "m.safetensors"], message, capsys)
    # Other models, and what a training goes on from, are of the same format.
    weights = {"weight": torch.zeros(3)}
    for content in (save(weights), save(weights, {"filmrecovery": json.dumps({"step": 3})})):
        (film / "m.safetensors").write_bytes(content)
        refused(film, "m.safetensors", [*TRAIN, "--model", "m.safetensors"], message, capsys)
    model = random_model("chroma")
    assert is_model(model)
    model.write_bytes(model.read_bytes()[:5000])
    assert is_model(model)


def test_an_export_does_not_replace_another_model(film, capsys, random_model):
    model, output = random_model("plain"), film / "m.onnx"
    message = "m.onnx: is no export of a model that was written here, and would be replaced"
    graph = onnx.helper.make_graph([], "filmrecovery", [], [])
    for content in (b"Mine, of filmrecovery.", onnx.helper.make_model(graph).SerializeToString()):
        output.write_bytes(content)
        refused(film, "m.onnx", ["export", model.name, "m.onnx"], message, capsys)

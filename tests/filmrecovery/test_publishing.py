"""Deliveries that are published to a real manager, OpenAssetIO's Basic Asset Library, and found again."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from asset_library import BASIC_ASSET_LIBRARY, traits_of
from openassetio.access import RelationsAccess
from openassetio.trait import TraitsData
from openassetio_mediacreation.traits.usage import RelationshipTrait_v1

from filmrecovery.assets.connection import connect
from filmrecovery.assets.resolve import resolve
from filmrecovery.base.records import write_record
from filmrecovery.cli import main
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.model_header import read_model_header
from filmrecovery.provenance.header_keys import header_keys
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.validation.validation_record import VERSION

ALL = ["--as=bal:///shot/frames", "--movie-as=bal:///shot/movie", "--report-as", "bal:///shot/report"]


@pytest.fixture
def deliver(library, random_model, tmp_path, capsys):
    """Delivers three frames that were recovered of the asset `print`, with a verdict if one is named."""
    model = random_model("chroma", training_date="2026-11-20")
    keys = header_keys(ProvenanceSettings(), [read_model_header(model)], "2026-11-21")
    for number in (1, 2, 3):
        rgb = np.full((32, 48, 3), 0.1 * number, np.float32)
        write_frame(tmp_path / f"scan.{number:04d}.exr", frame_from_rgb(rgb), "zip")
        frame = read_frame(tmp_path / f"scan.{number:04d}.exr")
        for name, value in keys.items():
            frame.spec.attribute(name, value)
        write_frame(tmp_path / f"recovered.{number:04d}.exr", frame, "zip")
    library.add("print", traits_of(tmp_path / "scan.####.exr", (1, 3), "lin_ap0"))

    def call(passed: bool | None = True, *more):
        report = []
        if passed is not None:
            write_report(tmp_path / "report", passed)
            report = [f"--report={tmp_path / 'report'}"]
        recovered = str(tmp_path / "recovered.####.exr")
        named = ["--film=Mission Kill", "--shot=MK_010", f"--model={model}", "--source", "bal:///print"]
        assert main(["deliver", recovered, str(tmp_path / "out"), *named, *report, *more]) == 0
        (delivered,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("delivered: ")]
        return delivered.removeprefix("delivered: ")

    return call


def write_report(folder, passed):
    verdict = {"passed": passed, "findings": [{"name": "grain", "passed": passed, "text": "frame 1 fails"}]}
    content = {
        "verdict": verdict,
        "validation": {"mode": "chroma", "model": "0" * 64, "frames": []},
        "summary": {"hold_outs": {}},
    }
    write_record(folder / "report.json", VERSION, content)
    (folder / "report.html").write_text("a page")


def resolved_elsewhere(reference):
    """What another process prints of an asset."""
    call = [sys.executable, "-m", "filmrecovery", "resolve", reference]
    return subprocess.run(call, capture_output=True, text=True, check=True).stdout.splitlines()


def test_all_of_a_delivery_is_found_by_another_process_with_what_it_is_made_of(deliver, capsys):
    folder = deliver()
    assert main(["publish", folder, *ALL, "--models-as=bal:///shot/model"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"published: bal:///shot/{name}?v=1" for name in ("model", "frames", "movie", "report")
    ]
    frames = resolved_elsewhere("bal:///shot/frames")
    assert frames[0].startswith(f"bal:///shot/frames: {folder}/masters/zip/Mission_Kill_MK_010_v001_chroma-")
    assert frames[0].endswith(".####.exr")
    assert frames[1:] == [
        "  version: 1",
        "  pinned: bal:///shot/frames?v=1",
        "  frames: 1-3",
        "  space: lin_ap0",
        "  made of: bal:///print?v=1",
        "  made of: bal:///shot/model?v=1",
    ]
    report = resolved_elsewhere("bal:///shot/report")
    assert report[0] == f"bal:///shot/report: {folder}/report/report.html"
    assert report[-1] == "  made of: bal:///shot/frames?v=1"
    # What was published can be worked with at once.
    assert main(["check", "bal:///shot/frames"]) == 0


def test_the_manager_itself_answers_for_the_relations(deliver):
    assert main(["publish", deliver(), "--as=bal:///shot/frames"]) == 0
    connection = connect()
    relation = TraitsData({RelationshipTrait_v1.kId, "filmrecovery:recovery.MadeOf"})
    pager = connection.manager.getWithRelationship(
        connection.entity("bal:///shot/frames"), relation, 10, RelationsAccess.kRead, connection.context, set()
    )
    assert [reference.toString() for reference in pager.get()] == ["bal:///print"]


def test_publishing_again_makes_no_version_and_another_delivery_does(deliver, library, capsys):
    first = deliver()
    for _ in range(2):
        assert main(["publish", first, *ALL]) == 0
    assert "bal:///shot/frames?v=1 already" in capsys.readouterr().err
    assert main(["publish", deliver(True, "--width=640"), *ALL]) == 0
    versions = {name: len(entity["versions"]) for name, entity in library.content()["entities"].items()}
    assert versions == {"print": 1, "shot/frames": 2, "shot/movie": 2, "shot/report": 2}


def test_what_others_published_meanwhile_is_kept(deliver, library):
    folder = deliver()
    library.add("another", traits_of("/scans/another.mov"))
    before = library.content()
    assert main(["publish", folder, "--as=bal:///shot/frames"]) == 0
    after = library.content()
    assert after["entities"].pop("shot/frames")
    assert after["entities"] == before["entities"]
    assert after["managementPolicy"] == before["managementPolicy"]


def test_deliver_publishes_by_itself_where_it_is_asked_to(deliver, library):
    folder = deliver(True, "--publish-as=bal:///shot/frames", "--publish-movie-as", "bal:///shot/movie")
    (frames,) = resolve(connect(), ["bal:///shot/frames"])
    assert frames.path.startswith(folder)
    assert "shot/movie" in library.content()["entities"]


@pytest.mark.parametrize(("passed", "message"), [(False, "did not pass (grain)"), (None, "without a validation")])
def test_what_did_not_pass_needs_an_explicit_yes(deliver, library, capsys, passed, message):
    folder = deliver(passed)
    assert main(["publish", folder, "--as=bal:///shot/frames"]) == 1
    assert message in capsys.readouterr().err
    assert list(library.content()["entities"]) == ["print"]
    assert main(["publish", folder, "--as=bal:///shot/frames", "--not-passed"]) == 0


@pytest.mark.parametrize("change", ["changed", "added", "missing"])
def test_nothing_is_published_that_is_not_as_it_was_sealed(deliver, library, capsys, change):
    folder = deliver()
    report = Path(folder) / "report" / "report.html"
    if change == "missing":
        report.unlink()
    else:
        (report if change == "changed" else report.with_name("other.html")).write_text("another page")
    assert main(["publish", folder, *ALL]) == 1
    assert f"{change}: report/" in capsys.readouterr().err
    assert list(library.content()["entities"]) == ["print"]


def test_a_model_that_is_another_now_is_not_published(deliver, library, random_model, capsys):
    folder = deliver()
    random_model("chroma", training_date="2026-11-22")
    assert main(["publish", folder, "--as=bal:///shot/frames", "--models-as=bal:///shot/model"]) == 1
    assert "is not the model that the delivery was made with" in capsys.readouterr().err
    assert list(library.content()["entities"]) == ["print"]


def test_what_the_manager_does_not_take_is_said_in_its_words(deliver, library, capsys):
    folder = deliver()
    content = library.content()
    content["managementPolicy"]["write"]["default"] = {}
    library.path.write_text(json.dumps(content))
    assert main(["publish", folder, "--as=bal:///shot/frames"]) == 1
    assert "bal:///shot/frames: Publishing is not supported for the given trait set" in capsys.readouterr().err
    assert main(["publish", folder]) == 1
    assert "nothing is named to be published" in capsys.readouterr().err


@pytest.fixture
def placing(library, monkeypatch):
    """The folder in which a manager that places files keeps them; its library is the same."""
    monkeypatch.setenv("OPENASSETIO_PLUGIN_PATH", str(Path(__file__).parent / "openassetio_plugins"))
    library.config.write_text(library.config.read_text().replace(BASIC_ASSET_LIBRARY, "org.filmrecovery.tests.placing"))
    return library.config.parent / "placed" / "shot"


def test_a_manager_that_places_files_gets_them_there(deliver, placing, capsys):
    folder = Path(deliver())
    assert main(["publish", str(folder), *ALL]) == 0
    assert sorted(path.name for path in (placing / "frames" / "v1").iterdir()) == [
        f"frames.{number:04d}.exr" for number in (1, 2, 3)
    ]
    masters = sorted((folder / "masters" / "zip").glob("*.exr"))
    for number, master in enumerate(masters, 1):
        assert (placing / "frames" / "v1" / f"frames.{number:04d}.exr").read_bytes() == master.read_bytes()
    lines = resolved_elsewhere("bal:///shot/frames")
    assert lines[0] == f"bal:///shot/frames: {placing}/frames/v1/frames.####.exr"
    assert "  made of: bal:///print?v=1" in lines
    assert resolved_elsewhere("bal:///shot/report")[0] == f"bal:///shot/report: {placing}/report/v1/report.html"
    # The delivery stays whole, and what has been placed is found again.
    assert main(["verify", str(folder)]) == 0
    assert main(["publish", str(folder), *ALL]) == 0
    assert "bal:///shot/frames?v=1 already" in capsys.readouterr().err
    assert main(["publish", deliver(True, "--width=24"), *ALL]) == 0
    assert sorted(path.name for path in (placing / "movie").iterdir()) == ["v1", "v2"]


def test_nothing_is_overwritten_at_a_place(deliver, placing, library, capsys):
    folder = deliver()
    taken = placing / "frames" / "v1" / "frames.0002.exr"
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"of somebody else")
    assert main(["publish", folder, "--as=bal:///shot/frames"]) == 1
    assert f"{taken}: is where the asset manager wants" in capsys.readouterr().err
    assert taken.read_bytes() == b"of somebody else"
    assert list(library.content()["entities"]) == ["print"]


def test_a_manager_that_names_no_place_for_what_it_places_is_a_named_error(deliver, placing, library, capsys):
    folder = deliver()
    assert main(["publish", folder, "--models-as=bal:///shot/model"]) == 1
    assert "names no place; have it name one" in capsys.readouterr().err
    assert list(library.content()["entities"]) == ["print"]


def test_that_no_manager_is_there_is_told_before_every_file_is_hashed(deliver, monkeypatch, capsys):
    folder = deliver()
    (Path(folder) / "report" / "report.html").write_text("another page")
    monkeypatch.delenv("OPENASSETIO_DEFAULT_CONFIG")
    assert main(["publish", folder, *ALL]) == 1
    error = capsys.readouterr().err
    assert "No asset manager is configured" in error
    assert "Hashes" not in error


def test_a_model_that_is_not_found_from_here_is_told(deliver, random_model, capsys):
    folder = deliver()
    model = random_model("chroma", training_date="2026-11-20")
    model.rename(model.with_name("elsewhere.safetensors"))
    assert main(["publish", folder, "--models-as=bal:///shot/model"]) == 1
    assert f"{model}: there is no such file; publish from the folder" in capsys.readouterr().err

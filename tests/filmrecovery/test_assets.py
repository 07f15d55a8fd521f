"""References to assets, resolved by a real manager: OpenAssetIO's Basic Asset Library."""

import json
import subprocess
import sys

import numpy as np
import pytest
from asset_library import BASIC_ASSET_LIBRARY, traits_of

from filmrecovery.assets.connection import connect
from filmrecovery.assets.location import location_of, path_of
from filmrecovery.assets.resolve import resolve, resolve_pinned
from filmrecovery.base.errors import AssetError
from filmrecovery.cli import main
from filmrecovery.provenance.sidecars import read_sidecar


@pytest.fixture
def scan(element, library):
    """Three frames on disk, which the library says are the asset `print`."""
    found = element("print", [np.full((8, 8, 3), 0.1 * number, np.float32) for number in (1, 2, 3)], "lin_ap0")
    library.add("print", traits_of(found.pattern, (1, 3), "ACES2065-1"))
    return found


@pytest.mark.parametrize(
    ("location", "is_templated", "path"),
    [
        ("file:///scans/print.%7Bframe:04d%7D.exr", True, "/scans/print.####.exr"),
        ("file:///scans/print.{frame:04d}.exr", True, "/scans/print.####.exr"),
        ("file:///scans/print.{frame}.exr", True, "/scans/print.#.exr"),
        ("file:///scans/print.%23%23%23%23.exr", False, "/scans/print.####.exr"),
        ("file:///scans/print.%23%23%23%23.exr", True, "/scans/print.####.exr"),
        ("file:///scans/print.####.exr", False, "/scans/print.####.exr"),
        ("file:///scans/print.%04d.exr", False, "/scans/print.%04d.exr"),
        ("file:///scans/print.%2504d.exr", False, "/scans/print.%04d.exr"),
        ("file:///the%20scans/%C3%A4.mov", False, "/the scans/ä.mov"),
        ("file:///%7B%7Ba%7D%7D/print.{frame:03d}.exr", True, "/{a}/print.###.exr"),
        ("file:///{a}/print.exr", False, "/{a}/print.exr"),
        ("file://localhost/scans/print.mov", False, "/scans/print.mov"),
    ],
)
def test_locations_are_paths_or_patterns(location, is_templated, path):
    assert path_of(location, is_templated) == path


@pytest.mark.parametrize("path", ["/scans/print.####.exr", "/a b/{x}/ü {y}.###.dpx", "/scans/100%.mov"])
def test_what_is_published_is_found_again(path):
    assert path_of(*location_of(path)) == path


@pytest.mark.parametrize(
    ("location", "is_templated", "message"),
    [
        ("https://archive.org/film.mov", False, "no file of this machine"),
        ("file://server/film.mov", False, "no file of this machine"),
        ("/scans/print.exr", False, "no file of this machine"),
        ("file:///scans/{frame:04d}/print.exr", True, "folders for each frame"),
        ("file:///scans/print.{view}.{frame:04d}.exr", True, "'view'"),
        ("file:///scans/print.{frame:x}.exr", True, "'frame:x'"),
    ],
)
def test_locations_that_are_no_files_are_named_errors(location, is_templated, message):
    with pytest.raises(AssetError, match=message):
        path_of(location, is_templated)


def test_a_batch_is_resolved_in_its_order_with_what_the_manager_says(library):
    library.add("print", traits_of("/scans/v1/print.####.exr"))
    library.add("print", traits_of("/scans/v2/print.####.exr", (993, 1056), "lin_ap0", in_out=(1001, 1048)))
    library.add("grade", traits_of("/luts/grade.clf"))
    asked = ["bal:///grade", "bal:///print", "bal:///print?v=1"]
    grade, newest, first = resolve_pinned(connect(), asked)
    assert (grade.path, grade.frames, grade.space, grade.entity.version) == ("/luts/grade.clf", "", "", "1")
    assert (newest.path, newest.frames, newest.all_frames) == ("/scans/v2/print.####.exr", "1001-1048", "993-1056")
    assert (newest.entity.reference, newest.entity.version, newest.is_pinned) == ("bal:///print?v=2", "2", True)
    assert (first.path, first.entity.reference) == ("/scans/v1/print.####.exr", "bal:///print?v=1")


def test_a_manager_without_relations_pins_nothing_and_is_asked_all_the_same(library):
    needed = ["entityReferenceIdentification", "managementPolicyQueries", "entityTraitIntrospection"]
    content = library.content() | {"capabilities": [*needed, "resolution"]}
    library.path.write_text(json.dumps(content))
    library.add("print", traits_of("/scans/print.####.exr"))
    (found,) = resolve_pinned(connect(), ["bal:///print"])
    assert (found.is_pinned, found.entity.reference, found.entity.version) == (False, "bal:///print", "1")


def test_every_reference_that_is_refused_is_named_in_the_words_of_the_manager(library):
    library.add("print", traits_of("/scans/print.####.exr"))
    for ask in (resolve, resolve_pinned):
        with pytest.raises(AssetError) as caught:
            ask(connect(), ["bal:///gone", "bal:///print", "bal:///print?v=x"])
        assert "bal:///gone: Entity 'gone' not found" in str(caught.value)
        assert "bal:///print?v=x: Version query parameter" in str(caught.value)
    with pytest.raises(AssetError, match="scan: is no reference of the asset manager 'Basic Asset Library"):
        resolve(connect(), ["scan"])


def test_an_entity_without_files_is_a_named_error(library):
    library.add("idea", {"openassetio-mediacreation:color.OCIOColorManaged": {"colorspace": "lin_ap0"}})
    with pytest.raises(AssetError, match=r"bal:///idea: .* no location"):
        resolve(connect(), ["bal:///idea"])


def test_without_a_manager_one_error_says_what_to_set(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("OPENASSETIO_DEFAULT_CONFIG", raising=False)
    for call in (["resolve", "bal:///print"], ["check", "bal:///print"], ["seal", "sg://folder"]):
        assert main(call) == 1
        assert "set the variable OPENASSETIO_DEFAULT_CONFIG" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "does not exist"),
        ("manager = ", "Error parsing"),
        ('[manager]\nidentifier = "nobody"', "nobody"),
        (
            f'[manager]\nidentifier = "{BASIC_ASSET_LIBRARY}"\n[manager.settings]\nlibrary_path = "/no.json"',
            "/no.json",
        ),
    ],
)
def test_a_manager_that_does_not_start_is_a_named_error(tmp_path, monkeypatch, config, message):
    path = tmp_path / "config.toml"
    if config:
        path.write_text(config)
    monkeypatch.setenv("OPENASSETIO_DEFAULT_CONFIG", str(path))
    with pytest.raises(AssetError, match=message) as caught:
        connect()
    assert str(caught.value).startswith(f"{path}: the asset manager cannot be started")


def test_a_damaged_library_is_a_named_error(library):
    library.path.write_text('{"entities": ')
    with pytest.raises(AssetError, match=r"openassetio\.toml: the asset manager cannot be started"):
        connect()


def test_resolve_prints_what_the_manager_says(scan, capsys):
    assert main(["resolve", "bal:///print"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"bal:///print: {scan.pattern}",
        "  version: 1",
        "  pinned: bal:///print?v=1",
        "  frames: 1-3",
        "  space: ACES2065-1",
    ]


def test_any_verb_takes_a_reference_and_records_its_version(scan, library, tmp_path, capsys):
    library.add("film", traits_of(tmp_path / "film.toml"))
    (tmp_path / "film.toml").write_text('film_title = "Mission Kill"')
    call = ["record", "bal:///print", "--source", "bal:///print", "--provenance=bal:///film"]
    assert main(call) == 0
    said = read_sidecar(tmp_path / "print.provenance.json")
    (source,) = said["elements"]
    assert said["film_title"] == "Mission Kill"
    assert source["entity"] == {"reference": "bal:///print?v=1", "version": "1"}
    assert (source["space"], source["frames"]) == ("ACES2065-1", "1-3")
    text = (tmp_path / "print.provenance.txt").read_text()
    assert "Asset bal:///print?v=1, version 1" in text


def test_another_version_of_the_same_files_gets_a_record_of_its_own(scan, library, tmp_path):
    call = ["record", scan.pattern, "--source", "bal:///print"]
    assert main(call) == 0
    library.add("print", traits_of(scan.pattern, (1, 3)))
    assert main(call) == 0
    (source,) = read_sidecar(tmp_path / "print.provenance.json")["elements"]
    assert source["entity"]["version"] == "2"


def test_frames_follow_from_the_asset_and_a_missing_one_is_named(scan, library, capsys):
    library.add("print", traits_of(scan.pattern, (1, 5), in_out=(2, 4)))
    assert main(["check", "bal:///print"]) == 1
    assert "print.0004.exr: missing (frames missing of 2-4: 4)" in capsys.readouterr().err
    assert main(["check", "bal:///print", "--frames=1-3"]) == 0
    assert main(["check", "bal:///print", "--frames=1-6"]) == 1
    assert "its asset manager says the frames 1-5, but you ask for 6" in capsys.readouterr().err


def test_a_colour_space_follows_from_the_asset_and_must_not_contradict_it(scan, tmp_path, random_model, capsys):
    model = random_model("chroma")

    def render(*more):
        return main(["render", str(model), "bal:///print", str(tmp_path / "out" / "out.####.exr"), *more])

    assert render("--source-space=g24_rec709") == 1
    assert "its asset manager says the colour space 'ACES2065-1', but you say 'g24_rec709'" in capsys.readouterr().err
    # Two names of one space.
    assert render("--source-space=lin_ap0") == 0
    assert render() == 0


def test_a_colour_space_that_nobody_names_is_asked_for(scan, library, tmp_path, random_model, capsys):
    library.add("print", traits_of(scan.pattern, (1, 3)))
    assert main(["render", str(random_model("chroma")), "bal:///print", str(tmp_path / "out.####.exr")]) == 1
    assert "--source-space is missing" in capsys.readouterr().err


@pytest.mark.parametrize("package", ["openassetio", "openassetio_mediacreation"])
def test_a_package_that_is_not_installed_is_named_with_how_to_get_it(library, package):
    code = f"import sys; sys.modules['{package}'] = None; import filmrecovery.cli as c; sys.exit(c.main(['resolve', 'bal:///a']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert 'pip install -c constraints.txt ".[assets]"' in done.stderr

"""Project files that name assets in place of files."""

import logging

import pytest
from asset_library import traits_of

from filmrecovery.assets.held_versions import HeldVersion, write_held
from filmrecovery.base.errors import AssetError, FileError, ModelError, SettingsError
from filmrecovery.film.elements.element import Entity
from filmrecovery.project.load_project import load_project, read_project
from filmrecovery.project.project_assets import pinned_text
from filmrecovery.project.run_project import run_project

PROJECT = """
title = "Mission Kill"
shot = "MK_010"
working_space = "g24_rec709"

[elements.print]
pattern = "bal:///print"

[elements.video]
movie = 'bal:///video'
frames = "1-3"
space = "g24_rec709"

[[stages]]
name = "chroma"
source = "print"
model = "bal:///model" # the newest
"""


@pytest.fixture
def project_file(library, tmp_path):
    """Writes the project, with changes, beside a library that has its assets."""
    library.add("print", traits_of("/scans/print.####.exr", (1, 48), "lin_ap0"))
    library.add("video", traits_of("/scans/video.mkv", (1001, 1048), "g24_rec709"))
    library.add("model", traits_of("/models/chroma.safetensors"))

    def write(*changes):
        text = PROJECT
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "project.toml"
        path.write_text(text)
        return path

    return write


def test_files_frames_and_spaces_follow_from_the_assets(project_file):
    project = load_project(project_file())
    scan, video = project.element("print"), project.elements["video"]
    assert (scan.pattern, scan.frames, scan.space) == ("/scans/print.####.exr", tuple(range(1, 49)), "lin_ap0")
    assert scan.entity == Entity("bal:///print?v=1", "1")
    # Frames of a movie count from 1, whatever they are called elsewhere.
    assert (video.movie, video.frames, video.entity.version) == ("/scans/video.mkv", (1, 2, 3), "1")
    assert str(project.model(project.stages[0])) == "/models/chroma.safetensors"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bal:///print", "bal:///gone", "Entity 'gone' not found"),
        ('"bal:///print"', '"bal:///print"\nframes = "40-50"', "you ask for 49-50"),
        ('"bal:///print"', '"bal:///print"\nspace = "srgb_tx"', "you say 'srgb_tx'"),
        ('"bal:///print"', '"bal:///print"\nentity = { reference = "x" }', "key 'entity'"),
        ('"bal:///print"', '"bal:///video"', "is no sequence"),
    ],
)
def test_what_cannot_be_right_is_an_error_that_names_the_file(project_file, old, new, message):
    path = project_file((old, new))
    with pytest.raises((AssetError, SettingsError), match=message) as caught:
        load_project(path)
    assert str(caught.value).startswith(str(path))


def test_another_name_of_the_same_space_is_no_contradiction(project_file):
    path = project_file(('"bal:///print"', '"bal:///print"\nspace = "ACES2065-1"\nframes = "2-5"'))
    assert load_project(path).element("print").frames == (2, 3, 4, 5)


def test_without_a_manager_the_error_says_what_to_set(project_file, monkeypatch):
    path = project_file()
    monkeypatch.delenv("OPENASSETIO_DEFAULT_CONFIG")
    with pytest.raises(AssetError, match=r"project\.toml: No asset manager is configured: set the variable"):
        load_project(path)


def test_texts_that_name_no_file_stay_as_they_are(project_file):
    path = project_file(('shot = "MK_010"', 'shot = "MK_010"\nprovenance = { source_element = "bal:///print" }'))
    assert load_project(path).provenance.source_element == "bal:///print"


def test_a_later_run_keeps_the_versions_of_the_first(project_file, library):
    path = project_file()
    project, held, _ = read_project(path)
    write_held(project.held_path, held)
    library.add("print", traits_of("/scans/v2/print.####.exr", (1, 48), "lin_ap0"))
    assert load_project(path).element("print").entity == Entity("bal:///print?v=1", "1")
    project.held_path.unlink()
    assert load_project(path).element("print").pattern == "/scans/v2/print.####.exr"


def test_the_copy_of_a_project_names_the_versions_and_keeps_the_rest(project_file, library):
    path = project_file()
    _, held, text = read_project(path)
    copy = path.with_name("copy.toml")
    copy.write_text(pinned_text(text, held, str(path)))
    for name in ("print", "video", "model"):
        library.add(name, traits_of("/newer"))
    assert 'model = "bal:///model?v=1" # the newest' in copy.read_text()
    assert "movie = 'bal:///video?v=1'" in copy.read_text()
    assert load_project(copy).element("print").pattern == "/scans/print.####.exr"


def test_a_run_keeps_the_file_as_it_read_it_though_somebody_edits_it_meanwhile(project_file, caplog):
    path = project_file(('"bal:///model"', '"model.safetensors"'), ("movie = 'bal:///video'", 'pattern = "v.####.png"'))

    class Editor(logging.Handler):
        """Edits the file when its references are resolved."""

        def emit(self, record):
            path.write_text("")

    log, editor = logging.getLogger("filmrecovery.project.project_assets"), Editor()
    log.addHandler(editor)
    try:
        with caplog.at_level("INFO"), pytest.raises(ModelError, match=r"model\.safetensors: there is no such file"):
            run_project(path)
    finally:
        log.removeHandler(editor)
    assert path.read_text() == ""


def test_a_reference_that_is_written_with_escapes_is_refused_and_not_lost():
    text = 'title = "x"\n[elements.print]\npattern = "bal:///pr\\u0069nt"\n[[stages]]\nname = "a"\n'
    with pytest.raises(FileError, match=r"project\.toml: .* bal:///print"):
        pinned_text(text, (HeldVersion("bal:///print", "bal:///print?v=1"),), "project.toml")

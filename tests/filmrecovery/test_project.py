from pathlib import Path

import numpy as np
import pytest

import filmrecovery
from filmrecovery.base.errors import ElementError, FileError, ModelError, OutputError, SettingsError
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.project.check_project import check_project
from filmrecovery.project.load_project import load_project
from filmrecovery.validation.criteria import Criteria

EXAMPLE = Path(filmrecovery.__file__).parent / "project" / "project.example.toml"

PROJECT = """
title = "Mission Kill"
shot = "MK_010"
working_space = "g24_rec709"

[elements.print]
pattern = "scans/print.####.exr"
frames = "1-4"
space = "lin_ap0"

[elements.video]
pattern = "scans/video.####.exr"
frames = "1-3"
space = "g24_rec709"

[[stages]]
name = "plain"
mode = "plain"
source = "print"
reference = "video"
training_frames = "1,3"

[[stages]]
name = "chroma"
mode = "chroma"
source = "plain"
reference = "video"
training_frames = "1"
hold_out_frames = "2"
preview_frames = "4"
train = { size = "small", minutes = 2 }

[merge]
operation = "color"
original = "print"
"""


def project_file(folder, *changes):
    text = PROJECT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "project.toml"
    path.write_text(text)
    return path


def write_elements(folder, shapes=(("print", (12, 16), 4), ("video", (12, 16), 3))):
    for name, (height, width), count in shapes:
        for frame in range(1, count + 1):
            rgb = np.full((height, width, 3), 0.1 * frame, np.float32)
            write_frame(folder / "scans" / f"{name}.{frame:04d}.exr", frame_from_rgb(rgb), "zip")


def test_the_example_is_a_project():
    project = load_project(EXAMPLE)
    assert [stage.name for stage in project.stages] == ["spatial", "chroma"]
    assert project.stages[0].train.minutes == 10
    assert project.element("chroma") == project.recovered
    assert project.recovered.space == "lin_ap0"


@pytest.mark.parametrize(
    ("table", "enabled", "criteria"),
    [
        ("", True, Criteria()),
        ("[validate]\n", True, Criteria()),
        ("[validate]\nmost_outliers = 3\n", True, Criteria(most_outliers=3)),
        ("[validate]\nenabled = false\n", False, Criteria()),
    ],
)
def test_a_project_is_validated_by_its_criteria_unless_it_says_otherwise(tmp_path, table, enabled, criteria):
    project = load_project(project_file(tmp_path, ("[merge]", table + "[merge]")))
    assert (project.validate.enabled, project.validate.criteria) == (enabled, criteria)


def test_paths_are_relative_to_the_project_file(tmp_path, monkeypatch):
    path = project_file(tmp_path, ("minutes = 2", 'start_from = "earlier.safetensors"'))
    monkeypatch.chdir(tmp_path.parent)
    project = load_project(path.relative_to(tmp_path.parent))
    assert project.elements["print"].pattern == str(tmp_path / "scans" / "print.####.exr")
    assert project.output == str(tmp_path / "recovered")
    assert project.stages[1].train.start_from == str(tmp_path / "earlier.safetensors")


def test_an_empty_output_is_the_folder_of_the_project_file(tmp_path):
    project = load_project(project_file(tmp_path, ('shot = "MK_010"', 'shot = "MK_010"\noutput = ""')))
    assert project.folder(project.stages[0]) == tmp_path / project.stages[0].name


def test_a_stage_takes_up_all_frames_of_an_earlier_result_in_the_working_space(tmp_path):
    project = load_project(project_file(tmp_path))
    result = project.element("plain")
    assert result.pattern == str(tmp_path / "recovered" / "plain" / "frames" / "MK_010_plain.####.exr")
    assert (result.frames, result.space) == ((1, 2, 3, 4), "g24_rec709")
    # A merge follows: what the last stage gives is not delivered yet.
    assert project.element("chroma").space == "g24_rec709"
    assert project.recovered.pattern == str(tmp_path / "recovered" / "delivery" / "MK_010_recovered.####.exr")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('shot = "MK_010"', "shot = MK_010", "line 3"),
        ('shot = "MK_010"', "", "key 'shot' is missing"),
        ("[merge]", '[provenance]\nshot = "MK_020"\n[merge]', "provenance, key 'shot': the project's 'shot' is taken"),
        ("[merge]", '[provenance]\ndigital_source_type = "film"\n[merge]', "'film' is not one of composite"),
        ('shot = "MK_010"', "shot = 10", "key 'shot': 10 is not a text"),
        ('shot = "MK_010"', 'shot = "../MK#"', "'../MK#' is not a name"),
        ("title =", "tilte =", "unknown key 'tilte'"),
        ("g24_rec709", "g24rec709", "element 'print': colour space 'g24rec709' .* near names: g24_rec709"),
        ("[elements.print]", "[element.print]", "unknown key 'element'"),
        ("[elements.print]", "elements.scan = 1\n[elements.print]", r"elements\.scan: 1 is not a table"),
        ('frames = "1-4"', "", r"elements\.print: key 'frames' is missing"),
        ('frames = "1-4"', 'frames = "4-1"', r"elements\.print, key 'frames': frames '4-1'"),
        ("print.####", "print", r"elements\.print: .* needs one placeholder"),
        ("[elements.print]", '[elements.print]\nname = "reel 2"', "element 'print', key 'name': the table's own name"),
        ("[[stages]]", "[stages]", "Cannot declare"),
        ("training_frames", "trainig_frames", "stages number 1: unknown key 'trainig_frames'"),
        ("minutes = 2", "minute = 2", "stages number 2, train: unknown key 'minute'"),
        ("minutes = 2", 'minutes = "2"', "stages number 2, train, key 'minutes': '2' is not a number"),
        ('mode = "plain"', "", "stage 'plain': key 'mode' is missing"),
        ('mode = "plain"', 'model = "x"', "stage 'plain': key 'reference' is for training"),
        ('mode = "plain"', 'mode = "plain"\nmedian = 3', "stage 'plain': median 3 in plain mode"),
        ('mode = "plain"', 'mode = "plain"\nclean = { median = 3 }', "stage 'plain': cleaning of the source in plain"),
        ('mode = "chroma"', 'mode = "chroma"\nclean = { degrain = 3 }', "stages number 2, clean, key 'degrain': 3"),
        (
            'mode = "plain"',
            'mode = "plain"\nbalance = { source_space = "" }',
            "number 1, balance: unknown key 'source_s",
        ),
        ('mode = "plain"', 'mode = "plain"\nbalance = true', "number 1, balance: True is not a table"),
        ('name = "plain"', 'name = "print"', "stage 'print': the name is taken"),
        ('name = "plain"', 'name = "delivery"', "stage 'delivery': the name is taken"),
        (
            'source = "print"',
            'source = "chroma"',
            "stage 'plain': key 'source': 'chroma' is no element or earlier stage",
        ),
        ('reference = "video"', 'reference = "dvd"', "key 'reference': 'dvd' is no element"),
        ('source = "plain"', 'source = "print"', "stage 'plain': no later stage takes up its result"),
        ('"1,3"', '"1,4"', "stage 'plain': key 'training_frames': 'video' has the frames 1-3, but not 4"),
        ('"1,3"', '""', "stage 'plain': key 'training_frames' is missing"),
        ('preview_frames = "4"', 'preview_frames = "5"', "key 'preview_frames': 'print|plain' has the frames 1-4"),
        ('preview_frames = "4"', 'preview_frames = "2"', "frame 2 is one of hold_out_frames already"),
        ('original = "print"', 'original = "video"', "merge: 'video' has the frames 1-3, but not 4"),
        ('original = "print"', 'original = "chroma"', "merge: key 'original': 'chroma' is no element"),
        ("[merge]", "[validate]\nmost_flickr = 1.0\n[merge]", "validate: unknown key 'most_flickr'"),
        ("[merge]", "[validate]\nmost_flicker = -1.0\n[merge]", "validate, key 'most_flicker': -1.0 is below"),
        ("[merge]", '[delivery]\nspace = "aces"\n[merge]', "delivery: colour space 'aces'"),
        ("[merge]", '[delivery]\nspace = "lin_ap1"\nencoding = "aces"\n[merge]', "delivery: encoding 'aces'"),
        (
            "[merge]",
            'doubt = true\n[delivery]\nencoding = "aces"\n[merge]',
            "delivery: key 'encoding': 'aces' holds .* not the doubt of the stage 'chroma'",
        ),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path, old, new, message):
    path = project_file(tmp_path, (old, new))
    with pytest.raises((SettingsError, FileError), match=message) as raised:
        load_project(path)
    assert str(raised.value).startswith(str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no such file"), (b"title = '\xe9'", "in TOML .*line 1 is not in UTF-8")],
)
def test_a_file_that_is_no_project_is_told(tmp_path, content, message):
    path = tmp_path / "project.toml"
    if content:
        path.write_bytes(content)
    with pytest.raises(FileError, match=message):
        load_project(path)


def test_elements_that_fit_pass(tmp_path):
    write_elements(tmp_path)
    check_project(load_project(project_file(tmp_path)))


def test_missing_and_damaged_frames_are_told_with_their_element(tmp_path):
    write_elements(tmp_path)
    project = load_project(project_file(tmp_path))
    (tmp_path / "scans" / "video.0001.exr").unlink()
    # No pair is made of this frame, but it is to be recovered.
    damaged = tmp_path / "scans" / "print.0004.exr"
    damaged.write_bytes(damaged.read_bytes()[:-40])
    with pytest.raises(ElementError, match=r"(?s)element 'print': .*print\.0004\.exr"):
        check_project(project)
    write_elements(tmp_path, [("print", (12, 16), 4)])
    with pytest.raises(ElementError, match=r"(?s)element 'video': .*video\.0001\.exr.*frame 1"):
        check_project(project)


def test_elements_of_other_sizes_are_told(tmp_path):
    write_elements(tmp_path, [("print", (12, 16), 4), ("video", (12, 20), 3)])
    with pytest.raises(ElementError, match=r"video\.####\.exr: 20x12 pixels; expected 16x12"):
        check_project(load_project(project_file(tmp_path)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("minutes = 2", 'start_from = "earlier.safetensors"'),
        (
            'mode = "plain"\nsource = "print"\nreference = "video"\ntraining_frames = "1,3"',
            'source = "print"\nmodel = "earlier.safetensors"',
        ),
    ],
)
def test_a_model_that_is_not_there_is_told(tmp_path, old, new):
    write_elements(tmp_path)
    with pytest.raises(ModelError, match=r"stage '\w+': .*earlier\.safetensors"):
        check_project(load_project(project_file(tmp_path, (old, new))))


def test_results_never_overwrite_an_element(tmp_path):
    path = project_file(tmp_path, ("scans/print.####.exr", "recovered/delivery/MK_010_recovered.####.exr"))
    with pytest.raises(OutputError, match="would overwrite its own input"):
        check_project(load_project(path))

"""A raw reference in a project: matched, aligned and cropped by itself, and frames chosen."""

import contextlib
import io
import json
import logging
import shutil

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.film.elements.frame_numbers import parse_frames
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.colour import converter
from filmrecovery.picture.luma import chroma
from filmrecovery.project.load_project import load_project
from filmrecovery.project.run_project import run_project
from filmrecovery.reference.alignment.alignment_file import read_alignment
from filmrecovery.reference.curation.selection_file import read_selection
from filmrecovery.reference.curation.shared_crop import read_crop
from filmrecovery.reference.matching.frame_match import read_matches
from filmrecovery.training.pairs.load_pairs import load_pairs
from filmrecovery.training.pairs.pair_manifest import read_manifest
from filmrecovery.validation.validation_record import read_validation

WIDTH, HEIGHT = 256, 192
FRAMES = range(1, 13)
FIRST_REFERENCE = 501
BORDER = 16
SHIFT = (7, 4)
EARLIER = 2  # frames of the reference before the first of the source

PROJECT = """
title = "Balloons"
shot = "B_010"
working_space = "srgb_tx"

[elements.print]
pattern = "scans/print.####.exr"
frames = "1-12"
space = "srgb_tx"

[elements.video]
pattern = "scans/video.####.exr"
frames = "501-516"
space = "srgb_tx"

[[stages]]
name = "chroma"
mode = "chroma"
source = "print"
reference = "video"
median = 0
align = { model = "translate" }
train = { size = "small", steps = 2, patch_size = 64, batch_size = 1 }
"""


@pytest.fixture(scope="module")
def ground():
    """A textured plane (height, width, 3) in 0..1 that the camera pans over."""
    random = np.random.default_rng(5)
    layers = [
        gaussian_filter(random.standard_normal((HEIGHT + 120, WIDTH + 300, 3)), (size, size, 0)) * size
        for size in (1.5, 4, 12)
    ]
    plane = np.sum(layers, axis=0)
    return np.clip(0.5 + 0.16 * plane / plane.std(), 0, 1).astype(np.float32)


def seen(ground, moment, right=0, down=0):
    """The picture at a moment of the film, in frames of the source: it goes on in uneven steps.

    `right` and `down` are how far it is framed from where the source frames it.
    """
    left = round(60 + 9 * moment + 12 * np.sin(2.1 * moment)) + right
    top = round(40 + 12 * np.cos(1.3 * moment)) + down
    return ground[top : top + HEIGHT, left : left + WIDTH]


def write_scans(folder, ground):
    """A faded print, and a video of other numbers that shows more at the left and the bottom, and a black border."""
    for frame in FRAMES:
        rgb = 0.3 + 0.5 * seen(ground, frame) ** 1.3 * np.array([1.0, 0.5, 0.6])
        write_frame(folder / "scans" / f"print.{frame:04d}.exr", frame_from_rgb(rgb.astype(np.float32)), "float")
    for index in range(len(FRAMES) + 4):
        rgb = seen(ground, index + 1 - EARLIER, -SHIFT[0], SHIFT[1]).copy()
        rgb[:, :BORDER] = 0
        path = folder / "scans" / f"video.{FIRST_REFERENCE + index:04d}.exr"
        write_frame(path, frame_from_rgb(rgb), "float")
    (folder / "project.toml").write_text(PROJECT)
    return folder


@pytest.fixture
def scans(tmp_path, ground):
    return write_scans(tmp_path, ground)


@pytest.fixture(scope="module")
def recovery(tmp_path_factory, ground):
    """The folder of a project that was run once, what it delivered, and what it printed."""
    folder = write_scans(tmp_path_factory.mktemp("recovery"), ground)
    (folder / "project.toml").write_text(f"{PROJECT}[validate]\nenabled = false\n")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        delivered = run_project(folder / "project.toml")
    return folder, delivered, printed.getvalue()


@pytest.mark.slow
def test_a_raw_reference_is_made_ready_and_learnt_from(recovery, ground):
    scans, delivered, printed = recovery
    prepared = scans / "recovered" / "chroma" / "reference"

    rows = json.loads((prepared / "matches.json").read_text())["matches"]
    assert [row["reference"] for row in rows] == [frame + FIRST_REFERENCE - 1 + EARLIER for frame in FRAMES]
    crop = json.loads((prepared / "crop.json").read_text())
    assert 0 <= crop["x0"] - (BORDER - SHIFT[0]) <= 4
    assert 0 <= crop["y0"] - SHIFT[1] <= 4
    assert 0 <= WIDTH - SHIFT[0] - crop["x1"] <= 4

    manifest = read_manifest(scans / "recovered" / "chroma" / "pairs")
    assert all(record.alignment_confidence > 0.5 for record in manifest.pairs)
    pairs = load_pairs(scans / "recovered" / "chroma" / "pairs")
    assert {1, 12} <= {pair.frame for pair in pairs if pair.role == "train"}
    assert any(pair.role == "hold-out" for pair in pairs)
    for pair in pairs:
        if pair.role != "preview":
            truth = seen(ground, pair.frame)[crop["y0"] : crop["y1"], crop["x0"] : crop["x1"]]
            assert np.abs(chroma(pair.target) - chroma(truth)).mean() < 0.02

    source = read_frame(scans / "scans" / "print.0005.exr").rgb
    recovered = read_frame(delivered.path(5)).rgb
    assert recovered.shape == source.shape
    inside = np.zeros(source.shape[:2], bool)
    inside[crop["y0"] : crop["y1"], crop["x0"] : crop["x1"]] = True
    to_output = converter("srgb_tx", "lin_ap0")
    difference = np.abs(recovered - to_output(source)).max(axis=-1)
    # What the reference does not show is recovered too.
    assert difference[inside].max() > 1e-3
    assert difference[~inside].max() > 1e-3
    assert "shared crop" in printed


@pytest.mark.slow
def test_the_second_call_makes_nothing_ready_again(recovery):
    scans = recovery[0]
    prepared = scans / "recovered" / "chroma" / "reference"
    written = {path.name: path.stat().st_mtime_ns for path in prepared.iterdir()}
    hashes = read_manifest(scans / "recovered" / "chroma" / "pairs")
    run_project(scans / "project.toml")
    assert {path.name: path.stat().st_mtime_ns for path in prepared.iterdir()} == written
    assert read_manifest(scans / "recovered" / "chroma" / "pairs") == hashes


@pytest.mark.slow
def test_a_corrected_match_survives_that_the_project_is_copied_elsewhere(recovery, tmp_path, caplog):
    folder = tmp_path / "shot"
    shutil.copytree(recovery[0], folder, copy_function=shutil.copyfile)
    prepared = folder / "recovered" / "chroma" / "reference"
    content = json.loads((prepared / "matches.json").read_text())
    content["matches"][4]["reference"] = None
    (prepared / "matches.json").write_text(json.dumps(content))

    current = set()
    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.INFO):
            run_project(folder / "project.toml")
        current = {message.partition(": is current")[0] for message in caplog.messages if "is current" in message}
        assert str(prepared / "matches.json") in current
        assert read_matches(prepared / "matches.json")[4].reference is None
        # What follows from the matches follows the correction.
        assert 5 not in [frame.source for frame in read_alignment(prepared / "alignment.json").frames]
    assert {str(prepared / f"{name}.json") for name in ("alignment", "crop", "selection")} <= current


@pytest.mark.slow
def test_outliers_are_selected_and_learnt_from_where_the_reference_lies_well(scans, caplog):
    # Frames near the end have no ground truth, and nothing is so near to its neighbours as this asks for.
    text = PROJECT.replace("501-516", "501-512")
    strict = "most_sudden_shift = 0.0\ndeviations = 0.0\noutlier_distance = 1\nmost_outliers = 12"
    (scans / "project.toml").write_text(f"{text}[validate]\n{strict}\n")
    run_project(scans / "project.toml")
    stage = scans / "recovered" / "chroma"
    before, verdict = read_validation(stage / "report" / "report.json")
    assert before.crop == read_manifest(stage / "pairs").recipe.crop
    assert {11, 12} & set(parse_frames(verdict.outliers))

    with caplog.at_level(logging.INFO):
        run_project(scans / "project.toml", outliers=True)
    assert "left out, no frame of the reference lies well over them" in caplog.text
    roles = {role.frame: role for role in read_selection(stage / "reference" / "selection.json").roles}
    added = set(parse_frames(json.loads((stage / "outliers.json").read_text())["rounds"][0]["frames"]))
    assert {frame for frame, role in roles.items() if role.reason == "outlier that was asked for"} == added
    assert added <= set(parse_frames(verdict.outliers)) - {11, 12}
    after, _ = read_validation(stage / "report" / "report.json")
    assert set(parse_frames(after.training_frames)) == added | set(parse_frames(before.training_frames))
    assert [one.frame for one in after.hold_outs] == [one.frame for one in before.hold_outs]


@pytest.mark.slow
def test_a_frame_that_the_reference_does_not_show_cannot_be_trained_on(scans):
    text = PROJECT.replace("501-516", "501-511").replace("median = 0", 'median = 0\ntraining_frames = "1,12"')
    (scans / "project.toml").write_text(text)
    with pytest.raises(ElementError, match=r"video.* frames? 12\b.*[Cc]hoose other"):
        run_project(scans / "project.toml")


@pytest.mark.slow
def test_a_donor_of_other_numbers_and_framing_gives_the_channel_that_the_reference_lost(tmp_path, ground):
    write_scans(tmp_path, ground)
    # The blue of the video has gone. The other copy has it, ends a frame earlier, and its right edge is black.
    for index in range(16):
        moment = index - 1
        rgb = seen(ground, moment, -7, 4).copy()
        rgb[..., 2] = 0.35 + 0.1 * rgb[..., 1]
        write_frame(tmp_path / "scans" / f"video.{FIRST_REFERENCE + index:04d}.exr", frame_from_rgb(rgb), "float")
        if index < 13:
            rgb = seen(ground, moment, 5, -3).copy() * [0.5, 0.7, 1.0]
            rgb[:, -20:] = 0
            write_frame(tmp_path / "scans" / f"copy.{index:04d}.exr", frame_from_rgb(rgb.astype(np.float32)), "float")
    text = PROJECT.replace("median = 0", 'median = 0\nparts = { blue = "copy" }')
    text += '[elements.copy]\npattern = "scans/copy.####.exr"\nframes = "0-12"\nspace = "srgb_tx"\n'
    (tmp_path / "project.toml").write_text(f"{text}[validate]\nenabled = false\n")
    run_project(tmp_path / "project.toml")

    prepared = tmp_path / "recovered" / "chroma" / "reference"
    crop = read_crop(prepared / "crop.json")
    own = read_crop(prepared / "copy" / "crop.json")
    assert crop.x1 <= own.x1 <= WIDTH - 20 + 5
    assert crop.y1 <= HEIGHT - 4
    roles = read_selection(prepared / "selection.json").roles
    # The last frame of the source is lacking in the other copy.
    assert next(role for role in roles if role.frame == 12).role != "train"
    pairs = [pair for pair in load_pairs(prepared.parent / "pairs") if pair.role != "preview"]
    for pair in pairs:
        truth = seen(ground, pair.frame)[crop.y0 : crop.y1, crop.x0 : crop.x1]
        assert np.abs(chroma(pair.target) - chroma(truth)).mean() < 0.02
    described = (tmp_path / "recovered" / "delivery" / "B_010_recovered.provenance.txt").read_text()
    assert "copy" in described


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('align = { model = "translate" }', "", "key 'training_frames' is missing; name frames, or let them be chosen"),
        ('align = { model = "translate" }', 'training_frames = "1"\ncrop = {}', "key 'crop' works only with 'align'"),
        ("median = 0", 'median = 0\ntraining_frames = "1"\nselect = {}', "key 'select' chooses frames"),
        ("median = 0", 'mask = { boxes = "12" }', r"stage 'chroma': key 'mask': box '12': expected frames and edges"),
        ("median = 0", 'parts = { blue = "nobody" }', r"stage 'chroma': key 'parts\.blue': 'nobody' is no element"),
        ('"translate"', '"translate", source_space = "lin_ap0"', "align: unknown key 'source_space'"),
        ('"translate"', '"translate", working_space = "g24_rec709"', "'align': the project's 'working_space' is taken"),
    ],
)
def test_keys_that_do_not_go_together_are_told(tmp_path, old, new, message):
    (tmp_path / "project.toml").write_text(PROJECT.replace(old, new))
    with pytest.raises(SettingsError, match=message):
        load_project(tmp_path / "project.toml")

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO
import pytest

from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.cli import main
from filmrecovery.delivering.deliver import deliver
from filmrecovery.delivering.deliver_settings import DeliverSettings
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.frames.frame import Frame
from filmrecovery.film.frames.frame_seal import is_as_written
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.model_header import read_model_header
from filmrecovery.picture.aces import AP0_CHROMATICITIES
from filmrecovery.picture.colour import converter
from filmrecovery.provenance.header_keys import header_keys
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.provenance.seal import verify

SETTINGS = DeliverSettings(film="Mission Kill", shot="MK_010", masters="zip,dwaa,aces", review="png")
LONG_NAME = "a name of more than thirty-one characters"
PATCHES = ((0.8, 0.2, 0.1), (0.1, 0.7, 0.2), (0.2, 0.3, 0.8))
"""Display-referred colours, sRGB, of which a recovered frame has one each."""


@pytest.fixture
def model(random_model):
    return random_model("chroma", training_date="2026-11-20")


@pytest.fixture
def recovered(model, tmp_path):
    """Three recovered frames of ACES2065-1 with alpha, an infrared channel, a data window and their provenance."""
    to_ap0 = converter("srgb_tx", "lin_ap0")
    keys = header_keys(ProvenanceSettings(film_title="Mission Kill"), [read_model_header(model)], "2026-11-21")
    for frame, patch in enumerate(PATCHES, start=1):
        spec = OpenImageIO.ImageSpec(40, 30, 5, OpenImageIO.FLOAT)
        spec.x, spec.y, spec.full_width, spec.full_height = 4, 2, 48, 34
        for name, value in (keys | {LONG_NAME: "kept"}).items():
            spec.attribute(name, value)
        rgb = to_ap0(np.full((30, 40, 3), patch, np.float32))
        pixels = np.concatenate([rgb, np.full((30, 40, 2), (1.0, 0.25), np.float32)], axis=-1)
        write_frame(
            tmp_path / "recovered" / f"out.{frame:04d}.exr", Frame(pixels, ("R", "G", "B", "A", "IR"), spec), "zip"
        )
    return find_element(str(tmp_path / "recovered" / "out.####.exr"), space="lin_ap0")


@pytest.fixture
def name(model):
    return f"chroma-{read_model_header(model)['weights_hash'][:8]}"


def files_of(folder):
    """Time of modification and content of each file."""
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def test_names_carry_film_shot_version_and_model(recovered, model, name, tmp_path):
    report = tmp_path / "report"
    (report / "pictures").mkdir(parents=True)
    (report / "report.json").write_text("{}")
    (report / "pictures" / "worst.png").write_bytes(b"picture")
    folder = deliver(SETTINGS, recovered, tmp_path / "out", [model], reports=[report])
    assert folder == tmp_path / "out" / "Mission_Kill_MK_010_v001"
    base = f"Mission_Kill_MK_010_v001_{name}"
    frames = [f"{base}.{frame:04d}" for frame in (1, 2, 3)]
    masters = [
        f"masters/{preset}/{file}"
        for preset in ("zip", "dwaa", "aces")
        for file in (*(f"{frame}.exr" for frame in frames), f"{base}.provenance.json", f"{base}.provenance.txt")
    ]
    others = ["delivery.json", "report/report.json", "report/pictures/worst.png"]
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {path for path in found if not path.startswith("ascmhl/")} == {
        *masters,
        *others,
        *(f"review/{frame}.png" for frame in frames),
    }


def test_reports_of_several_models_lie_in_folders_of_their_own(recovered, model, tmp_path):
    reports = [tmp_path / mode / "report" for mode in ("spatial", "chroma")]
    for report in reports:
        report.mkdir(parents=True)
        (report / "report.html").write_text(report.parent.name)
    settings = dataclasses.replace(SETTINGS, masters="zip", review="none")
    folder = deliver(settings, recovered, tmp_path / "out", [model], reports=reports)
    assert (folder / "report" / "1" / "report.html").read_text() == "spatial"
    assert (folder / "report" / "2" / "report.html").read_text() == "chroma"


@pytest.mark.parametrize(
    ("film", "shot", "expected"),
    [
        ("../Rebelión: de/Tapadas?", "R 1", "Rebelión_de_Tapadas_R_1_v001"),
        ("Rebelio\u0301n", ".hidden.####", "Rebelión_hidden_v001"),
    ],
)
def test_names_are_safe_for_files(film, shot, expected, recovered, model, tmp_path):
    settings = dataclasses.replace(SETTINGS, film=film, shot=shot, masters="zip", review="none")
    assert deliver(settings, recovered, tmp_path / "out", [model]) == tmp_path / "out" / expected


@pytest.mark.parametrize(
    ("preset", "compression", "channels", "container"),
    [("zip", "zip", "RGBA+IR", 0), ("dwaa", "dwaa", "RGBA+IR", 0), ("aces", "none", "RGBA", 1)],
)
def test_masters_read_back_as_what_they_are(preset, compression, channels, container, recovered, model, name, tmp_path):
    folder = deliver(SETTINGS, recovered, tmp_path / "out", [model])
    path = folder / "masters" / preset / f"Mission_Kill_MK_010_v001_{name}.0001.exr"
    image = OpenImageIO.ImageInput.open(str(path))
    spec = image.spec()
    assert [str(spec.channelformat(position)) for position in range(3)] == ["half"] * 3
    if container:
        assert str(spec.format) == "half"
    assert spec.get_string_attribute("compression").startswith(compression)
    assert spec.channelnames == (("R", "G", "B", "A", "IR") if channels == "RGBA+IR" else ("R", "G", "B", "A"))
    assert spec.get_int_attribute("acesImageContainerFlag") == container
    np.testing.assert_allclose(spec.getattribute("chromaticities"), AP0_CHROMATICITIES, atol=1e-6)
    assert (spec.x, spec.y, spec.full_width, spec.full_height) == (4, 2, 48, 34)
    for key in ("MLProcessing", "RecoveryType", "ModelCheckpoint", "FilmTitle", "ProcessingDate"):
        assert spec.get_string_attribute(key) == read_header(recovered.path(1)).get_string_attribute(key) != ""

    written, original = read_frame(path), read_frame(recovered.path(1))
    np.testing.assert_allclose(written.rgb, original.rgb, rtol=0.0 if preset != "dwaa" else 0.01)
    np.testing.assert_array_equal(written.pixels[..., 3], 1.0)
    # Bit 10 of the version stands for long names, which an ACES container may not have.
    assert (path.read_bytes()[5] & 0x04 == 0) == (preset == "aces")
    assert spec.get_string_attribute(LONG_NAME) == ("" if preset == "aces" else "kept")


def test_masters_are_aces2065_1_where_the_recovery_is_in_another_space(recovered, model, tmp_path):
    settings = dataclasses.replace(SETTINGS, masters="zip", review="none")
    folder = deliver(settings, dataclasses.replace(recovered, space="srgb_tx"), tmp_path / "out", [model])
    (path,) = folder.glob("masters/zip/*.0003.exr")
    expected = converter("srgb_tx", "lin_ap0")(read_frame(recovered.path(3)).rgb)
    np.testing.assert_allclose(read_frame(path).rgb, expected, rtol=1e-3)


def test_review_frames_have_the_colours_that_the_display_transform_gives(recovered, model, tmp_path):
    folder = deliver(SETTINGS, recovered, tmp_path / "out", [model])
    for frame, patch in enumerate(PATCHES, start=1):
        (path,) = folder.glob(f"review/*.{frame:04d}.png")
        picture = read_frame(path).rgb
        assert picture.shape == (34, 48, 3)
        np.testing.assert_allclose(picture[10, 10], patch, atol=2e-3)
        np.testing.assert_array_equal(picture[:2], 0.0)

    other = dataclasses.replace(SETTINGS, display="Rec.1886 Rec.709 - Display", width=24)
    (path, *_) = sorted(deliver(other, recovered, tmp_path / "out", [model]).glob("review/*.png"))
    picture = read_frame(path).rgb
    assert picture.shape == (17, 24, 3)
    linear = ((np.array(PATCHES[0]) + 0.055) / 1.055) ** 2.4
    np.testing.assert_allclose(picture[8, 12], linear ** (1 / 2.4), atol=2e-3)


def test_the_movie_shows_the_colours_and_says_by_which_matrix(recovered, model, tmp_path):
    settings = dataclasses.replace(SETTINGS, masters="zip", review="mp4", rate=25.0)
    folder = deliver(settings, recovered, tmp_path / "out", [model])
    (path,) = folder.glob("review/*.mp4")
    movie = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    assert movie.get(cv2.CAP_PROP_FPS) == 25.0
    for patch in PATCHES:
        read, picture = movie.read()
        assert read
        assert picture.shape == (34, 48, 3)
        np.testing.assert_allclose(picture[16, 24, ::-1] / 255.0, patch, atol=0.03)
    assert not movie.read()[0]
    # ISO/IEC 14496-12: unspecified primaries and curve, the matrix of BT.601, limited range.
    assert b"\0\0\0\x13colrnclx\0\2\0\2\0\6\0" in path.read_bytes()


def test_a_movie_is_reduced_and_odd_sizes_are_taken(recovered, model, tmp_path):
    settings = dataclasses.replace(SETTINGS, masters="zip", review="mp4", width=33)
    folder = deliver(settings, recovered, tmp_path / "out", [model])
    (path,) = folder.glob("review/*.mp4")
    movie = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    assert (movie.get(cv2.CAP_PROP_FRAME_WIDTH), movie.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (32, 22)


def test_the_same_call_finds_the_delivery_whole_and_other_inputs_get_the_next_version(recovered, model, tmp_path):
    out = tmp_path / "out"
    first = deliver(SETTINGS, recovered, out, [model])
    before = files_of(first)
    assert deliver(SETTINGS, recovered, out, [model]) == first
    assert deliver(dataclasses.replace(SETTINGS, version=1), recovered, out, [model]) == first
    assert files_of(first) == before

    second = deliver(dataclasses.replace(SETTINGS, masters="aces"), recovered, out, [model])
    assert second.name == "Mission_Kill_MK_010_v002"
    frame = read_frame(recovered.path(2))
    write_frame(recovered.path(2), frame.with_rgb(frame.rgb * 0.5), "zip")
    assert deliver(SETTINGS, recovered, out, [model]).name == "Mission_Kill_MK_010_v003"
    assert files_of(first) == before


def test_a_version_that_holds_something_else_is_refused_and_left(recovered, model, tmp_path):
    out = tmp_path / "out"
    first = deliver(SETTINGS, recovered, out, [model])
    foreign = out / "Mission_Kill_MK_010_v007" / "notes.txt"
    foreign.parent.mkdir()
    foreign.write_text("of somebody")
    before = files_of(out)
    other = dataclasses.replace(SETTINGS, masters="aces")
    for version in (1, 7):
        with pytest.raises(OutputError, match=rf"MK_010_v00{version}: holds another delivery"):
            deliver(dataclasses.replace(other, version=version), recovered, out, [model])
    assert files_of(out) == before
    assert deliver(other, recovered, out, [model]).name == "Mission_Kill_MK_010_v008"
    assert first.is_dir()


def test_an_interrupted_delivery_goes_on_frame_by_frame(recovered, model, tmp_path):
    out = tmp_path / "out"
    folder = deliver(SETTINGS, recovered, out, [model])
    whole = files_of(folder)
    # As a kill leaves it: no seal or one that was not ended, some frames missing, temporary files.
    (folder / "ascmhl" / "ascmhl_chain.xml").unlink()
    lost = [*folder.glob("masters/aces/*.000[23].exr"), *folder.glob("review/*.0002.png"), *folder.rglob("*.txt")]
    for path in lost:
        path.unlink()
    leftover = folder / "masters" / "zip" / ".Mission_Kill.0002.0123abcd.exr"
    leftover.write_bytes(b"cut short")

    assert deliver(SETTINGS, recovered, out, [model]) == folder
    assert not leftover.exists()
    assert len(list((folder / "ascmhl").glob("*.mhl"))) == 1
    assert verify(folder).lines() == []
    found = {path: time for path, (time, _) in files_of(folder).items() if path.parent.name != "ascmhl"}
    before = {path: time for path, (time, _) in whole.items() if path.parent.name != "ascmhl"}
    assert found.keys() == before.keys()
    assert {path for path, time in found.items() if time != before[path]} == set(lost)


def test_a_folder_without_record_is_taken_again_after_a_kill(recovered, model, tmp_path):
    leftover = tmp_path / "out" / "Mission_Kill_MK_010_v001" / ".delivery.0123abcd.json"
    leftover.parent.mkdir(parents=True)
    leftover.write_text("{")
    folder = deliver(SETTINGS, recovered, tmp_path / "out", [model])
    assert folder == leftover.parent
    assert not leftover.exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
def test_a_kill_leaves_no_half_written_frame_and_the_same_command_goes_on(recovered, model, tmp_path):
    for number in range(4, 60):
        os.link(recovered.path(1), recovered.path(number))
    arguments = ["deliver", recovered.pattern, str(tmp_path / "out"), "--model", str(model), "--masters", "zip,aces"]
    arguments += ["--film", "Mission Kill", "--shot", "MK_010", "--review", "mp4"]
    process = subprocess.Popen([sys.executable, "-m", "filmrecovery", *arguments], stderr=subprocess.PIPE)
    folder = tmp_path / "out" / "Mission_Kill_MK_010_v001"
    while not list(folder.glob("masters/aces/[!.]*.exr")) and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 130
    finished = {path: time for path, (time, _) in files_of(folder).items()}
    assert not (folder / "ascmhl").exists()
    assert not [path for path in finished if path.name.startswith(".")]

    assert main(arguments) == 0
    assert len(list(folder.glob("masters/*/*.exr"))) == 2 * 59
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert main(["verify", str(folder)]) == 0


def test_a_master_that_somebody_changed_is_not_overwritten(recovered, model, tmp_path):
    folder = deliver(SETTINGS, recovered, tmp_path / "out", [model])
    (folder / "ascmhl" / "ascmhl_chain.xml").unlink()
    (path,) = folder.glob("masters/zip/*.0002.exr")
    path.write_bytes(b"of somebody")
    with pytest.raises(OutputError, match=r"0002\.exr: is not the frame that this delivery wrote"):
        deliver(SETTINGS, recovered, tmp_path / "out", [model])
    assert path.read_bytes() == b"of somebody"


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_a_master_that_was_damaged_before_the_seal_is_written_again(recovered, model, tmp_path, caplog):
    folder = deliver(SETTINGS, recovered, tmp_path / "out", [model])
    (folder / "ascmhl" / "ascmhl_chain.xml").unlink()
    (path,) = folder.glob("masters/zip/*.0002.exr")
    whole = path.read_bytes()
    flip_a_bit(path)
    deliver(SETTINGS, recovered, tmp_path / "out", [model])
    assert len(path.read_bytes()) == len(whole)
    assert is_as_written(path)
    assert f"{path}: is damaged" in caplog.text


def test_a_recovered_frame_of_which_a_bit_of_the_header_flipped_is_not_delivered(recovered, model, tmp_path):
    path = recovered.path(2)
    path.write_bytes(path.read_bytes().replace(b"Mission Kill", b"Mission Kilm"))
    # It is a picture all the same.
    read_frame(path)
    with pytest.raises(ElementError, match=r"(?s)make them again.*out\.0002\.exr: is damaged"):
        deliver(SETTINGS, recovered, tmp_path / "out", [model])
    assert not list(tmp_path.glob("out/**/*.exr"))


def test_the_seal_finds_a_flipped_byte(recovered, model, tmp_path):
    folder = deliver(SETTINGS, recovered, tmp_path / "out", [model])
    assert verify(folder).lines() == []
    (path,) = folder.glob("masters/aces/*.0002.exr")
    flip_a_bit(path)
    assert verify(folder).changed == (path.relative_to(folder).as_posix(),)
    with pytest.raises(ElementError, match=r"is not as it was sealed.*\n.*changed: masters/aces/.*0002\.exr"):
        deliver(SETTINGS, recovered, tmp_path / "out", [model])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"masters": "zip,tiff"}, "'tiff' is not one of zip, dwaa, aces"),
        ({"masters": ""}, "'' is not one of zip, dwaa, aces"),
        ({"film": "?!"}, r"film '\?!': holds no letter"),
        ({"display": "CRT"}, "'CRT' is no display in the config .*; expected one of sRGB - Display"),
        ({"view": "Nice"}, "'Nice' is no view of the display 'sRGB - Display' .*Un-tone-mapped"),
    ],
)
def test_wrong_settings_are_told_before_anything_is_written(changes, message, recovered, model, tmp_path):
    with pytest.raises(SettingsError, match=message):
        deliver(dataclasses.replace(SETTINGS, **changes), recovered, tmp_path / "out", [model])
    assert not (tmp_path / "out").exists()


def test_an_unknown_space_of_the_recovery_is_told_before_anything_is_written(recovered, model, tmp_path):
    with pytest.raises(SettingsError, match="colour space 'ap9' is not in the config"):
        deliver(SETTINGS, dataclasses.replace(recovered, space="ap9"), tmp_path / "out", [model])
    assert not (tmp_path / "out").exists()


def test_models_that_did_not_make_the_frames_are_refused(recovered, random_model, tmp_path):
    with pytest.raises(SettingsError, match=r"out\.0001\.exr: was made by models with the weights"):
        deliver(SETTINGS, recovered, tmp_path / "out", [random_model("chroma", seed=1)])
    with pytest.raises(SettingsError, match="no model is named"):
        deliver(SETTINGS, recovered, tmp_path / "out", [])


def test_the_verb_delivers_with_elements_and_provenance(recovered, model, tmp_path, capsys):
    people = tmp_path / "provenance.toml"
    people.write_text('institution = "Film archive"\n')
    arguments = ["deliver", recovered.pattern, str(tmp_path / "out"), "--film", "Mission Kill", "--shot", "MK_010"]
    arguments += ["--model", str(model), "--source", recovered.pattern, "--provenance", str(people), "--frames", "1-2"]
    assert main([*arguments, "--masters", "aces", "--version", "2", "--review", "none"]) == 0
    folder = Path(capsys.readouterr().out.removeprefix("delivered: ").strip())
    assert folder.name == "Mission_Kill_MK_010_v002"
    (text,) = folder.glob("masters/aces/*.provenance.txt")
    for words in ("PROVENANCE: Mission Kill, MK_010", "Institution: Film archive", "Files of the source", "Frames 1-2"):
        assert words in text.read_text(encoding="utf-8")


def test_a_size_that_no_movie_has_is_told_before_anything_is_written(element, random_model, tmp_path):
    recovered = element("recovered", [np.full((1, 1, 3), 0.5, np.float32)], "lin_ap0")
    settings = DeliverSettings("Film", "S1")
    with pytest.raises(OutputError, match="no movie of 1x1 pixels can be written; choose the review png"):
        deliver(settings, recovered, tmp_path / "deliveries", [random_model("chroma")])
    assert not (tmp_path / "deliveries").exists()
    delivered = deliver(
        dataclasses.replace(settings, review="png"), recovered, tmp_path / "d", [random_model("chroma")]
    )
    assert len(list(delivered.glob("review/*.png"))) == 1

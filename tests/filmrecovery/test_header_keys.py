import dataclasses
import datetime
import subprocess
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest

import filmrecovery
from filmrecovery.base.errors import ElementError, FileError, SettingsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import Frame, frame_from_rgb
from filmrecovery.film.frames.frame_seal import SEAL_NAME
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.model_header import read_model_header
from filmrecovery.provenance.digital_source_type import COMPOSITE, ENHANCED, GENERATED, digital_source_type
from filmrecovery.provenance.header_keys import grade_of, header_keys
from filmrecovery.provenance.provenance_settings import ProvenanceSettings, read_provenance
from filmrecovery.rendering.merge_settings import MergeSettings
from filmrecovery.rendering.merge_with_plate import merge_sequences
from filmrecovery.rendering.render import render
from filmrecovery.rendering.render_settings import RenderSettings

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SETTINGS = ProvenanceSettings(
    film_title="Mission Kill",
    shot="MK_010",
    restorationist="A. Restorer",
    institution="Film archive",
    source_element="16 mm print, reel 2",
    reference_source="video",
)
MISSION_KEYS = {
    "MLProcessing",
    "RecoveryType",
    "FilmTitle",
    "ShotID",
    "TrainingDate",
    "ModelCheckpoint",
    "SourceElement",
    "ReferenceSource",
    "ProcessingDate",
    "Restorationist",
    "Institution",
    "IPTCDigitalSourceType",
}


def model(mode, date="2026-11-20", weights="a1" * 32):
    return {
        "mode": mode,
        "size": "medium",
        "steps": 2000,
        "working_space": "g24_rec709",
        "training_date": date,
        "weights_hash": weights,
        "pairs_hash": "b2" * 32,
    }


def header(path):
    spec = read_header(path)
    return {attribute.name: attribute.value for attribute in spec.extra_attribs}


@pytest.mark.parametrize(
    ("policy", "constructed", "term"),
    [
        (COMPOSITE, False, COMPOSITE),
        (ENHANCED, False, ENHANCED),
        (ENHANCED, True, COMPOSITE),
        (GENERATED, True, COMPOSITE),
    ],
)
def test_the_digital_source_type_follows_the_policy_but_never_for_a_constructed_reference(policy, constructed, term):
    assert digital_source_type(policy, constructed) == IPTC + term


def test_a_picture_said_to_be_generated_is_warned_of_once(random_model, source, tmp_path, caplog):
    write_frame(source.path(2), read_frame(source.path(1)), "float")
    settings = ProvenanceSettings(digital_source_type=GENERATED)
    both = source.with_frames((1, 2))
    rendered = render(
        RenderSettings(device="cpu"), random_model("chroma"), both, str(tmp_path / "out.####.exr"), settings
    )
    assert header(rendered.path(2))["IPTCDigitalSourceType"] == IPTC + "trainedAlgorithmicMedia"
    assert caplog.text.count("no part of the picture is of the film") == 1
    caplog.clear()
    merge_sequences(MergeSettings("color"), both, rendered, str(tmp_path / "merged.####.exr"), settings)
    assert caplog.text.count("no part of the picture is of the film") == 1


def test_an_unknown_policy_is_refused():
    with pytest.raises(SettingsError, match="'painting' is not one of compositeWithTrainedAlgorithmicMedia"):
        digital_source_type("painting", False)


def test_all_keys_are_there_and_short_enough_for_every_reader():
    keys = header_keys(SETTINGS, [model("chroma")], "2026-11-24", merge="color")
    assert keys.keys() >= MISSION_KEYS
    assert max(map(len, keys)) <= 31
    assert all(isinstance(value, str) and value for value in keys.values())
    assert keys["RecoveryType"] == "chroma"
    assert keys["TrainingDate"] == "2026-11-20"
    assert keys["ModelCheckpoint"] == "chroma medium, step 2000, weights a1a1a1a1a1a1"
    assert keys["filmrecovery:weights"] == "a1" * 32
    assert keys["IPTCDigitalSourceType"] == IPTC + COMPOSITE


def test_models_are_listed_in_their_order_at_once_or_one_after_the_other():
    first, second = model("spatial", "2026-11-19", "c3" * 32), model("chroma", "")
    at_once = header_keys(SETTINGS, [first, second])
    assert at_once["RecoveryType"] == "spatial; chroma"
    assert at_once["TrainingDate"] == "2026-11-19; unknown"
    assert at_once["filmrecovery:weights"] == f"{'c3' * 32}; {'a1' * 32}"
    one_by_one = header_keys(SETTINGS, [second], earlier=header_keys(SETTINGS, [first]))
    assert one_by_one == {name: value for name, value in at_once.items() if name != "comments"}


def test_the_grade_is_told_of_models_that_know_shots_alone():
    assert grade_of(("A_010", "A_020"), "A_020") == "A_020"
    assert grade_of(("A_010", "A_020"), "A_030") == grade_of(("A_010", "A_020"), None) == "film"
    assert grade_of((), "A_010") == ""
    assert "filmrecovery:grade" not in header_keys(SETTINGS, [model("chroma")])
    first = header_keys(SETTINGS, [model("spatial")], grade="film")
    second = header_keys(SETTINGS, [model("chroma")], earlier=first, grade="A_020")
    assert second["filmrecovery:grade"] == "film; A_020"
    assert header_keys(SETTINGS, [], earlier=second, merge="color")["filmrecovery:grade"] == "film; A_020"


def test_references_are_listed_once_each():
    earlier = header_keys(ProvenanceSettings(reference_source="internegative"), [model("spatial")])
    keys = header_keys(ProvenanceSettings(reference_source="video"), [model("chroma")], earlier=earlier)
    assert keys["ReferenceSource"] == "internegative; video"
    again = header_keys(ProvenanceSettings(reference_source="internegative; video"), [], earlier=keys)
    assert again["ReferenceSource"] == "internegative; video"


def test_a_constructed_reference_is_not_forgotten_by_later_stages():
    earlier = header_keys(ProvenanceSettings(constructed_reference=True), [model("chroma")])
    enhanced = ProvenanceSettings(digital_source_type=ENHANCED)
    keys = header_keys(enhanced, [model("spatial")], earlier=earlier)
    assert keys["IPTCDigitalSourceType"] == IPTC + COMPOSITE
    assert header_keys(enhanced, [model("chroma")])["IPTCDigitalSourceType"] == IPTC + ENHANCED


def test_nothing_is_said_of_learning_where_no_model_worked():
    keys = header_keys(SETTINGS, [])
    assert keys["Institution"] == "Film archive"
    assert not keys.keys() & {"MLProcessing", "RecoveryType", "IPTCDigitalSourceType", "comments"}


def test_the_revision_is_that_of_the_checkout():
    checkout = Path(filmrecovery.__file__).resolve().parents[2]
    if not (checkout / ".git").exists():
        pytest.skip("the tests do not run from a checkout")
    head = subprocess.run(["git", "-C", checkout, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert header_keys(SETTINGS, [])["filmrecovery:revision"].removesuffix("-dirty") == head.stdout.strip()


def test_settings_are_read_from_a_file(tmp_path):
    path = tmp_path / "provenance.toml"
    path.write_text('film_title = "Ben"\nconstructed_reference = true\n')
    assert read_provenance(path) == ProvenanceSettings(film_title="Ben", constructed_reference=True)
    path.write_text('title = "Ben"\n')
    with pytest.raises(SettingsError, match=r"provenance\.toml: unknown key 'title'"):
        read_provenance(path)
    with pytest.raises(FileError, match=r"nowhere\.json: there is no such file"):
        read_provenance(tmp_path / "nowhere.json")


@pytest.fixture
def source(tmp_path):
    spec = OpenImageIO.ImageSpec(32, 24, 3, OpenImageIO.FLOAT)
    spec.attribute("reelName", "A001")
    spec.attribute("Copyright", "Film archive")
    rgb = np.random.default_rng(1).uniform(0.1, 0.9, (24, 32, 3)).astype(np.float32)
    write_frame(tmp_path / "source.0001.exr", Frame(rgb, ("R", "G", "B"), spec), "float")
    return Element(str(tmp_path / "source.####.exr"), (1,), "lin_ap0")


@pytest.mark.parametrize("encoding", ["zip", "dwaa", "aces", "float"])
def test_rendered_frames_carry_the_keys_beside_the_source_s_metadata(random_model, source, tmp_path, encoding):
    settings = RenderSettings(encoding=encoding, device="cpu")
    path = random_model("chroma", training_date="2026-11-20")
    rendered = render(settings, path, source, str(tmp_path / "out.####.exr"), provenance=SETTINGS)
    found = header(rendered.path(1))
    today = datetime.date.today().isoformat()
    expected = header_keys(SETTINGS, [read_model_header(path)], today)
    assert found["ImageDescription"] == expected.pop("comments")
    assert found.items() >= expected.items()
    assert (found["reelName"], found["Copyright"]) == ("A001", "Film archive")


def test_a_second_render_and_a_merge_tell_of_the_first(random_model, source, tmp_path):
    settings = RenderSettings(output_space="lin_ap0", encoding="float", device="cpu")
    sharp, recovered = (str(tmp_path / f"{name}.####.exr") for name in ("sharp", "recovered"))
    first = render(settings, random_model("spatial"), source, sharp, provenance=SETTINGS)
    second = render(settings, random_model("chroma"), first, recovered)
    merged = merge_sequences(MergeSettings("color"), source, second, str(tmp_path / "merged.####.exr"))
    found = header(merged.path(1))
    assert found["RecoveryType"] == "spatial; chroma"
    assert found["FilmTitle"] == "Mission Kill"
    assert found["filmrecovery:merge"] == "color"
    assert found["IPTCDigitalSourceType"] == IPTC + COMPOSITE
    assert found["reelName"] == "A001"


def change(path, encoding, **texts):
    """Makes a finished frame flat and grey, and its header say something else: so it is told whether it is the same."""
    frame = read_frame(path)
    for name, text in texts.items():
        frame.spec.attribute(name, text)
    write_frame(path, frame.with_rgb(np.full_like(frame.rgb, 0.25)), encoding)


@pytest.mark.parametrize("encoding", ["zip", "aces", "float"])
def test_where_the_provenance_changed_the_header_is_written_again_and_the_picture_stays(
    random_model, source, tmp_path, encoding
):
    settings = RenderSettings(encoding=encoding, device="cpu")
    output = str(tmp_path / "out.####.exr")
    model = random_model("chroma")
    path = render(settings, model, source, output, provenance=SETTINGS).path(1)
    expected = header(path) | {
        "ProcessingDate": "2020-02-02",
        "Restorationist": "Joan Roe",
        "Institution": "Another",
    }
    change(path, encoding, ProcessingDate="2020-02-02", Restorationist="Jane Doe")
    written = path.stat().st_mtime_ns
    jane = dataclasses.replace(SETTINGS, restorationist="Jane Doe")
    render(settings, model, source, output, provenance=jane)
    assert path.stat().st_mtime_ns == written

    joan = dataclasses.replace(SETTINGS, restorationist="Joan Roe", institution="Another")
    render(settings, model, source, output, provenance=joan)
    # Another header, another seal.
    assert header(path) == expected | {SEAL_NAME: header(path)[SEAL_NAME]}
    np.testing.assert_array_equal(read_frame(path).rgb, 0.25)
    written = path.stat().st_mtime_ns
    render(settings, model, source, output, provenance=joan)
    assert path.stat().st_mtime_ns == written


def test_a_damaged_frame_is_made_again_where_its_header_was_to_change(random_model, source, tmp_path):
    settings = RenderSettings(device="cpu")
    output = str(tmp_path / "out.####.exr")
    model = random_model("chroma")
    path = render(settings, model, source, output, provenance=SETTINGS).path(1)
    picture = read_frame(path).rgb
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ElementError):
        read_frame(path)
    render(settings, model, source, output, provenance=dataclasses.replace(SETTINGS, restorationist="Joan Roe"))
    assert header(path)["Restorationist"] == "Joan Roe"
    np.testing.assert_array_equal(read_frame(path).rgb, picture)


def test_what_the_provenance_does_not_say_any_more_leaves_the_header(random_model, source, tmp_path):
    settings = RenderSettings(device="cpu")
    output = str(tmp_path / "out.####.exr")
    path = render(settings, random_model("chroma"), source, output, provenance=SETTINGS).path(1)
    assert header(path)["Restorationist"] == "A. Restorer"
    nobody = dataclasses.replace(SETTINGS, restorationist="")
    render(settings, random_model("chroma"), source, output, provenance=nobody)
    assert "Restorationist" not in header(path)


def test_a_lossy_frame_is_rendered_again_where_the_provenance_changed(random_model, source, tmp_path):
    settings = RenderSettings(encoding="dwaa", device="cpu")
    output = str(tmp_path / "out.####.exr")
    model = random_model("chroma")
    path = render(settings, model, source, output, provenance=SETTINGS).path(1)
    first = read_frame(path).rgb
    change(path, "dwaa", ProcessingDate="2020-02-02")
    render(settings, model, source, output, provenance=SETTINGS)
    assert header(path)["ProcessingDate"] == "2020-02-02"
    render(settings, model, source, output, provenance=dataclasses.replace(SETTINGS, restorationist="Joan Roe"))
    assert header(path)["Restorationist"] == "Joan Roe"
    assert header(path)["ProcessingDate"] == datetime.date.today().isoformat()
    np.testing.assert_array_equal(read_frame(path).rgb, first)


def test_a_frame_of_another_day_is_not_made_anew(random_model, source, tmp_path):
    settings = RenderSettings(device="cpu")
    output = str(tmp_path / "out.####.exr")
    path = render(settings, random_model("chroma"), source, output).path(1)
    frame = read_frame(path)
    frame.spec.attribute("ProcessingDate", "2020-02-02")
    write_frame(path, frame)
    render(settings, random_model("chroma"), source, output)
    assert header(path)["ProcessingDate"] == "2020-02-02"


def test_comments_of_the_scan_stay(random_model, tmp_path):
    frame = frame_from_rgb(np.full((24, 32, 3), 0.5))
    frame.spec.attribute("ImageDescription", "scanned wet")
    write_frame(tmp_path / "source.0001.exr", frame)
    settings = RenderSettings(device="cpu")
    source = Element(str(tmp_path / "source.####.exr"), (1,), "lin_ap0")
    output = render(settings, random_model("chroma"), source, str(tmp_path / "out.####.exr"))
    assert header(output.path(1))["ImageDescription"] == "scanned wet"

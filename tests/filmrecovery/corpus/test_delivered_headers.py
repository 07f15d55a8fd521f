"""What headers say of the film goes through rendering and delivery, and the record says what did not."""

import struct

import numpy as np
import pytest
from dpx_files import Variant
from film_headers import (
    FILM_ATTRIBUTES,
    NUMBERS,
    USER_DATA,
    read_attributes,
    write_film_dpx,
    write_film_exr,
)
from movie_files import known_layout, ramp_codes, write_movie

from filmrecovery.delivering.deliver import deliver
from filmrecovery.delivering.deliver_settings import DeliverSettings
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.movies.unpack import unpack
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from filmrecovery.provenance.sidecars import read_sidecar
from filmrecovery.rendering.merge_settings import MergeSettings
from filmrecovery.rendering.merge_with_plate import merge_sequences
from filmrecovery.rendering.render import render
from filmrecovery.rendering.render_settings import RenderSettings

WIDTH = 32


@pytest.fixture
def delivered(random_model, tmp_path):
    """Renders and delivers the scans in a folder; returns the attributes of each master, and the record and text."""

    def run(suffix, masters="zip"):
        model = random_model("chroma", training_date="2026-11-20")
        source = find_element(str(tmp_path / f"scan.####{suffix}"), space="srgb_tx")
        settings = RenderSettings(device="cpu", output_space="lin_ap0")
        recovered = render(settings, model, source, str(tmp_path / "recovered" / "out.####.exr"))
        folder = deliver(
            DeliverSettings(film="Film 1234", shot="010", masters=masters, review="none"),
            recovered,
            tmp_path / "out",
            [model],
            {"source": [source]},
        )
        (record,) = folder.glob("masters/*/*.provenance.json")
        frames = sorted(folder.glob("masters/*/*.exr"))
        text = record.with_suffix("").with_suffix(".provenance.txt").read_text(encoding="utf-8")
        return [read_attributes(frame)[0] for frame in frames], read_sidecar(record)["headers"], text

    return run


def reasons(headers):
    return {one["name"]: one["reason"] for one in headers["dropped"]}


@pytest.mark.parametrize("masters", ["zip", "aces"])
def test_a_delivered_dpx_keeps_what_film_carries(masters, delivered, tmp_path):
    for frame in (1, 2):
        numbers = NUMBERS | {1920: ("2I", 0x01020300 + frame, 0x91223344)}
        write_film_dpx(tmp_path / f"scan.{frame:04d}.dpx", Variant(width=WIDTH, user_data=USER_DATA), numbers=numbers)
    attributes, (headers,), text = delivered(".dpx", masters)
    for frame, found in enumerate(attributes, start=1):
        assert found["timeCode"] == ("timecode", struct.pack("<2I", 0x01020300 + frame, 0x91223344))
        assert found["keyCode"] == ("keycode", struct.pack("<7i", 2, 42, 123456, 7890, 17, 4, 64))
        assert found["framesPerSecond"] == ("rational", struct.pack("<iI", 24000, 1001))
        assert found["dpx/FilmEdgeCode"] == ("string", b"0242171234567890")
        assert found["dpx/InputDevice"] == ("string", "Scanner n° 2".encode())
    kept = {one["name"]: (one["frames"], one["first"], one["last"]) for one in headers["kept"]}
    assert kept["timeCode"] == ("1-2", "01:02:03:01", "01:02:03:02")
    assert kept["keyCode"] == ("1-2", "02 42 123456 7890+17", "02 42 123456 7890+17")
    assert kept["framesPerSecond"] == ("1-2", "24000/1001", "24000/1001")
    assert kept.keys() >= {"dpx/SlateInfo", "dpx/UserData", "dpx/XScannedSize", "owner", "capDate"}
    # What says how codes lie in a DPX file is wrong of the EXR, and nothing else is lost.
    assert reasons(headers).keys() >= {"dpx:Transfer", "dpx:Packing", "dpx:ImageDescriptor"}
    assert all("encoded" in reason for reason in reasons(headers).values())
    assert "timeCode: 01:02:03:01 to 01:02:03:02" in text
    assert "Not kept, since it says how the file that was read was encoded" in text
    assert "   dpx:Packing: Filled, method A" in text


def test_a_delivered_exr_keeps_what_film_carries_and_the_record_names_the_rest(delivered, tmp_path):
    lost = {
        "preview": ("preview", struct.pack("<2I", 1, 1) + bytes(4)),
        "vendorBlock": ("acme", b"12345"),
    }
    write_film_exr(tmp_path / "scan.0001.exr", FILM_ATTRIBUTES | lost)
    (found,), (headers,), _ = delivered(".exr")
    assert found.items() >= FILM_ATTRIBUTES.items()
    assert {one["name"] for one in headers["kept"]} >= FILM_ATTRIBUTES.keys()
    assert reasons(headers).keys() == lost.keys()


def test_names_that_an_aces_container_does_not_take_are_listed(delivered, tmp_path):
    long = "scan/theNumberOfTheCanInTheVaults"
    write_film_exr(tmp_path / "scan.0001.exr", FILM_ATTRIBUTES | {long: ("string", b"17")})
    (found,), (headers,), _ = delivered(".exr", "aces")
    assert long not in found
    assert found.items() >= FILM_ATTRIBUTES.items()
    assert "31 characters" in reasons(headers)[long]


@pytest.mark.parametrize(("suffix", "codec"), [("mkv", "ffv1"), ("mov", "prores_ks")])
def test_a_delivered_movie_keeps_time_code_and_reel(suffix, codec, delivered, tmp_path):
    metadata = {"timecode": "01:00:00:10", "reel_name": "A001", "title": "Roll 7"}
    codes = [ramp_codes(known_layout("yuv422p10le"), 64, 48)] * 2
    movie = write_movie(tmp_path / f"roll.{suffix}", codes, codec, metadata=metadata)
    unpack(UnpackSettings(), movie, str(tmp_path / "scan.####.exr"))
    attributes, (headers,), text = delivered(".exr")
    for picture, found in enumerate(attributes):
        assert found["timeCode"] == ("timecode", struct.pack("<2I", 0x01000010 + picture, 0))
        assert found["reelName"] == ("string", b"A001")
        assert found["framesPerSecond"] == ("rational", struct.pack("<iI", 24, 1))
    kept = {one["name"]: (one["first"], one["last"]) for one in headers["kept"]}
    assert kept["timeCode"] == ("01:00:00:10", "01:00:00:11")
    assert (headers["movie"]["file"], headers["movie"]["timecode"]) == (movie.name, "01:00:00:10")
    assert {"name": "title", "value": "Roll 7"} in headers["movie"]["tags"]
    assert "The movie says title: Roll 7" in text
    assert not headers["dropped"]


def test_a_time_code_that_is_not_counted_is_listed_with_the_reason(delivered, tmp_path):
    codes = [ramp_codes(known_layout("yuv422p10le"), 64, 48)] * 2
    movie = write_movie(tmp_path / "roll.mkv", codes, metadata={"timecode": "01:00:00;00"})
    unpack(UnpackSettings(), movie, str(tmp_path / "scan.####.exr"))
    attributes, (headers,), text = delivered(".exr")
    assert all("timeCode" not in found for found in attributes)
    assert "drop-frame time codes" in reasons(headers)["timeCode"]
    assert "Not kept, since it cannot be counted: drop-frame time codes" in text
    assert "   timeCode: 01:00:00;00" in text


def test_a_merge_that_is_written_as_dpx_says_what_the_scan_said(tmp_path):
    for frame in (1, 2):
        write_film_dpx(
            tmp_path / f"scan.{frame:04d}.dpx",
            Variant(width=WIDTH, user_data=USER_DATA),
            numbers=NUMBERS | {1920: ("2I", 0x01020300 + frame, 0x91223344)},
        )
    scan = find_element(str(tmp_path / "scan.####.dpx"), space="srgb_tx")
    settings = MergeSettings("luminosity", output_space="srgb_tx")
    merged = merge_sequences(settings, scan, scan, str(tmp_path / "out" / "merged.####.dpx"))
    for frame in (1, 2):
        spec = read_header(merged.path(frame))
        assert spec.getattribute("smpte:TimeCode") == (0x01020300 + frame, 0x91223344)
        assert spec.getattribute("smpte:KeyCode") == (2, 42, 123456, 7890, 17, 4, 64)
        assert spec.get_float_attribute("dpx:XScannedSize") == 24.5
        assert spec.get_string_attribute("dpx:SlateInfo") == "Reel 5, slate 17A"
        # Both are one picture: as scanned, to the code.
        before, after = (read_frame(element.path(frame)).rgb * np.float64(1023) for element in (scan, merged))
        assert np.array_equal(np.rint(before), np.rint(after))

"""Masters in whole numbers: DPX, FFV1 and ProRes hold the recovered picture, and say what the frames say."""

import dataclasses
import hashlib
import io
import struct
from fractions import Fraction
from xml.etree import ElementTree

import av
import numpy as np
import OpenImageIO
import pytest

from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.delivering.deliver import deliver
from filmrecovery.delivering.deliver_settings import DeliverSettings
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.movies.movie_file import open_movie
from filmrecovery.film.movies.unpack import unpack
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from filmrecovery.model.model_header import read_model_header
from filmrecovery.picture.colour import converter
from filmrecovery.provenance.header_keys import header_keys
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.provenance.seal import verify
from filmrecovery.provenance.sidecars import read_sidecar

WIDTH, HEIGHT = 50, 34
SETTINGS = DeliverSettings("Rebelión", "R1", review="none")
FILM = Fraction(24000, 1001)
SPACE = "g24_rec709"


def ramp(frame):
    """What a display shows of a frame: R'G'B' in 0.1..0.9 that changes slowly."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] / (WIDTH - 1.0)
    return np.stack([0.1 + 0.8 * x, 0.2 + 0.5 * y, 0.9 - 0.5 * x - 0.1 * frame], axis=-1).astype(np.float32)


@pytest.fixture
def model(random_model):
    return random_model("chroma", training_date="2026-11-20")


@pytest.fixture
def recovered(model, tmp_path):
    """Writes three recovered frames of ACES2065-1, by what changes in their headers with the frame."""

    def write(pictures=None, **attributes):
        keys = header_keys(ProvenanceSettings(film_title="Rebelión"), [read_model_header(model)], "2026-11-21")
        for number in (1, 2, 3):
            picture = ramp(number) if pictures is None else pictures[number - 1]
            frame = frame_from_rgb(converter(SPACE, "lin_ap0")(picture))
            for name, text in (keys | {"reelName": "A001", "scanner": f"pass {number}"}).items():
                frame.spec.attribute(name, text)
            rate = attributes.get("rate", lambda _: FILM)(number)
            frame.spec.attribute(
                "FramesPerSecond", OpenImageIO.TypeDesc("rational"), (rate.numerator, rate.denominator)
            )
            word = attributes.get("timecode", lambda number: 0x01020300 + number)(number)
            frame.spec.attribute("smpte:TimeCode", OpenImageIO.TypeDesc("timecode"), (word, 0x91223344))
            write_frame(tmp_path / "recovered" / f"out.{number:04d}.exr", frame, "float")
        return find_element(str(tmp_path / "recovered" / "out.####.exr"), space="lin_ap0")

    return write


@pytest.fixture
def delivered(recovered, model, tmp_path):
    """Delivers recovered frames, and returns the folder."""

    def run(masters, element=None, **settings):
        settings = {"code_space": SPACE, **settings}
        given = dataclasses.replace(SETTINGS, masters=masters, **settings)
        return deliver(given, element or recovered(), tmp_path / "out", [model])

    return run


def only(folder, pattern):
    (path,) = folder.glob(pattern)
    return path


def by_ffmpeg(path):
    """The list of the hashes of a movie's pictures, as FFmpeg itself writes it."""
    listed = io.BytesIO()
    with av.open(str(path)) as movie, av.open(listed, "w", format="framemd5") as output:
        stream = movie.streams.video[0]
        copy = output.add_stream("rawvideo", rate=FILM)
        copy.width, copy.height, copy.pix_fmt = stream.width, stream.height, stream.codec_context.pix_fmt
        for index, frame in enumerate(movie.decode(stream)):
            frame.pts, frame.time_base = index, 1 / FILM
            output.mux(copy.encode(frame))
        output.mux(copy.encode())
    return listed.getvalue().decode()


def test_dpx_holds_the_codes_and_says_what_the_frames_say(delivered):
    folder = delivered("dpx")
    for number in (1, 2, 3):
        path = only(folder, f"masters/dpx/*.{number:04d}.dpx")
        expected = np.rint(np.clip(ramp(number), 0, 1) * np.float64(1023))
        assert np.abs(np.rint(read_frame(path).rgb * np.float64(1023)) - expected).max() <= 1
        header = read_header(path)
        assert header.getattribute("smpte:TimeCode") == (0x01020300 + number, 0x91223344)
        assert header.get_string_attribute("FilmTitle") == "Rebelión"
        assert header.get_string_attribute("filmrecovery:space") == SPACE
        assert header.get_string_attribute("scanner") == f"pass {number}"
        assert struct.unpack(">f", path.read_bytes()[1724:1728]) == (pytest.approx(24000 / 1001),)
    assert verify(folder).lines() == []


def test_dpx_can_be_ten_bit_log(delivered):
    folder = delivered("dpx", code_space="ADX10")
    expected = converter(SPACE, "ADX10")(ramp(2))
    assert 0.1 < expected.min() < expected.max() < 0.7
    found = read_frame(only(folder, "masters/dpx/*.0002.dpx")).rgb
    np.testing.assert_allclose(found, expected, atol=1.1 / 1023)


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_ffv1_comes_back_to_the_last_bit(bits, delivered, tmp_path):
    folder = delivered(f"ffv1-{bits}")
    path = only(folder, f"masters/ffv1-{bits}/*.mkv")
    highest = np.float64(2**bits - 1)
    convert = converter("lin_ap0", SPACE)
    with open_movie(path) as movie:
        facts = movie.facts
        for number, picture in enumerate(movie.pictures(), start=1):
            source = read_frame(tmp_path / "recovered" / f"out.{number:04d}.exr").rgb
            assert np.array_equal(np.stack(picture.components, axis=-1), np.rint(convert(source) * highest))
    assert (facts.codec, facts.pixel_format) == ("ffv1", f"gbrp{bits}le")
    assert (facts.range, facts.matrix, facts.primaries, facts.transfer) == ("full", "rgb", "bt709", "bt709")
    assert (facts.rate, facts.timecode, facts.reel) == ("24000/1001", "01:02:03:01", "A001")
    tags = {tag.name.lower(): tag.value for tag in facts.tags}
    assert tags.items() >= {"filmtitle": "Rebelión", "filmrecovery:space": SPACE}.items()
    # It is of one frame alone.
    assert "scanner" not in tags
    assert only(folder, "masters/*/*.framemd5").read_text() == by_ffmpeg(path)
    assert verify(folder).lines() == []


def test_ffv1_has_checksums_that_find_a_flipped_bit(delivered, tmp_path):
    path = only(delivered("ffv1-16"), "masters/ffv1-16/*.mkv")
    content = bytearray(path.read_bytes())
    content[len(content) * 2 // 3] ^= 4
    (tmp_path / "flipped.mkv").write_bytes(content)
    with pytest.raises(ElementError, match=r"picture \d is damaged"), open_movie(tmp_path / "flipped.mkv") as movie:
        list(movie.pictures())


@pytest.mark.parametrize(
    ("preset", "profile", "layout", "tolerance"),
    [("prores-4444", "4444", "yuv444p12le", 0.004), ("prores-422hq", "HQ", "yuv422p10le", 0.012)],
)
def test_prores_shows_the_colours(preset, profile, layout, tolerance, delivered, tmp_path):
    # Of ProRes the space is that of its programs, whatever is asked for the others.
    path = only(delivered(preset, code_space="ADX10"), f"masters/{preset}/*.mov")
    with open_movie(path) as movie:
        facts = movie.facts
    assert (facts.codec, facts.profile, facts.pixel_format) == ("prores", profile, layout)
    assert (facts.range, facts.matrix, facts.primaries, facts.transfer) == ("limited", "bt709", "bt709", "bt709")
    assert (facts.rate, facts.timecode, facts.reel) == ("24000/1001", "01:02:03:01", "A001")
    frames = unpack(UnpackSettings(), path, str(tmp_path / "shown.####.exr"))
    assert len(frames.frames) == 3
    for number in frames.frames:
        found = read_frame(frames.path(number)).rgb
        assert np.abs(found - ramp(number))[:, 2:-2].max() < tolerance
        assert read_header(frames.path(number)).getattribute("smpte:TimeCode") == (0x01020300 + number, 0)


def test_the_record_of_a_movie_says_what_is_kept_and_lists_its_files(recovered, model, tmp_path):
    element = recovered()
    settings = dataclasses.replace(SETTINGS, masters="dpx,ffv1-10", code_space=SPACE)
    source = dataclasses.replace(element, name="scan")
    folder = deliver(settings, element, tmp_path / "out", [model], {"source": [source]})
    record = read_sidecar(only(folder, "masters/ffv1-10/*.provenance.json"))
    movie = only(folder, "masters/ffv1-10/*.mkv")
    assert [file["name"] for file in record["delivery"]["files"]] == [movie.name, f"{movie.stem}.framemd5"]
    assert record["delivery"]["processing_dates"] == ["2026-11-21"]
    (headers,) = record["headers"]
    kept = {one["name"]: (one["first"], one["last"]) for one in headers["kept"]}
    assert kept["timeCode"] == ("01:02:03:01", "01:02:03:03")
    assert (kept["reelName"], kept["framesPerSecond"]) == (("A001", "A001"), ("24000/1001", "24000/1001"))
    assert {one["name"]: one["reason"] for one in headers["dropped"]} == {"scanner": "is not in the delivered frames"}
    (headers,) = read_sidecar(only(folder, "masters/dpx/*.provenance.json"))["headers"]
    assert {"timeCode", "reelName", "scanner", "framesPerSecond"} <= {one["name"] for one in headers["kept"]}
    assert not headers["dropped"]


def test_values_that_codes_cannot_hold_are_cut_and_told(recovered, delivered, caplog):
    picture = ramp(1)
    picture[:17] += 0.5
    delivered("dpx,ffv1-16", recovered([picture, ramp(2), ramp(3)]))
    told = [line for line in caplog.messages if "are cut" in line]
    assert len(told) == 2
    for line in told:
        assert "1 frames have values that codes of the space g24_rec709 cannot hold, up to" in line


def test_time_codes_that_do_not_count_on_are_not_in_the_movie(recovered, delivered, caplog):
    element = recovered(timecode=lambda number: 0x01020300 + 2 * number)
    with open_movie(only(delivered("ffv1-10", element), "masters/*/*.mkv")) as movie:
        assert movie.facts.timecode == ""
    assert "those of the frames do not count on" in caplog.text


def test_frames_of_several_rates_are_no_movie(recovered, delivered, tmp_path):
    element = recovered(rate=lambda number: Fraction(24 + number % 2))
    with pytest.raises(ElementError, match=r"several rates \(24, 25\)"):
        delivered("ffv1-10", element)
    assert not (tmp_path / "out").exists()


def test_the_space_of_codes_has_to_be_known(delivered, tmp_path):
    with pytest.raises(SettingsError, match="masters 'dpx': give the colour space of its codes"):
        delivered("zip,dpx", code_space=None)
    with pytest.raises(SettingsError, match="'Cineon' is not in the config"):
        delivered("ffv1-10", code_space="Cineon")
    assert not (tmp_path / "out").exists()


def test_a_stopped_delivery_goes_on_with_what_is_whole(delivered, recovered, caplog):
    element = recovered()
    folder = delivered("dpx,ffv1-10,prores-422hq", element)
    chain = folder / "ascmhl" / "ascmhl_chain.xml"
    chain.unlink()
    movie, other = only(folder, "masters/ffv1-10/*.mkv"), only(folder, "masters/prores-422hq/*.mov")
    frame = only(folder, "masters/dpx/*.0002.dpx")
    whole, times = movie.read_bytes(), {path: path.stat().st_mtime_ns for path in (other, frame)}
    movie.write_bytes(whole[: len(whole) // 2])
    assert delivered("dpx,ffv1-10,prores-422hq", element) == folder
    assert f"{movie}: is damaged" in caplog.text
    assert len(movie.read_bytes()) == len(whole)
    assert {path: path.stat().st_mtime_ns for path in (other, frame)} == times
    assert verify(folder).lines() == []

    chain.unlink()
    frame.write_bytes(frame.read_bytes()[:-1] + b"\x04")
    with pytest.raises(OutputError, match=r"0002\.dpx: is not the frame that this delivery wrote"):
        delivered("dpx,ffv1-10,prores-422hq", element)


def test_a_bag_holds_the_delivery_and_says_what_happened(recovered, model, tmp_path):
    people = ProvenanceSettings(restorationist="A. Restorer", institution="Film archive")
    settings = dataclasses.replace(SETTINGS, masters="zip,ffv1-10", code_space=SPACE, package="bagit")
    element = recovered()
    folder = deliver(settings, element, tmp_path / "out", [model], provenance=people)
    assert {path.name for path in folder.iterdir()} == {
        *("ascmhl", "bag-info.txt", "bagit.txt", "data", "delivery.json", "manifest-sha256.txt", "metadata"),
        "tagmanifest-sha256.txt",
    }
    assert (folder / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    info = dict(line.split(": ", 1) for line in (folder / "bag-info.txt").read_text().splitlines())
    payload = {path for path in (folder / "data").rglob("*") if path.is_file()}
    assert info["Payload-Oxum"] == f"{sum(path.stat().st_size for path in payload)}.{len(payload)}"
    assert (info["Source-Organization"], info["Contact-Name"]) == ("Film archive", "A. Restorer")
    hashes = hashes_of(folder, "manifest-sha256.txt")
    assert {folder / name for name in hashes} == payload
    tags = hashes_of(folder, "tagmanifest-sha256.txt")
    assert tags.keys() == {"bag-info.txt", "bagit.txt", "delivery.json", "manifest-sha256.txt", "metadata/premis.xml"}

    space = {"": "http://www.loc.gov/premis/v3"}
    root = ElementTree.parse(folder / "metadata" / "premis.xml").getroot()
    assert root.tag == "{http://www.loc.gov/premis/v3}premis"
    objects = {
        one.findtext("objectIdentifier/objectIdentifierValue", "", space): one for one in root.iterfind("object", space)
    }
    assert objects.keys() == {*hashes, folder.name}
    path = "objectCharacteristics/fixity/messageDigest"
    assert {name: objects[name].findtext(path, "", space) for name in hashes} == hashes
    events = {one.findtext("eventType", "", space): one for one in root.iterfind("event", space)}
    assert events["creation"].findtext("eventDateTime", "", space) == "2026-11-21"
    assert events.keys() >= {"transcoding", "validation", "fixity check", "message digest calculation", "packing"}
    assert [one.text for one in root.iterfind("agent/agentName", space)] == [
        "Film Recovery",
        "A. Restorer",
        "Film archive",
    ]
    assert deliver(settings, element, tmp_path / "out", [model], provenance=people) == folder
    assert verify(folder).lines() == []


def hashes_of(folder, manifest):
    """The hashes in a manifest of a bag, by their paths, each of which is true."""
    lines = [line.partition("  ") for line in (folder / manifest).read_text().splitlines()]
    listed = {name: digest for digest, _, name in lines}
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    return listed

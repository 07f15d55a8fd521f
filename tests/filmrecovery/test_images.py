import numpy as np
import OpenImageIO
import pytest

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.film.frames.colour_channels import rgb_positions
from filmrecovery.film.frames.frame import Frame, frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame


@pytest.fixture
def rgb():
    return np.random.default_rng(1).uniform(0.0, 1.0, (60, 80, 3)).astype(np.float32)


def write_raw(path, pixels, channels, attributes=(), **windows):
    """Writes with OpenImageIO alone, so that reading is not tested against its own writing."""
    spec = OpenImageIO.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], OpenImageIO.FLOAT)
    spec.channelnames = channels
    for name, value in windows.items():
        setattr(spec, name, value)
    for attribute in attributes:
        spec.attribute(*attribute)
    image = OpenImageIO.ImageOutput.create(str(path))
    assert image.open(str(path), spec), image.geterror()
    assert image.write_image(pixels), image.geterror()
    assert image.close(), image.geterror()


@pytest.mark.parametrize(
    ("name", "encoding", "tolerance"),
    [
        ("a.exr", "float", 0.0),
        ("a.exr", "zip", 2.5e-4),
        ("a.exr", "aces", 2.5e-4),
        ("a.exr", "dwaa", 0.03),
        ("a.dpx", "zip", 0.52 / 1023),
        ("a.tif", "zip", 0.51 / 65535),
        ("a.png", "zip", 0.51 / 65535),
    ],
)
def test_values_come_back_to_the_precision_of_the_format(tmp_path, rgb, name, encoding, tolerance):
    write_frame(tmp_path / name, frame_from_rgb(rgb), encoding)
    frame = read_frame(tmp_path / name)
    assert frame.pixels.dtype == np.float32
    assert frame.channels == ("R", "G", "B")
    np.testing.assert_allclose(frame.rgb, rgb, atol=tolerance, rtol=0)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_jpeg_is_close_enough_to_look_at(tmp_path):
    ramp = np.tile(np.linspace(0, 1, 80, dtype=np.float32)[None, :, None], (60, 1, 3))
    write_frame(tmp_path / "a.jpg", frame_from_rgb(ramp))
    np.testing.assert_allclose(read_frame(tmp_path / "a.jpg").rgb, ramp, atol=0.02)


def test_every_10_bit_code_survives_dpx(tmp_path):
    codes = np.arange(1023, -1, -1, dtype=np.float32).reshape(32, 32, 1).repeat(3, axis=2)
    write_frame(tmp_path / "a.dpx", frame_from_rgb(codes / 1023))
    np.testing.assert_array_equal(np.rint(read_frame(tmp_path / "a.dpx").rgb * 1023), codes)


def test_exr_keeps_values_outside_0_to_1_and_integer_formats_clamp(tmp_path):
    rgb = np.array([[[-0.25, 0.5, 12.0]]], np.float32)
    write_frame(tmp_path / "a.exr", frame_from_rgb(rgb))
    np.testing.assert_array_equal(read_frame(tmp_path / "a.exr").rgb, rgb)
    write_frame(tmp_path / "a.png", frame_from_rgb(rgb))
    np.testing.assert_allclose(read_frame(tmp_path / "a.png").rgb, [[[0, 0.5, 1]]], atol=1e-5)


def test_channels_windows_and_metadata_pass_through(tmp_path, rgb):
    alpha = np.zeros((60, 80, 1), np.float32)
    depth = np.full((60, 80, 1), 1e6, np.float32)
    depth[0, 0] = np.inf
    write_raw(
        tmp_path / "in.exr",
        np.concatenate([rgb, alpha, depth], axis=2),
        ("R", "G", "B", "A", "Z"),
        [
            ("PixelAspectRatio", 2.0),
            ("roll", "A001"),
            ("take", 3),
            ("gain", 0.5),
            ("worldToCamera", OpenImageIO.TypeDesc("matrix"), tuple(range(16))),
            ("smpte:TimeCode", OpenImageIO.TypeDesc("timecode"), (16909060, 0)),
            ("FramesPerSecond", OpenImageIO.TypeDesc("rational"), (24000, 1001)),
        ],
        x=-2,
        y=3,
        full_width=100,
        full_height=70,
    )
    write_frame(tmp_path / "out.exr", read_frame(tmp_path / "in.exr").with_rgb(rgb * 0.5), "zip")
    frame = read_frame(tmp_path / "out.exr")
    np.testing.assert_allclose(frame.rgb, rgb * 0.5, atol=2.5e-4)
    assert frame.channels == ("R", "G", "B", "A", "Z")
    np.testing.assert_array_equal(frame.pixels[..., 3:4], alpha)
    np.testing.assert_array_equal(frame.pixels[..., 4:5], depth)
    spec = frame.spec
    assert (spec.x, spec.y, spec.width, spec.height) == (-2, 3, 80, 60)
    assert (spec.full_x, spec.full_y, spec.full_width, spec.full_height) == (0, 0, 100, 70)
    kept = {name: spec[name] for name in ("PixelAspectRatio", "roll", "take", "gain", "worldToCamera")}
    assert kept == {
        "PixelAspectRatio": 2.0,
        "roll": "A001",
        "take": 3,
        "gain": 0.5,
        "worldToCamera": tuple(map(float, range(16))),
    }
    assert spec["smpte:TimeCode"] == (16909060, 0)
    assert spec["FramesPerSecond"] == (24000, 1001)


def test_dpx_film_metadata_reaches_the_exr(tmp_path, rgb):
    film = [("oiio:BitsPerSample", 10), ("dpx:FrameRate", 24.0), ("dpx:FilmType", "19"), ("dpx:SlateInfo", "12A")]
    write_raw(tmp_path / "a.dpx", rgb, ("R", "G", "B"), [*film, ("dpx:TimeCode", "01:02:03:04")])
    write_frame(tmp_path / "a.exr", read_frame(tmp_path / "a.dpx"))
    spec = read_header(tmp_path / "a.exr")
    assert spec["dpx/SlateInfo"] == "12A"
    assert np.asarray(spec["smpte:TimeCode"])[0] == 0x01020304
    assert spec["FramesPerSecond"] == (24, 1)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_rgb_is_not_multiplied_by_alpha(tmp_path, rgb, name):
    pixels = np.concatenate([rgb, np.zeros((60, 80, 1), np.float32)], axis=2)
    spec = OpenImageIO.ImageSpec(80, 60, 4, OpenImageIO.FLOAT)
    spec.attribute("oiio:UnassociatedAlpha", 1)
    write_frame(tmp_path / name, Frame(pixels, ("R", "G", "B", "A"), spec))
    frame = read_frame(tmp_path / name)
    assert frame.channels == ("R", "G", "B", "A")
    np.testing.assert_allclose(frame.pixels, pixels, atol=1e-5)


def test_strict_aces_is_as_the_standard_says_and_its_flag_does_not_spread(tmp_path, rgb):
    aces, later = tmp_path / "aces.exr", tmp_path / "later.exr"
    write_frame(aces, frame_from_rgb(rgb), "aces")
    spec = read_header(aces)
    assert spec["acesImageContainerFlag"] == 1
    assert spec["compression"] == "none"
    assert spec.format == OpenImageIO.HALF
    ap0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
    assert spec["chromaticities"] == pytest.approx(ap0, abs=1e-6)
    for encoding, compression in (("zip", "zip"), ("dwaa", "dwaa"), ("float", "zip")):
        write_frame(later, read_frame(aces), encoding)
        spec = read_header(later)
        assert "acesImageContainerFlag" not in [attribute.name for attribute in spec.extra_attribs]
        assert "chromaticities" not in [attribute.name for attribute in spec.extra_attribs]
        assert spec["compression"] == compression


def test_strict_aces_refuses_other_channels(tmp_path, rgb):
    write_raw(tmp_path / "in.exr", np.concatenate([rgb, rgb[..., :1]], axis=2), ("R", "G", "B", "Z"))
    with pytest.raises(OutputError, match=r"R, G, B, Z.*zip or dwaa"):
        write_frame(tmp_path / "out.exr", read_frame(tmp_path / "in.exr"), "aces")


@pytest.mark.parametrize(
    ("channels", "positions"),
    [
        (("R", "G", "B"), (0, 1, 2)),
        (("Z", "b", "g", "r"), (3, 2, 1)),
        (("rgba.A", "rgba.B", "rgba.G", "rgba.R"), (3, 2, 1)),
        (("R", "G", "B", "left.R", "left.G", "left.B"), (0, 1, 2)),
    ],
)
def test_rgb_is_found_by_name(channels, positions):
    assert rgb_positions(channels) == positions


def test_pictures_without_one_rgb_are_refused(tmp_path):
    with pytest.raises(ElementError, match="more than one layer"):
        rgb_positions(("left.R", "left.G", "left.B", "right.R", "right.G", "right.B"))
    write_raw(tmp_path / "grey.png", np.zeros((4, 4, 1), np.float32), ("Y",))
    with pytest.raises(ElementError, match=r"grey\.png: no RGB among the channels Y"):
        read_frame(tmp_path / "grey.png")


@pytest.mark.parametrize("name", ["a.exr", "a.dpx", "a.tif", "a.png", "a.jpg"])
@pytest.mark.parametrize("part", [0.02, 0.6])
def test_a_truncated_file_is_an_error_and_not_a_picture(tmp_path, rgb, name, part):
    path = tmp_path / name
    write_frame(path, frame_from_rgb(rgb))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(ElementError, match=rf"{name}: (truncated|not readable).*restore"):
        read_frame(path)


def test_missing_foreign_and_not_finite_files_are_named(tmp_path, rgb):
    with pytest.raises(ElementError, match=r"gone\.exr: missing"):
        read_frame(tmp_path / "gone.exr")
    (tmp_path / "text.exr").write_text("no picture")
    with pytest.raises(ElementError, match=r"text\.exr: not readable"):
        read_frame(tmp_path / "text.exr")
    with pytest.raises(ElementError, match=r"film\.mov: not a supported format"):
        read_frame(tmp_path / "film.mov")
    rgb[3, 4, 1] = np.nan
    rgb[5, 6, 2] = np.inf
    write_raw(tmp_path / "nan.exr", rgb, ("R", "G", "B"))
    with pytest.raises(ElementError, match=r"nan\.exr: 2 values of RGB are NaN or Inf"):
        read_frame(tmp_path / "nan.exr")


def test_damage_that_the_library_tells_in_no_utf8_is_named(tmp_path, rgb):
    path = tmp_path / "scan.exr"
    write_frame(path, frame_from_rgb(rgb))
    content = path.read_bytes()
    assert b"channels\0chlist" in content
    path.write_bytes(content.replace(b"channels\0chlist", b"channels\0chl\xe9st"))
    with pytest.raises(ElementError, match=r"scan\.exr: not readable .*restore"):
        read_frame(path)


def test_a_name_in_the_header_that_is_no_utf8_is_named(tmp_path, rgb):
    frame = frame_from_rgb(rgb)
    frame.spec.attribute("scanner", "of 2026")
    path = tmp_path / "frame.exr"
    write_frame(path, frame)
    path.write_bytes(path.read_bytes().replace(b"scanner", b"sc\xffnner"))
    with pytest.raises(ElementError, match=r"frame\.exr: holds a name in its header that is no UTF-8"):
        read_frame(path)


def test_parts_that_would_be_lost_are_refused(tmp_path, rgb):
    for name in ("a.exr", "a.tif"):
        path = str(tmp_path / name)
        image = OpenImageIO.ImageOutput.create(path)
        spec = OpenImageIO.ImageSpec(80, 60, 3, OpenImageIO.FLOAT)
        if name == "a.exr":
            assert image.open(path, (spec, spec))
        else:
            assert image.open(path, spec)
        image.write_image(rgb)
        assert image.open(path, spec, "AppendSubimage")
        image.write_image(rgb)
        image.close()
        with pytest.raises(ElementError, match="more than one part"):
            read_frame(path)


def test_what_half_float_cannot_hold_is_refused(tmp_path, rgb):
    rgb[0, 0, 1] = 70000.0
    with pytest.raises(OutputError, match="channel G holds a value of 70000"):
        write_frame(tmp_path / "a.exr", frame_from_rgb(rgb))
    write_frame(tmp_path / "a.exr", frame_from_rgb(rgb), "float")
    rgb[0, 0, 1] = np.nan
    with pytest.raises(OutputError, match="NaN"):
        write_frame(tmp_path / "b.exr", frame_from_rgb(rgb), "float")
    assert not (tmp_path / "b.exr").exists()


def test_what_a_format_cannot_keep_is_refused(tmp_path, rgb):
    write_raw(tmp_path / "in.exr", rgb, ("R", "G", "B"), x=5, full_width=100)
    with pytest.raises(OutputError, match="data window"):
        write_frame(tmp_path / "out.png", read_frame(tmp_path / "in.exr"))
    with pytest.raises(SettingsError, match="zip, dwaa, aces, float"):
        write_frame(tmp_path / "out.exr", frame_from_rgb(rgb), "piz")


@pytest.mark.parametrize("name", ["a.exr", "a.dpx", "a.tif", "a.png", "a.jpg"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, name):
    resource = pytest.importorskip("resource")
    rgb = np.random.default_rng(1).uniform(0.0, 1.0, (200, 300, 3)).astype(np.float32)
    path = tmp_path / name
    path.write_bytes(b"the frame of an earlier render")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Stands for a full disk: the system refuses every byte after this one.
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, hard))
    try:
        with pytest.raises(OutputError, match=rf"{name}: cannot be written"):
            write_frame(path, frame_from_rgb(rgb))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"the frame of an earlier render"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_named(tmp_path, rgb):
    (tmp_path / "file").touch()
    for write in (lambda path: write_frame(path, frame_from_rgb(rgb)), lambda path: write_text(path, "text")):
        with pytest.raises(OutputError, match=r"file.a\.exr: cannot be written"):
            write(tmp_path / "file" / "a.exr")


def test_written_files_are_readable_by_others(tmp_path):
    write_text(tmp_path / "plain.txt", "text")
    (tmp_path / "other.txt").write_text("text")
    assert (tmp_path / "plain.txt").stat().st_mode == (tmp_path / "other.txt").stat().st_mode

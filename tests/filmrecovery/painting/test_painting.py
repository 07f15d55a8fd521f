import json
import shutil

import numpy as np
import OpenImageIO
import pytest
from painted_frames import HEIGHT, SETTINGS, WIDTH, adobe_rgb, grey, paint, painted_over, profile, save
from PIL import ImageCms
from scipy import ndimage

from filmrecovery.base.errors import FileError, OutputError, RunError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.painting.export_for_painting import export_for_painting
from filmrecovery.painting.icc import is_profile_of, profile_name
from filmrecovery.painting.misalignment import find_misalignment
from filmrecovery.painting.painting_record import read_painting
from filmrecovery.painting.painting_settings import ExportSettings, ImportSettings
from filmrecovery.painting.take_back import check_frames, write_reference
from filmrecovery.picture.colour import converter
from filmrecovery.picture.luma import chroma, luma, rgb_of
from filmrecovery.training.pairs.load_pairs import load_pairs
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_settings import PairSettings

# Given out


def test_frames_are_given_out_in_the_working_space_and_say_so(film, given):
    for number in (1, 24):
        source = converter("lin_ap0", "srgb_tx")(read_frame(film.path(number)).rgb)
        path = given / f"paint.{number:04d}.tif"
        header = read_header(path)
        assert header.format == OpenImageIO.UINT16
        assert "colour space srgb_tx" in header.get_string_attribute("ImageDescription")
        assert is_profile_of(np.asarray(header.getattribute("ICCProfile")).tobytes(), "srgb_tx")
        np.testing.assert_allclose(read_frame(path).rgb, np.clip(source, 0, 1), atol=1e-5)
        guide = read_frame(given / f"luma.{number:04d}.tif").rgb
        assert (guide == guide[..., :1]).all()
        np.testing.assert_allclose(guide[..., 0], luma(np.clip(source, 0, 1)), atol=1e-5)
    painting = read_painting(given)
    assert (painting.working_space, painting.source) == ("srgb_tx", film)
    assert painting.frames[0].clamped == pytest.approx(4 * 8 / (HEIGHT * WIDTH), abs=1e-6)
    text = (given / "README.txt").read_text()
    assert "srgb_tx" in text
    assert "{" not in text


def test_exr_holds_half_float_and_the_name_of_the_space(film, tmp_path):
    settings = ExportSettings(working_space="g24_rec709", format="exr")
    export_for_painting(settings, film.with_frames([1]), tmp_path / "given")
    header = read_header(tmp_path / "given" / "paint.0001.exr")
    assert header.format == OpenImageIO.HALF
    assert "g24_rec709" in header.get_string_attribute("oiio:ColorSpace")
    assert "colour space g24_rec709" in header.get_string_attribute("ImageDescription")
    assert "not linear light" in (tmp_path / "given" / "README.txt").read_text()


def test_profiles_are_told_apart_by_their_colours():
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert is_profile_of(own, "srgb_tx")
    assert not is_profile_of(own, "g24_rec709")
    assert is_profile_of(profile("g24_rec709"), "g24_rec709")
    assert profile_name(profile("g24_rec709")) == "Rec.709, gamma 2.4 (BT.1886)"
    assert not is_profile_of(adobe_rgb(), "srgb_tx")
    assert not is_profile_of(b"damaged", "srgb_tx")
    assert is_profile_of(own, "rec1886_rec709_display") is None


def test_painted_frames_are_never_overwritten(film, given, capsys):
    painted = paint(given, 1)
    (given / "paint.0024.kra").write_bytes(b"layers")
    before = {path: path.read_bytes() for path in (painted, given / "paint.0024.kra", given / "paint.0024.tif")}
    arguments = ["paint-export", film.pattern, str(given), "--frames", "1,24", "--source-space", "lin_ap0"]
    assert main([*arguments, "--strength", "0.5"]) == 0
    assert "painted already, not overwritten: 1,24" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in before} == before

    (given / "paint.0024.kra").unlink()
    assert main([*arguments, "--format", "exr"]) == 0
    assert "painted already, not overwritten: 1\n" in capsys.readouterr().out
    assert painted.read_bytes() == before[painted]
    assert not (given / "paint.0024.tif").exists()
    assert (given / "paint.0024.exr").exists()


def test_more_frames_are_added_to_those_given_out(film, tmp_path):
    for frame in (24, 1):
        export_for_painting(SETTINGS, film.with_frames([frame]), tmp_path / "given")
    assert [item.frame for item in read_painting(tmp_path / "given").frames] == [1, 24]


def test_files_of_another_origin_are_left_alone(film, given, tmp_path):
    with pytest.raises(RunError, match=r"holds frames of .* in srgb_tx, and .* in g24_rec709 is asked for"):
        export_for_painting(ExportSettings(working_space="g24_rec709"), film.with_frames([1]), given)
    (tmp_path / "mine").mkdir()
    shutil.copy(given / "paint.0001.tif", tmp_path / "mine" / "paint.0001.tif")
    with pytest.raises(RunError, match=r"paint\.0001\.tif: was not given out from here"):
        export_for_painting(SETTINGS, film, tmp_path / "mine")
    with pytest.raises(SettingsError, match="is scene-linear"):
        export_for_painting(ExportSettings(working_space="lin_ap0"), film, tmp_path / "other")


def test_the_source_is_never_overwritten(film, tmp_path):
    source = Element(str(tmp_path / "paint.####.exr"), (1,), "lin_ap0")
    shutil.copy(film.path(1), source.path(1))
    with pytest.raises(OutputError, match="overwrite its own input"):
        export_for_painting(ExportSettings(format="exr"), source, tmp_path)


# Taken back


def test_painted_frames_become_pairs(film, given, tmp_path):
    wanted = {}
    for frame in (1, 24):
        wanted[frame] = read_frame(paint(given, frame)).rgb
    checks = check_frames(ImportSettings(), given)
    assert [(check.state, check.problems, check.warnings) for check in checks] == [("painted", (), ())] * 2
    assert all(check.largest_shift < 0.05 for check in checks)
    assert all(check.luma_rms < 5e-3 for check in checks)
    reference = write_reference(given, checks, str(tmp_path / "reference.####.exr"))
    np.testing.assert_array_equal(read_frame(reference.path(24)).rgb, wanted[24])

    settings = PairSettings(mode="chroma", frames="1,24", median=0)
    make_pairs(settings, film, reference, tmp_path / "pairs")
    for pair in load_pairs(tmp_path / "pairs"):
        inside = (pair.target.min(axis=-1) > 0) & (pair.target.max(axis=-1) < 1)
        np.testing.assert_allclose(luma(pair.target)[inside], luma(pair.input)[inside], atol=1e-5)
        np.testing.assert_allclose(chroma(pair.target)[inside], chroma(wanted[pair.frame])[inside], atol=1e-5)


@pytest.mark.parametrize(
    ("name", "kind", "tolerance", "bits"),
    [
        ("paint.0001.tiff", OpenImageIO.UINT16, 1e-4, 16),
        ("paint.0001.PNG", OpenImageIO.UINT16, 1e-4, 16),
        ("paint.0001.png", OpenImageIO.UINT8, 3e-3, 8),
        ("paint.0001.exr", OpenImageIO.HALF, 1e-3, 16),
        ("paint.0001.tif", OpenImageIO.FLOAT, 1e-6, 32),
    ],
)
def test_what_paint_programs_save_is_taken(given, tmp_path, name, kind, tolerance, bits):
    wanted = painted_over(read_frame(given / "paint.0001.tif").rgb)
    save(given / name, wanted, kind)
    (check,) = checks = check_frames(ImportSettings(frames="1"), given)
    assert (check.file, check.state, check.bits) == (name, "painted", bits)
    assert ["8 bits a channel" in warning for warning in check.warnings] == [True] * (bits == 8)
    reference = write_reference(given, checks, str(tmp_path / "reference.####.exr"))
    np.testing.assert_allclose(read_frame(reference.path(1)).rgb, wanted, atol=tolerance)


@pytest.mark.parametrize(
    ("name", "straight"), [("paint.0001.tif", True), ("paint.0001.png", True), ("paint.0001.exr", False)]
)
def test_transparent_parts_keep_what_was_given_out(given, tmp_path, name, straight):
    start = read_frame(given / "paint.0001.tif").rgb
    colours = painted_over(start)
    cover = np.ones((HEIGHT, WIDTH, 1), np.float32)
    cover[:, :40], cover[:, 40:80] = 0.0, 0.5
    save(given / name, np.concatenate([colours * (1 if straight else cover), cover], axis=-1), straight=straight)
    (check,) = checks = check_frames(ImportSettings(frames="1"), given)
    assert check.covered == pytest.approx(0.625, abs=1e-3)
    picture = read_frame(write_reference(given, checks, str(tmp_path / "r.####.exr")).path(1)).rgb
    np.testing.assert_allclose(picture, cover * colours + (1 - cover) * start, atol=5e-4)


def test_a_copy_painted_by_mistake_comes_back(film, given, tmp_path):
    painted = paint(given / "exported").read_bytes()
    shutil.move(given / "exported" / "paint.0001.tif", given / "paint.0001.tif")
    assert export_for_painting(SETTINGS, film, given).painted_frames == (1,)
    assert (given / "paint.0001.tif").read_bytes() == painted
    (check,) = check_frames(ImportSettings(frames="1"), given)
    assert (check.state, check.problems) == ("painted", ())


def test_other_luma_is_a_warning(given, tmp_path, capsys):
    paint(given, 1, lambda rgb: painted_over(rgb) ** 1.6)
    paint(given, 24)
    assert main(["paint-import", str(given), str(tmp_path / "reference.####.exr")]) == 0
    shown = capsys.readouterr()
    assert "paint.0001.tif: luma is off by 0." in shown.err
    assert "paint.0024.tif: luma" not in shown.err
    first, second = json.loads((given / "checks.json").read_text())["frames"]
    assert first["luma_rms"] > 0.1
    assert first["luma_far_off"] > 0.5
    assert first["largest_shift"] < 0.2
    assert second["luma_far_off"] == 0
    expected = read_frame(given / "paint.0001.tif").rgb
    np.testing.assert_array_equal(read_frame(tmp_path / "reference.0001.exr").rgb, expected)


def test_frames_that_were_never_given_out_are_named(given):
    with pytest.raises(SettingsError, match=r"7 were not given out in .*, which has 1,24"):
        check_frames(ImportSettings(frames="1,7"), given)
    with pytest.raises(FileError, match=r"painting\.json: there is no such file; expected a record of frames"):
        check_frames(ImportSettings(), given / "exported")


def test_a_painted_file_is_never_overwritten_by_the_reference(given):
    save(given / "paint.0001.exr", painted_over(read_frame(given / "paint.0001.tif").rgb), OpenImageIO.HALF)
    checks = check_frames(ImportSettings(frames="1"), given)
    with pytest.raises(OutputError, match="overwrite its own input"):
        write_reference(given, checks, str(given / "paint.####.exr"))


def test_displacement_is_found_to_a_tenth_of_a_pixel_under_paint():
    given = grey(3)
    other = np.clip(ndimage.gaussian_filter(given, 1.0) ** 1.3 + 0.2 * (grey(9) > 0.6), 0, 1)
    for shift in ((0.0, 0.0), (0.4, -0.3), (-6.0, 9.0)):
        moved = ndimage.shift(other, shift, order=3, mode="nearest").astype(np.float32)
        found = find_misalignment(given, moved)
        assert (found.down, found.right) == pytest.approx(shift, abs=0.1)
    turned = ndimage.rotate(given, 1.0, reshape=False, order=3, mode="nearest")
    assert find_misalignment(given, turned).largest == pytest.approx(np.radians(1) * np.hypot(80, 48), abs=0.2)
    assert find_misalignment(given, grey(4)) is None
    assert find_misalignment(given, np.zeros_like(given)) is None


# Drafts


@pytest.fixture
def artwork(tmp_path):
    picture = rgb_of(grey(5), np.full((HEIGHT, WIDTH, 2), (-0.08, 0.06), np.float32))
    write_frame(tmp_path / "poster.png", frame_from_rgb(np.clip(picture, 0, 1)))
    return str(tmp_path / "poster.png")


def test_a_draft_is_where_painting_starts_and_may_be_taken_back(film, artwork, tmp_path, capsys):
    folder, reference = tmp_path / "given", str(tmp_path / "reference.####.exr")
    arguments = ["--frames", "1,24", "--source-space", "lin_ap0", "--artwork", artwork]
    assert main(["paint-export", film.pattern, str(folder), *arguments]) == 0
    picture = read_frame(folder / "paint.0001.tif").rgb
    np.testing.assert_allclose(luma(picture), read_frame(folder / "luma.0001.tif").rgb[..., 0], atol=2e-5)
    np.testing.assert_allclose(np.median(chroma(picture), axis=(0, 1)), (-0.08, 0.06), atol=0.02)
    assert read_painting(folder).frames[0].draft.artwork == artwork
    assert "poster.png" in (folder / "README.txt").read_text()

    paint(folder, 24)
    capsys.readouterr()
    assert main(["paint-import", str(folder), reference]) == 0
    shown = capsys.readouterr().out
    assert "    1  paint.0001.tif       draft " in shown
    assert "   24  paint.0024.tif       painted " in shown
    np.testing.assert_array_equal(read_frame(tmp_path / "reference.0001.exr").rgb, picture)

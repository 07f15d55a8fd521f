"""Blocks and bands of a reference are smoothed as its movie is unpacked: shown, recorded, and for colour alone."""

import av.filter
import numpy as np
import pytest
from movie_files import known_layout, ramp_codes, write_movie
from movie_project import project_text
from PIL import Image

from filmrecovery.base.errors import SettingsError
from filmrecovery.cli import main
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.film.movies.movie_record import read_movie_record, record_path
from filmrecovery.film.movies.reference_filter import ReferenceFilter, filters_of
from filmrecovery.film.movies.unpack import unpack
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from filmrecovery.project.load_project import load_project
from filmrecovery.reference.alignment.align_frames import write_aligned
from filmrecovery.reference.alignment.alignment_file import Alignment, FrameAlignment
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_settings import PairSettings

WIDTH, HEIGHT = 96, 64
SPACE = "g24_rec709"
NAME = "filmrecovery:filtered"


def test_the_wheel_of_pyav_has_the_filters():
    assert {"deband", "deblock"} <= av.filter.filters_available


def gradient():
    x = np.linspace(0.2, 0.8, WIDTH, dtype=np.float32)
    return np.repeat(np.repeat(x[np.newaxis, :, np.newaxis], HEIGHT, 0), 3, 2)


def test_bands_of_a_gradient_are_smoothed_and_edges_stay():
    smooth = ReferenceFilter(filters_of(UnpackSettings(deband=0.02)), WIDTH, HEIGHT)
    banded = np.rint(gradient() * 64) / np.float32(64)
    banded[:, WIDTH // 2 :] += 0.1
    found = smooth.filtered(banded) - banded
    truth = gradient() - np.rint(gradient() * 64) / np.float32(64)
    inner = np.s_[16:-16, 20 : WIDTH // 2 - 16]
    assert np.mean((found - truth)[inner] ** 2) < 0.75 * np.mean(truth[inner] ** 2)
    # No step of more than the threshold is changed.
    assert np.abs(found).max() < 0.02
    assert np.abs(np.diff(banded + found, axis=1)[:, WIDTH // 2 - 1]).min() > 0.07


def test_edges_of_blocks_are_smoothed_and_other_values_stay():
    random = np.random.default_rng(1)
    offsets = np.kron(random.choice([-0.01, 0.01], (HEIGHT // 8, WIDTH // 8)), np.ones((8, 8)))
    picture = (gradient() + offsets[..., np.newaxis]).astype(np.float32)
    found = ReferenceFilter(filters_of(UnpackSettings(deblock="strong")), WIDTH, HEIGHT).filtered(picture)
    before, after = (np.abs(np.diff(each, axis=1))[:, 7::8].mean() for each in (picture, found))
    assert after < 0.6 * before
    # In the middle of a block nothing is touched, to the last bit.
    assert np.array_equal(found[4::8, 4::8], picture[4::8, 4::8])


def test_values_outside_what_filters_see_are_left():
    picture = np.tile(np.array([[-2.0], [3.0]], np.float32), (HEIGHT // 2, WIDTH))[..., np.newaxis].repeat(3, 2)
    found = ReferenceFilter(filters_of(UnpackSettings(deblock="weak", deband=0.01)), WIDTH, HEIGHT).filtered(picture)
    assert np.array_equal(found, picture)


@pytest.fixture
def smoothed(tmp_path):
    """Three frames of a movie that was unpacked with both filters."""
    movie = tmp_path / "video.mkv"
    write_movie(movie, [ramp_codes(known_layout("yuv420p"), WIDTH, HEIGHT)] * 3, pixel_format="yuv420p")
    settings = UnpackSettings(deblock="weak", deband=0.02)
    return unpack(settings, movie, str(tmp_path / "video.####.exr"), space=SPACE)


def test_it_is_shown_and_recorded_and_made_again_for_other_filters(smoothed, tmp_path):
    filters = read_movie_record(record_path(smoothed.pattern)).decided.filters
    assert filters.startswith("deblock=filter=weak:block=8:")
    assert "deband=1thr=0.01:2thr=0.01:3thr=0.01" in filters
    assert read_header(smoothed.path(2)).get_string_attribute(NAME) == filters
    shown = tmp_path / "video.filtered.jpg"
    assert Image.open(shown).size[0] == 1600
    times = [path.stat().st_mtime_ns for path in (shown, smoothed.path(2))]
    movie = tmp_path / "video.mkv"
    unpack(UnpackSettings(deblock="weak", deband=0.02), movie, smoothed.pattern)
    assert [path.stat().st_mtime_ns for path in (shown, smoothed.path(2))] == times
    unpack(UnpackSettings(), movie, smoothed.pattern)
    assert read_header(smoothed.path(2)).get_string_attribute(NAME) == ""


def test_the_verb_takes_the_options(smoothed, tmp_path):
    other = tmp_path / "other" / "video.####.exr"
    arguments = ["unpack", str(tmp_path / "video.mkv"), str(other), "--deband", "0.01"]
    assert main(arguments) == 0
    assert read_header(str(other).replace("####", "0001")).get_string_attribute(NAME).startswith("deband=1thr=0.005:")


@pytest.fixture
def source(element):
    random = np.random.default_rng(2)
    return element("scan", [random.random((HEIGHT, WIDTH, 3), np.float32)] * 3, SPACE)


@pytest.mark.parametrize("mode", ["spatial", "plain"])
def test_no_stage_that_learns_detail_takes_it(mode, source, smoothed, tmp_path):
    settings = PairSettings(mode=mode, frames="1-3", working_space=SPACE)
    with pytest.raises(SettingsError, match=rf"video\.0001\.exr: was smoothed \(deblock=.* the mode {mode} learns"):
        make_pairs(settings, source, smoothed, tmp_path / "pairs")
    assert not (tmp_path / "pairs").exists()


def test_pairs_for_colour_take_it_and_say_so(source, smoothed, tmp_path):
    make_pairs(PairSettings(mode="chroma", frames="1-3", working_space=SPACE), source, smoothed, tmp_path / "pairs")
    assert read_header(tmp_path / "pairs" / "target.0002.exr").get_string_attribute(NAME).startswith("deblock=")
    (tmp_path / "pairs" / "manifest.json").unlink()
    with pytest.raises(SettingsError, match=r"target\.0001\.exr: was smoothed"):
        adopt_pairs(tmp_path / "pairs", PairFacts("spatial", SPACE))
    adopt_pairs(tmp_path / "pairs", PairFacts("chroma", SPACE))


def test_an_aligned_reference_says_so_too(source, smoothed, tmp_path):
    size = (WIDTH, HEIGHT)
    frames = (FrameAlignment(1, 2, np.eye(3), 0.1, 0.9, False),)
    alignment = Alignment(AlignSettings(), source, size, smoothed, size, frames)
    aligned = write_aligned(alignment, source, smoothed, str(tmp_path / "aligned" / "video.####.exr"))
    assert read_header(aligned.path(1)).get_string_attribute(NAME).startswith("deblock=")


def test_a_project_refuses_it_before_any_work(tmp_path):
    path = tmp_path / "project.toml"
    text = project_text("deband = 0.02")
    path.write_text(text)
    load_project(path)
    path.write_text(text.replace('mode = "chroma"', 'mode = "spatial"'))
    with pytest.raises(SettingsError, match="stage 'chroma': key 'reference': 'video': was smoothed"):
        load_project(path)

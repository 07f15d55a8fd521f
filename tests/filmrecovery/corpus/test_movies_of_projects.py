"""An element of a project may be a movie: its frames are unpacked before the work, and are an element as others."""

import numpy as np
import pytest
from movie_files import known_layout, ramp_codes, ramp_picture, write_movie
from movie_project import project_text

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.project.check_project import check_project
from filmrecovery.project.load_project import load_project
from filmrecovery.project.run_project import run_project
from filmrecovery.project.unpack_movies import unpack_movies

PROJECT = project_text('matrix = "bt709"')


@pytest.fixture
def project_file(tmp_path):
    def write(text=PROJECT, size=(66, 50)):
        codes = ramp_codes(known_layout("yuv422p10le"), 66, 50)
        (tmp_path / "scans").mkdir()
        write_movie(tmp_path / "scans" / "video.mkv", [codes] * 5)
        for frame in range(1, 5):
            rgb = ramp_picture(*size).astype(np.float32)
            write_frame(tmp_path / "scans" / f"print.{frame:04d}.exr", frame_from_rgb(rgb))
        path = tmp_path / "project.toml"
        path.write_text(text)
        return path

    return write


def test_its_frames_are_those_of_the_movie_and_fit_the_others(project_file, tmp_path):
    project = load_project(project_file())
    unpack_movies(project)
    video = project.elements["video"]
    assert video.pattern == str(tmp_path / "recovered" / "movies" / "video" / "video.####.exr")
    assert [path.is_file() for path in video.with_frames(range(1, 5)).paths()] == [True, True, True, False]
    assert np.abs(read_frame(video.path(3)).rgb - ramp_picture(66, 50))[4:-4, 4:-4].max() < 0.002
    check_project(project)
    before = video.path(1).stat().st_mtime_ns
    unpack_movies(project)
    assert video.path(1).stat().st_mtime_ns == before


def test_a_run_unpacks_before_it_checks(project_file):
    path = project_file(size=(40, 40))
    with pytest.raises(ElementError, match="66x50 pixels; expected 40x40"):
        run_project(path)
    assert load_project(path).elements["video"].path(3).is_file()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('movie = "scans/video.mkv"', "", "element 'video': expected one of the keys 'pattern' .* and 'movie'"),
        ('movie = "s', 'pattern = "a.####.exr"\nmovie = "s', "element 'video': expected one of the keys"),
        ('movie = "scans/video.mkv"', 'pattern = "a.####.exr"', "element 'video': key 'unpack' is for a movie"),
        ('matrix = "bt709"', 'matrix = "bt2"', "'bt2' is not one of"),
        ('name = "chroma"', 'name = "movies"', "stage 'movies': the name is taken"),
    ],
)
def test_what_does_not_go_together_is_refused(project_file, old, new, said):
    with pytest.raises(SettingsError, match=said):
        load_project(project_file(PROJECT.replace(old, new)))


def test_frames_that_the_movie_lacks_are_named(project_file):
    text = PROJECT.replace('frames = "1-3"', 'frames = "1-6"')
    with pytest.raises(SettingsError, match=r"element 'video': video\.mkv: has the frames 1-5, but not 6"):
        run_project(project_file(text))

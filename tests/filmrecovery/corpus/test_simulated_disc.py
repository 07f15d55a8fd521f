"""A DVD of the demo film gives back the film: every frame once, in order, of true colour and square pixels."""

import pytest
from simulated_disc import fields_of, psnr, shown_frames, stored_frame, write_disc

from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.movies.movie_record import read_movie_record, record_path
from filmrecovery.film.movies.unpack import unpack
from filmrecovery.film.movies.unpack_settings import UnpackSettings

pytestmark = pytest.mark.slow


def test_a_disc_gives_the_film_back(tmp_path):
    frames = [stored_frame(number, 240, 160) for number in range(5, 35)]
    order = fields_of(range(30), lost=(42, 43, 44))
    disc = write_disc(tmp_path / "disc.vob", frames, order, 4_000_000)
    element = unpack(UnpackSettings(), disc, str(tmp_path / "video.####.exr"))
    record = read_movie_record(record_path(element.pattern))
    assert (record.decided.cadence, record.decided.rate, record.decided.first_field) == ("2:3", "24000/1001", "top")
    assert (record.decided.width, record.decided.height, record.decided.siting) == (240, 180, "left")
    assert len(record.breaks) == 1
    kept = sorted(set(order))
    assert shown_frames([read_frame(path).rgb for path in element.paths()], frames) == kept
    stored = unpack(UnpackSettings(pixels="stored"), disc, str(tmp_path / "stored.####.exr"))
    ratios = [psnr(read_frame(path).rgb, frames[frame]) for path, frame in zip(stored.paths(), kept, strict=True)]
    assert min(ratios) > 30

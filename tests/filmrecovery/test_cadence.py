"""The frames of the film are found among the fields of a telecine: each once, in order, of both its fields."""

import numpy as np
import pytest
from scipy import ndimage

from filmrecovery.film.movies.cadence import find_cadence
from filmrecovery.film.movies.field_differences import FieldComparison
from filmrecovery.film.movies.movie_record import FilmFrame

HEIGHT, WIDTH = 96, 128


def film(count, speed=3, still=(), seed=3):
    """A pan over a textured ground by some pixels a frame; in the frames `still` nothing moves."""
    ground = ndimage.gaussian_filter(
        np.random.default_rng(seed).standard_normal((HEIGHT, WIDTH + speed * count + 40)), 1.2
    )
    ground = np.clip(0.5 + 0.15 * ground / ground.std(), 0, 1)
    place, frames = 0, []
    for frame in range(count):
        place += 0 if frame in still else speed
        frames.append(ground[:, place : place + WIDTH])
    return frames


def telecine(frames, fields_of_each, first="top", lost=(), grain=0.005):
    """Pictures of video, and for each the frames that its top and its bottom field are of.

    Of the fields in their order, those of `lost` are cut out.
    """
    random = np.random.default_rng(5)
    order = [frame for frame in range(len(frames)) for _ in range(fields_of_each[frame % len(fields_of_each)])]
    order = [frame for field, frame in enumerate(order) if field not in lost]
    pictures, labels = [], []
    for one, other in zip(order[0::2], order[1::2], strict=False):
        top, bottom = (one, other) if first == "top" else (other, one)
        picture = np.empty_like(frames[0])
        picture[0::2], picture[1::2] = frames[top][0::2], frames[bottom][1::2]
        pictures.append((picture + grain * random.standard_normal(picture.shape)).astype(np.float32))
        labels.append((top, bottom))
    return pictures, labels


def with_counter(pictures):
    """A counter burnt into the video: another digit in each picture, the same in both of its fields."""
    digits = np.random.default_rng(9).integers(0, 2, (10, 4, 3)).repeat(2, axis=1).repeat(2, axis=2)
    counted = [picture.copy() for picture in pictures]
    for number, picture in enumerate(counted):
        picture[80:92, 20:36] = 0
        picture[82:90, 22:28] = digits[number // 10 % 10]
        picture[82:90, 29:35] = digits[number % 10]
    return counted


def cadence_of(pictures, first_field=None):
    comparison = FieldComparison()
    return find_cadence([comparison.with_next(picture) for picture in pictures], first_field)


def found_frames(cadence, labels):
    """The film's frames in the order in which they were found; those woven of two are tuples."""
    found = []
    for frame in cadence.frames:
        tops = set() if frame.top is None else {labels[frame.top][0]}
        both = tops | (set() if frame.bottom is None else {labels[frame.bottom][1]})
        found.append(both.pop() if len(both) == 1 else tuple(both))
    return found


@pytest.mark.parametrize("speed", [1, 3, 8])
@pytest.mark.parametrize("first", ["top", "bottom"])
@pytest.mark.parametrize("fields", [(2, 3), (3, 2)])
def test_pulldown_is_removed(speed, first, fields):
    pictures, labels = telecine(film(40, speed), fields, first)
    cadence = cadence_of(pictures)
    assert (cadence.kind, cadence.first_field, cadence.breaks, cadence.combed) == ("2:3", first, (), ())
    assert found_frames(cadence, labels) == list(range(40))


@pytest.mark.parametrize(
    ("lost", "frames", "after"),
    [
        ((37, 38, 39), [*range(15), *range(16, 40)], 15),
        (range(40, 47), [*range(16), *range(19, 40)], 16),
        ((50,), [*range(40)], 20),
        ((40, 41), [*range(16), *range(17, 40)], 16),
        ((43, 44), [*range(40)], 18),
    ],
    ids=["a whole frame", "three frames", "a field", "between frames of three fields", "all but a field"],
)
def test_an_edit_breaks_the_cadence_and_no_frame(lost, frames, after):
    pictures, labels = telecine(film(40), (2, 3), lost=lost)
    cadence = cadence_of(pictures)
    assert found_frames(cadence, labels) == frames
    assert all(abs(frame - after) <= 1 for frame in cadence.breaks)
    assert len(cadence.breaks) == 1


def test_where_nothing_moves_the_cadence_goes_on():
    pictures, labels = telecine(film(40, 2, still=range(10, 22)), (2, 3))
    assert found_frames(cadence_of(pictures), labels) == list(range(40))


def test_grain_hides_no_cadence():
    pictures, labels = telecine(film(40), (2, 3), grain=0.03)
    assert found_frames(cadence_of(pictures), labels) == list(range(40))


@pytest.mark.parametrize("speed", [1, 3])
def test_a_time_code_burnt_into_the_video_hides_no_cadence(speed):
    pictures, labels = telecine(film(40, speed), (2, 3))
    cadence = cadence_of(with_counter(pictures))
    assert (cadence.kind, cadence.first_field, cadence.breaks) == ("2:3", "top", ())
    assert found_frames(cadence, labels) == list(range(40))


def test_a_time_code_burnt_into_the_video_makes_no_film_of_it():
    interlaced, _ = telecine(film(80), (1,))
    whole, _ = telecine(film(40), (2,))
    assert cadence_of(with_counter(interlaced)).kind == "interlaced"
    assert cadence_of(with_counter(whole)).kind == "progressive"


@pytest.mark.parametrize("grain", [0.0, 0.005, 0.05])
@pytest.mark.parametrize("speed", [0, 1, 8])
def test_whole_pictures_are_left_whole(speed, grain):
    pictures, _ = telecine(film(40, speed), (2,), grain=grain)
    cadence = cadence_of(pictures)
    assert cadence.kind == "progressive"
    assert cadence.frames == tuple(FilmFrame(index, index) for index in range(40))


def test_noise_alone_is_no_cadence():
    random = np.random.default_rng(8)
    for length in (2, 12, 12, 12, 100):
        pictures = [random.random((48, 64)).astype(np.float32) for _ in range(length)]
        assert cadence_of(pictures).kind == "progressive"


@pytest.mark.parametrize("speed", [1, 3, 8])
@pytest.mark.parametrize("first", ["top", "bottom"])
def test_fields_of_two_pictures_are_put_together_and_the_ends_are_half_frames(speed, first):
    pictures, labels = telecine(film(40, speed), (2,), first, lost=(0,))
    cadence = cadence_of(pictures)
    assert (cadence.kind, cadence.first_field, cadence.breaks) == ("2:2", first, ())
    assert found_frames(cadence, labels) == list(range(40))
    assert None in (cadence.frames[0].top, cadence.frames[0].bottom)


@pytest.mark.parametrize("speed", [1, 3, 8])
@pytest.mark.parametrize("grain", [0.005, 0.05])
def test_interlaced_video_is_told(speed, grain):
    pictures, _ = telecine(film(80, speed), (1,), grain=grain)
    assert cadence_of(pictures).kind == "interlaced"


def test_a_field_order_that_is_given_is_kept():
    pictures, _ = telecine(film(40), (2, 3), "bottom")
    assert cadence_of(pictures, "bottom").first_field == "bottom"
    assert cadence_of(pictures, "top").kind == "interlaced"


def test_a_pulldown_that_is_not_known_is_not_taken_for_whole_pictures():
    pictures, _ = telecine(film(40), (2, 3, 3, 2))
    assert cadence_of(pictures).kind == "interlaced"

import dataclasses
import json

import numpy as np
import pytest
from scipy import ndimage

from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.reference.matching.certainty import doubted, surer
from filmrecovery.reference.matching.frame_likeness import faint
from filmrecovery.reference.matching.frame_match import FrameMatch, read_matches, write_matches
from filmrecovery.reference.matching.match_frames import match_frames
from filmrecovery.reference.matching.match_settings import MatchSettings
from filmrecovery.reference.matching.panning import find_pan, steadied
from filmrecovery.reference.matching.rough_matches import rough_matches
from filmrecovery.reference.matching.timing import are_chance

SIZE = (150, 270)


def moving_picture(seed):
    """Frames of a film: a scene, and a smaller one that crosses it on a curve; frame -> (height, width) in 0..1."""
    generator = np.random.default_rng(seed)
    ground, thing = (
        np.sum([size * ndimage.gaussian_filter(generator.standard_normal((220, 320)), size) for size in (0.8, 2.5)], 0)
        for _ in range(2)
    )
    ground, thing = (0.5 + 0.12 * picture / picture.std() for picture in (ground, thing))

    def picture(frame):
        y, x = 40 + 20 * np.sin(frame / 7), 60 + 2.5 * frame
        shown = ndimage.shift(ground, (-30 - 3 * np.sin(frame / 9), -40 - 0.8 * frame), order=1, mode="wrap")[
            :100, :180
        ]
        rows, columns = np.mgrid[:100, :180]
        inside = (np.abs(rows - y) < 22) & (np.abs(columns - x % 180) < 25)
        moved = ndimage.shift(thing, (y, x), order=1, mode="wrap")[:100, :180]
        return np.clip(np.where(inside, moved, shown), 0, 1)

    return picture


def element(folder, name, pictures, first=1, *, seed=0, colour=(1.0, 1.0, 1.0), gamma=1.0, crop=0, numbers=None):
    """Writes pictures as a grainy element, cropped by some pixels at each side."""
    generator = np.random.default_rng(seed)
    numbers = tuple(numbers or range(first, first + len(pictures)))
    sequence = Element(str(folder / f"{name}.####.exr"), numbers, "srgb_tx")
    for number, grey in zip(numbers, pictures, strict=True):
        height, width = grey.shape
        part = grey[crop : height - crop, crop : width - crop]
        small = ndimage.zoom(part, (SIZE[0] / part.shape[0], SIZE[1] / part.shape[1]), order=1)
        rgb = np.clip(small, 0, 1)[..., np.newaxis] ** gamma * np.array(colour)
        rgb = rgb * (1 + 0.04 * generator.standard_normal(rgb.shape))
        write_frame(sequence.path(number), frame_from_rgb(rgb.astype(np.float32)), "float")
    return sequence


def references(matches):
    return [match.reference for match in matches]


@pytest.mark.slow
def test_offset_framing_and_colour_do_not_matter(tmp_path):
    film = moving_picture(1)
    source = element(
        tmp_path, "source", [film(n) for n in range(6, 24)], 101, colour=(0.9, 0.5, 0.6), gamma=0.7, seed=1
    )
    reference = element(tmp_path, "reference", [film(n) for n in range(30)], 1, crop=5, seed=2)
    matches = match_frames(MatchSettings(), source, reference)
    assert [match.source for match in matches] == list(range(101, 119))
    assert references(matches) == list(range(7, 25))
    assert min(match.confidence for match in matches) > 0.9


@pytest.mark.slow
def test_dropped_doubled_and_missing_frames_are_found(tmp_path):
    film = moving_picture(2)
    shown = [n for n in range(34) if n != 12]
    shown.insert(shown.index(20), 20)
    numbers = [n for n in range(1, 35) if n not in (27, 28)]
    reference = element(tmp_path, "reference", [film(shown[n - 1]) for n in numbers], numbers=numbers, seed=1)
    source = element(tmp_path, "source", [film(n) for n in range(4, 32)], 1, seed=2)
    matches = match_frames(MatchSettings(), source, reference)
    for match, frame in zip(matches, range(4, 32), strict=True):
        right = {number for number in numbers if shown[number - 1] == frame} or {None}
        assert match.reference in right, f"frame {frame} of the film"


@pytest.mark.slow
def test_a_segment_that_the_reference_lacks_has_no_match(tmp_path):
    film, other = moving_picture(3), moving_picture(4)
    source = element(tmp_path, "source", [film(n) if not 10 <= n < 18 else other(n) for n in range(28)], 1, seed=1)
    reference = element(tmp_path, "reference", [film(n) for n in [*range(10), *range(18, 28)]], 1, seed=2)
    matches = match_frames(MatchSettings(), source, reference)
    assert references(matches) == [*range(1, 11), *8 * [None], *range(11, 21)]


def test_frames_of_a_fade_are_faint_and_dark_scenes_are_not():
    film = moving_picture(3)
    fade = np.stack([film(n) * min(n / 8, 1) for n in range(24)])
    assert faint(fade).tolist() == [*[True] * 3, *[False] * 21]
    assert not faint(0.1 * fade[8:]).any()


@pytest.mark.slow
def test_of_black_frames_nobody_knows_which_they_are(tmp_path):
    film = moving_picture(3)
    shown = [film(n) * min(max(n - 5, 0) / 6, 1) for n in range(24)]
    grain = np.random.default_rng(4).normal(0, 0.01, (24, *shown[0].shape))
    source = element(tmp_path, "source", list(shown + grain), seed=1)
    # They came with more black than the reference has.
    reference = element(tmp_path, "reference", shown[4:], first=101, seed=2)
    matches = match_frames(MatchSettings(), source, reference)
    assert max(match.confidence for match in matches[:6]) <= 0.5
    assert references(matches)[12:] == list(range(109, 121))


@pytest.mark.slow
def test_a_static_passage_goes_on_in_time(tmp_path):
    film = moving_picture(5)
    held = [n if n < 8 else 8 if n < 22 else n - 13 for n in range(32)]
    source = element(tmp_path, "source", [film(n) for n in held], 1, seed=1)
    reference = element(tmp_path, "reference", [film(n) for n in held], 51, seed=2)
    matches = match_frames(MatchSettings(), source, reference)
    assert references(matches) == list(range(51, 83))


@pytest.mark.slow
def test_where_little_moves_no_wrong_match_is_sure(tmp_path):
    film = moving_picture(5)
    # Frames are dropped and doubled, also close to each other.
    shown = sorted({*range(40), 18} - {9, 21, 22})
    shown.insert(shown.index(18), 18)
    shown.insert(shown.index(27), 27)
    source = element(tmp_path, "source", [film(0.06 * n) for n in range(4, 36)], 1, seed=1)
    reference = element(tmp_path, "reference", [film(0.06 * n) for n in shown], 1, seed=2)
    right, wrong = [], []
    for match, frame in zip(match_frames(MatchSettings(), source, reference), range(4, 36), strict=True):
        truth = {number for number, one in enumerate(shown, start=1) if one == frame} or {None}
        (right if match.reference in truth else wrong).append(match.confidence)
    assert max(wrong, default=0.0) < 0.8
    assert np.median(right) > 0.9


def panned(picture, part):
    """Three quarters of a picture both ways, so far on its way from the left end to the right one."""
    left = round(45 * part)
    return picture[12:87, left : left + 135]


def test_a_framing_that_moves_is_told_from_one_that_stays():
    film = moving_picture(3)
    source = np.stack([film(n) for n in range(20)])
    panning, staying = (np.stack([panned(film(n), part * n / 19) for n in range(20)]) for part in (1.0, 0.0))
    pan = find_pan(source, panning)
    assert pan is not None
    assert np.abs(pan[:, 0] - pan[0, 0] + 45 * np.arange(20) / 19).max() < 1.5
    assert np.ptp(pan[:, 1]) < 1.5
    # What is left shows the same place all the time.
    steady = steadied(panning, pan)
    assert steady.shape[2] in (89, 90)
    assert np.abs(steady[10, :70, :80] - film(10)[12:82, 45:125]).mean() < 0.03
    assert find_pan(source, staying) is None
    other = moving_picture(4)
    assert find_pan(source, np.stack([other(n) for n in range(20)])) is None


@pytest.mark.slow
def test_a_reference_that_pans_is_followed(tmp_path):
    film = moving_picture(3)
    source = element(tmp_path, "source", [film(n) for n in range(4, 34)], 1, colour=(0.9, 0.5, 0.6), seed=1)
    pictures = [panned(film(n), n / 37) for n in range(38)]
    reference = element(tmp_path, "reference", pictures, 101, seed=2)
    matches = match_frames(MatchSettings(), source, reference)
    assert references(matches) == list(range(105, 135))
    assert min(match.confidence for match in matches) > 0.9


def test_a_camera_that_moves_casts_doubt_only_on_frames_that_hang_on_it():
    found = tuple(FrameMatch(frame, 100 + frame, 0.9) for frame in range(4))
    followed = (*found[:2], FrameMatch(2, None, 0.9), FrameMatch(3, 105, 0.9))
    assert [match.confidence for match in surer(found, followed, 0.5)] == [0.9, 0.9, 0.45, 0.45]
    # The surer of both, where both are sure.
    assert surer(found, doubted(followed, 1.1), 0.5)[0].confidence == pytest.approx(0.99)

    # What one framing leaves unsure, or does not find at all, says nothing.
    unsure = tuple(dataclasses.replace(match, confidence=0.6) for match in found)
    assert [match.confidence for match in surer(unsure, found, 0.5)] == [0.45] * 4
    assert surer((), found, 0.5) == doubted(found, 0.5)


@pytest.mark.slow
def test_thumbnails_that_err_together_do_not_outweigh_fine_detail(tmp_path, monkeypatch):
    def off_by_one(*arguments):
        return tuple(
            dataclasses.replace(match, reference=match.source + 1, confidence=0.99) if match.source <= 12 else match
            for match in rough_matches(*arguments)
        )

    film = moving_picture(9)
    # Hardly moves at first.
    shown = [0.1 * min(n, 14) + max(n - 14, 0) for n in range(28)]
    source = element(tmp_path, "source", [film(at) for at in shown[2:26]], 1, seed=1)
    reference = element(tmp_path, "reference", [film(at) for at in shown], 1, crop=5, seed=2)
    monkeypatch.setattr("filmrecovery.reference.matching.match_frames.rough_matches", off_by_one)
    assert references(match_frames(MatchSettings(), source, reference)) == list(range(3, 27))


@pytest.mark.parametrize(
    ("source", "reference", "message"),
    [
        ("film", "one", r"one\.####\.exr: has only one frame"),
        ("black", "film", r"black\.####\.exr: frames 1-12 show no picture"),
        ("film", "other", "have no frames in common"),
    ],
)
def test_elements_that_cannot_be_matched_are_refused(tmp_path, source, reference, message):
    film, other = moving_picture(6), moving_picture(7)
    made = {
        "film": [film(n) for n in range(12)],
        "one": [film(0)],
        "black": [np.zeros((100, 180))] * 12,
        "other": [other(n) for n in range(12)],
    }
    ours, theirs = (element(tmp_path, name, made[name], seed=len(name)) for name in (source, reference))
    with pytest.raises(ElementError, match=message):
        match_frames(MatchSettings(), ours, theirs)


def test_matches_are_kept_in_a_file_and_a_table(tmp_path):
    matches = (FrameMatch(1, 7, 0.98), FrameMatch(2, None, 0.5))
    write_matches(tmp_path / "matches.json", matches)
    assert read_matches(tmp_path / "matches.json") == matches
    assert (tmp_path / "matches.csv").read_text() == "source,reference,confidence\n1,7,0.980\n2,,0.500\n"


@pytest.mark.parametrize(
    ("matches", "reference_frames", "chance"),
    [
        # The source's last frames, and frames in the middle of a reference that shows something else before.
        ([*13 * [-1], 6, 7, 8], 18, True),
        ([*15 * [-1], 2], 18, True),
        # The reference begins where the source ends; it lacks frames of the source; the source frames of it.
        ([*13 * [-1], 0, 1, 2], 18, False),
        ([0, *10 * [-1], 1, 2], 3, False),
        ([3, 4, 20, 20], 40, False),
        # Too many for chance, whatever else the elements show.
        ([*30 * [-1], *range(30, 38), *30 * [-1]], 80, False),
    ],
)
def test_a_handful_of_matches_amid_frames_that_differ_is_chance(matches, reference_frames, chance):
    assert are_chance(np.array(matches), reference_frames) == chance


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "is not a file of matches"),
        (json.dumps({"version": 9, "matches": []}), "is not a file of matches of version 3"),
        (json.dumps({"version": 3, "matches": [{"source": 1, "reference": 2, "confidence": 7}]}), "above the maximum"),
    ],
)
def test_foreign_files_are_refused(tmp_path, content, message):
    path = tmp_path / "matches.json"
    path.write_text(content)
    with pytest.raises(FileError, match=message):
        read_matches(path)


@pytest.mark.slow
def test_the_verb_writes_both_files_and_a_summary(tmp_path, capsys):
    film = moving_picture(8)
    source = element(tmp_path, "source", [film(n) for n in range(2, 14)], seed=1)
    reference = element(tmp_path, "reference", [film(n) for n in range(16)], seed=2)
    assert main(["match", source.pattern, reference.pattern, str(tmp_path / "matches.json")]) == 0
    assert "12 of 12 frames have a match" in capsys.readouterr().out
    assert references(read_matches(tmp_path / "matches.json")) == list(range(3, 15))
    assert (tmp_path / "matches.csv").is_file()

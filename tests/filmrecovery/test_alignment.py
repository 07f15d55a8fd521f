import dataclasses
import json

import cv2
import numpy as np
import OpenImageIO
import pytest

from filmrecovery.base.errors import ElementError, FileError, OutputError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import Frame, frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.reference.alignment.align_frames import align_frames, write_aligned
from filmrecovery.reference.alignment.alignment_file import Alignment, read_alignment, write_alignment
from filmrecovery.reference.matching.frame_match import FrameMatch, write_matches
from filmrecovery.reference.registration.align_settings import AlignSettings

pytestmark = pytest.mark.usefixtures("one_thread")

WIDTH, HEIGHT = 320, 240
FRAMES = (1, 2, 3, 4, 5, 6)
GREEN = (0.2, 0.7, 0.1)


def scene(seed=0):
    """A plane (700, 800, 3) in 0..1 of soft blobs, sizes from some pixels to a tenth of the width."""
    random = np.random.default_rng(seed)
    total = np.zeros((700, 800, 3), np.float32)
    for size in (2.0, 5.0, 14.0):
        layer = cv2.GaussianBlur(random.standard_normal(total.shape).astype(np.float32), (0, 0), size)
        total += layer / layer.std()
    return np.clip(0.5 + 0.15 * total, 0, 1)


def seen(plane, matrix, width=WIDTH, height=HEIGHT):
    """The plane as a picture sees it, where `matrix` takes the picture's points to the plane's."""
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    centred = np.linalg.inv(half) @ matrix @ half
    picture = cv2.warpPerspective(plane, centred, (width, height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    return np.clip(picture, 0, 1)


def shifted(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def faded(rgb, seed):
    random = np.random.default_rng(seed)
    print_ = 0.35 + np.array([0.1, 0.3, 0.25]) * rgb**1.4 + 0.015 * random.standard_normal(rgb.shape)
    return print_.astype(np.float32)


class Film:
    """Two elements on disk: a faded print, and a reference with another framing; both weave."""

    def __init__(self, folder, framing, pan=0.0, size=(WIDTH, HEIGHT), weave=0.6, worn=False, other_film=False):
        random = np.random.default_rng(7)
        self.source = Element(str(folder / "source.####.exr"), FRAMES, "srgb_tx")
        self.reference = Element(str(folder / "reference.####.exr"), tuple(frame + 10 for frame in FRAMES), "srgb_tx")
        self.matches = tuple(FrameMatch(frame, frame + 10, 1.0) for frame in FRAMES)
        self.truth = {}
        plane, other = scene(), scene(1 if other_film else 0)
        for frame in FRAMES:
            ours = shifted(200 + pan * frame, 200) @ shifted(*random.normal(0, weave, 2))
            theirs = ours @ shifted(*random.normal(0, weave, 2)) @ np.linalg.inv(framing)
            self.truth[frame] = np.linalg.inv(theirs) @ ours
            write_frame(self.source.path(frame), frame_from_rgb(faded(seen(plane, ours), frame)), "float")
            rgb = seen(other, theirs, *size)
            if worn:
                rgb[:12] = rgb[:, :16] = 0
                text = np.zeros(rgb.shape[:2], np.uint8)
                cv2.putText(text, "It never came.", (60, size[1] - 20), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
                rgb[text > 0] = 1
            write_frame(self.reference.path(frame + 10), frame_from_rgb(rgb), "float")

    def align(self, matches=None, **settings):
        return align_frames(AlignSettings(**settings), matches or self.matches, self.source, self.reference)

    def alignment(self, frames, **settings):
        """The frames as an alignment of both elements."""
        sizes = [
            read_frame(element.path(element.frames[0])).rgb.shape[1::-1] for element in (self.source, self.reference)
        ]
        elements = self.source, self.reference
        return Alignment(AlignSettings(**settings), elements[0], sizes[0], elements[1], sizes[1], tuple(frames))

    def error(self, found, frame=None):
        """Mean distance in pixels of the source that an alignment is off."""
        x, y = np.meshgrid(np.linspace(20, WIDTH - 20, 9), np.linspace(20, HEIGHT - 20, 7))
        points = np.stack([x, y], axis=-1).reshape(1, -1, 2)
        moved = cv2.perspectiveTransform(points, np.linalg.inv(self.truth[frame or found.source]) @ found.matrix)
        return float(np.linalg.norm(moved - points, axis=-1).mean())


FRAMING = np.array([[1.04, 0.012, -6.0], [-0.01, 1.03, 4.0], [6e-5, -4e-5, 1.0]])


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return Film(tmp_path_factory.mktemp("film"), FRAMING, worn=True)


@pytest.fixture(scope="module")
def aligned(film):
    return film.align()


@pytest.mark.slow
def test_faded_and_worn_elements_are_aligned_to_a_part_of_a_pixel(film, aligned):
    assert [(found.source, found.reference) for found in aligned] == [(frame, frame + 10) for frame in FRAMES]
    errors = [film.error(found) for found in aligned]
    assert max(errors) < 0.15
    assert all(found.matrix[2, 2] == 1 for found in aligned)
    assert not any(found.flagged for found in aligned)


def test_the_expected_error_holds(film, aligned):
    for found in aligned:
        assert 0.3 * film.error(found) < found.error < 0.3
        assert found.confidence > 0.9


@pytest.mark.slow
def test_a_smaller_reference_and_a_lower_resolution_serve(tmp_path):
    film = Film(tmp_path, np.diag([0.5, 0.5, 1.0]) @ FRAMING, size=(160, 120))
    assert max(film.error(found) for found in film.align(resolution=240)) < 0.4


@pytest.mark.slow
@pytest.mark.parametrize("model", ["translate", "similarity"])
def test_a_model_gives_transforms_of_its_kind(tmp_path, model):
    framing = {
        "translate": shifted(5.3, -4.2),
        "similarity": np.array([[1.03, 0.02, 4.0], [-0.02, 1.03, 2.0], [0, 0, 1]]),
    }[model]
    film = Film(tmp_path, framing)
    for found in film.align(model=model):
        assert film.error(found) < 0.15
        slopes = found.matrix[:2, :2]
        assert found.matrix[2] == pytest.approx([0, 0, 1], abs=1e-12)
        if model == "translate":
            assert slopes == pytest.approx(np.eye(2), abs=1e-12)
        else:
            assert slopes @ slopes.T == pytest.approx(np.eye(2) * np.linalg.det(slopes), abs=1e-9)


def test_a_model_that_cannot_fit_is_refused_with_those_that_may(film):
    with pytest.raises(ElementError, match=r"model 'translate': points are .* choose the model similarity or affine"):
        film.align(model="translate")


@pytest.mark.slow
def test_another_film_is_refused(tmp_path):
    with pytest.raises(ElementError, match=r"reference.*: nothing in its frames was found again in .*source"):
        Film(tmp_path, np.eye(3), other_film=True).align()


def test_black_frames_are_refused(tmp_path):
    film = Film(tmp_path, np.eye(3))
    for frame in film.reference.frames:
        write_frame(film.reference.path(frame), frame_from_rgb(np.zeros((HEIGHT, WIDTH, 3))), "float")
    with pytest.raises(ElementError, match=r"reference.*: the frames are black"):
        film.align()


@pytest.mark.slow
def test_a_wrong_match_and_a_blank_frame_are_flagged_by_name(tmp_path):
    film = Film(tmp_path, FRAMING, pan=9.0, weave=0.3)
    write_frame(film.source.path(2), frame_from_rgb(np.full((HEIGHT, WIDTH, 3), 0.4)), "float")
    matches = [
        dataclasses.replace(match, reference=16 if match.source == 4 else match.reference) for match in film.matches
    ]
    found = {item.source: item for item in film.align(matches)}
    assert [frame for frame, item in found.items() if item.flagged] == [2, 4]
    assert all("match" in found[frame].reason for frame in (2, 4))
    # The blank frame lies where the others lie.
    assert film.error(found[2]) < 2
    assert found[2].error > 0.1
    assert max(film.error(found[frame]) for frame in (1, 3, 5, 6)) < 0.15


@pytest.mark.slow
def test_a_region_keeps_what_is_outside_of_it_out(tmp_path):
    film = Film(tmp_path, shifted(3, 2))
    other = scene(3)
    for frame in film.reference.frames:
        rgb = read_frame(film.reference.path(frame)).rgb
        # A frame in the frame, which stands still while the picture weaves.
        rgb[:, 200:] = other[:HEIGHT, 200:WIDTH]
        write_frame(film.reference.path(frame), frame_from_rgb(rgb), "float")
    found = film.align(model="translate", region=f"0,0,190,{HEIGHT}")
    assert max(film.error(item) for item in found) < 0.15


@pytest.mark.parametrize("region", ["1,2,3", "a,b,c,d", "50,0,40,100", "0,0,400,100"])
def test_a_bad_region_is_refused(film, region):
    with pytest.raises(SettingsError, match="region"):
        film.align(region=region)


def test_without_matches_nothing_can_be_aligned(film):
    with pytest.raises(ElementError, match="match them first"):
        film.align(matches=[FrameMatch(1, None, 0.0)])


@pytest.mark.slow
def test_frames_without_a_reference_are_left_out(film):
    matches = (*film.matches[:-1], FrameMatch(6, None, 1.0))
    assert [found.source for found in film.align(matches)] == [1, 2, 3, 4, 5]


def test_an_alignment_file_says_all_that_is_needed_to_apply_it(tmp_path, film, aligned):
    path = tmp_path / "alignment.json"
    written = film.alignment(aligned, region="0,0,300,200")
    write_alignment(path, written)
    read = read_alignment(path)
    assert read.settings == AlignSettings(region="0,0,300,200")
    assert (read.source_size, read.reference_size) == ((WIDTH, HEIGHT), (WIDTH, HEIGHT))
    assert (read.source, read.reference) == (film.source, film.reference)
    for item, other in zip(read.frames, written.frames, strict=True):
        assert np.array_equal(item.matrix, other.matrix)
        assert dataclasses.replace(item, matrix=None) == dataclasses.replace(other, matrix=None)
    assert "6 frames" in str(read)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: "no JSON", "cannot be read"),
        (lambda content: json.dumps({"pairs": []}), "is not an alignment"),
        (lambda content: json.dumps(content | {"version": 99}), "is not an alignment of version 1"),
        (lambda content: json.dumps(content | {"settings": {"model": "bend"}}), "'bend' is not one of"),
        (lambda content: json.dumps(content | {"frames": [{"source": 1}]}), "key 'reference' is missing"),
        (lambda content: json.dumps(content | {"frames": []}), "is not an alignment"),
    ],
)
def test_a_file_that_is_no_alignment_is_refused(tmp_path, film, aligned, change, message):
    path = tmp_path / "alignment.json"
    write_alignment(path, film.alignment(aligned))
    path.write_text(change(json.loads(path.read_text())))
    with pytest.raises(FileError, match=rf"alignment\.json.*{message}.*align the elements again"):
        read_alignment(path)


@pytest.mark.slow
def test_a_framing_that_moves_a_quarter_of_the_width_is_followed(tmp_path):
    # As a transfer for narrower screens pans over the picture.
    frames = tuple(range(1, 41))
    source, reference = (Element(str(tmp_path / f"{name}.####.exr"), frames, "srgb_tx") for name in ("s", "r"))
    plane, truth = scene(), {}
    for frame in frames:
        ours = shifted(200 + 0.5 * frame, 200)
        truth[frame] = shifted(-WIDTH / 4 * (frame - 20) / 39, 3)
        write_frame(source.path(frame), frame_from_rgb(faded(seen(plane, ours), frame)), "float")
        rgb = seen(plane, ours @ np.linalg.inv(truth[frame]), 260, HEIGHT)
        write_frame(reference.path(frame), frame_from_rgb(rgb), "float")
    matches = tuple(FrameMatch(frame, frame, 1.0) for frame in frames)
    found = align_frames(AlignSettings(model="similarity"), matches, source, reference)
    assert [frame.source for frame in found] == list(frames)
    assert not any(frame.flagged for frame in found)
    middle = np.array([WIDTH / 2, HEIGHT / 2, 1])
    off = [np.hypot(*((frame.matrix - truth[frame.source]) @ middle)[:2]) for frame in found]
    assert max(off) < 0.3


def test_aligned_frames_show_what_the_source_shows_where_it_shows_it(tmp_path):
    film = Film(tmp_path, shifted(-30, 0), weave=0.3)
    header = OpenImageIO.ImageSpec(WIDTH, HEIGHT, 3, OpenImageIO.FLOAT)
    header.x, header.full_x, header.full_width = 8, 0, WIDTH + 16
    for frame in FRAMES:
        rgb = read_frame(film.source.path(frame)).rgb
        write_frame(film.source.path(frame), Frame(rgb, ("R", "G", "B"), header), "float")
    alignment = film.alignment(film.align(model="translate"))
    output = write_aligned(alignment, film.source, film.reference, str(tmp_path / "aligned.####.exr"))
    assert output.frames == FRAMES
    frame = read_frame(output.path(3))
    assert (frame.spec.x, frame.spec.full_width, frame.channels) == (8, WIDTH + 16, ("R", "G", "B", "A"))
    # The reference begins 30 pixels from the left.
    alpha = frame.pixels[..., 3]
    assert alpha[:, :25].max() == 0
    assert alpha[10:-10, 35:].min() == 1
    assert frame.pixels[:, :25].max() == 0
    source = read_frame(film.source.path(3)).rgb[10:-10, 40:-10] @ GREEN
    shown = frame.rgb[10:-10, 40:-10] @ GREEN
    assert np.corrcoef(source.ravel(), shown.ravel())[0, 1] > 0.9

    before = output.path(3).stat().st_mtime_ns
    write_aligned(alignment, film.source, film.reference, output.pattern)
    assert output.path(3).stat().st_mtime_ns == before


def test_aligned_frames_never_overwrite_an_element(film, aligned, tmp_path):
    alignment = film.alignment(aligned)
    with pytest.raises(OutputError, match="overwrite its own input"):
        write_aligned(alignment, film.source, film.reference, film.source.pattern)
    with pytest.raises(SettingsError, match=r"\.exr"):
        write_aligned(alignment, film.source, film.reference, str(tmp_path / "aligned.####.png"))


def test_the_verb_writes_an_alignment_and_frames_and_names_what_is_flagged(tmp_path, film, capsys):
    matches, path = tmp_path / "matches.json", tmp_path / "alignment.json"
    write_matches(matches, film.matches)
    arguments = ["align", str(matches), film.source.pattern, film.reference.pattern, str(path), "--frames", "2-4"]
    assert main([*arguments, "--flag-threshold", "0.01", "--output", str(tmp_path / "aligned.####.exr")]) == 0
    told = capsys.readouterr().out
    assert told.startswith("3 frames, expected error 0.")
    assert "frame 3 (reference 13): expected error of 0." in told
    assert [frame.source for frame in read_alignment(path).frames] == [2, 3, 4]
    assert len(list(tmp_path.glob("aligned.*.exr"))) == 3

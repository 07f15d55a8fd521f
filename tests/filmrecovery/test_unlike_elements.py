"""Elements that do not belong together, through `match` and `align`: told by name, and never laid over each other."""

import functools

import cv2
import numpy as np
import pytest

from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.reference.alignment.alignment_file import read_alignment
from filmrecovery.reference.matching.frame_match import FrameMatch, read_matches, write_matches
from filmrecovery.trials.alignment_benchmark import alignment_error
from filmrecovery.trials.simulation.alignment_truth import truth_of_print
from filmrecovery.trials.simulation.raw_element import RawElement, numbered, raw_frame
from filmrecovery.trials.simulation.simulated_elements import faded_print
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

pytestmark = pytest.mark.usefixtures("one_thread")

WIDTH, HEIGHT = 320, 180
PRINT = SimulationSettings(seed=1, fade=0.5, wear=0.2, weave=0.3)
SOURCE = numbered(range(12), 1001)


@functools.cache
def blobs(seed):
    random = np.random.default_rng(seed)
    plane = np.zeros((HEIGHT + 20, WIDTH + 400, 3), np.float32)
    for size in (1.5, 4.0, 12.0):
        layer = cv2.GaussianBlur(random.standard_normal(plane.shape).astype(np.float32), (0, 0), size)
        plane += layer / layer.std()
    return np.clip(0.5 + 0.15 * plane, 0, 1)


def film(frame, seed=0):
    """A camera that goes over a plane of blobs unevenly; after some 70 frames it sees nothing of what it saw first."""
    left, top = round(8 + 5 * frame + 6 * np.sin(2.1 * frame)), round(10 + 8 * np.cos(1.3 * frame))
    return blobs(seed)[top : top + HEIGHT, left : left + WIDTH]


def other_film(frame):
    return film(frame, seed=9)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    sequence = Element(str(tmp_path_factory.mktemp("film") / "print.####.exr"), tuple(SOURCE), "srgb_tx")
    for number, frame in SOURCE.items():
        write_frame(sequence.path(number), frame_from_rgb(faded_print(film(frame), number, PRINT)), "float")
    return sequence


@pytest.fixture
def reference(tmp_path):
    """Writes a reference: (what its frames show, footage, width, scale) -> its sequence and its element."""

    def write(shown, footage=film, width=WIDTH, scale=1.03):
        element = RawElement(shown, width, HEIGHT, "internegative", scale=scale, shift=(0.01, 0.0), weave=0.3)
        sequence = Element(str(tmp_path / "video.####.exr"), tuple(shown), "srgb_tx")
        for number in shown:
            write_frame(sequence.path(number), frame_from_rgb(raw_frame(element, number, footage)), "float")
        return sequence, element

    return write


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shown", "footage", "matching", "aligning"),
    [
        # Another part of the shot, where the camera has gone on.
        (numbered(range(68, 78), 51), film, "have no frames in common; check", "nothing in its frames was found"),
        (
            numbered(range(14), 51),
            other_film,
            "have no frames in common; check",
            "nothing in its frames was found again",
        ),
        (dict.fromkeys(range(51, 65)), film, "frames 51-64 show no picture", "the frames are black"),
        (numbered(range(1), 51), film, "has only one frame", None),
    ],
    ids=["no overlap", "another film", "black", "one frame"],
)
def test_elements_that_do_not_belong_together_are_refused(
    source, reference, tmp_path, capsys, shown, footage, matching, aligning
):
    video, _ = reference(shown, footage)
    matches, alignment = str(tmp_path / "matches.json"), str(tmp_path / "alignment.json")
    assert main(["match", source.pattern, video.pattern, matches]) == 1
    told = capsys.readouterr().err
    assert matching in told
    assert video.pattern in told
    assert main(["align", matches, source.pattern, video.pattern, alignment]) == 1
    assert "matches.json" in capsys.readouterr().err

    if aligning:
        # Somebody insists.
        write_matches(matches, tuple(FrameMatch(*pair, 1.0) for pair in zip(source.frames, video.frames, strict=False)))
        assert main(["align", matches, source.pattern, video.pattern, alignment]) == 1
        told = capsys.readouterr().err
        assert aligning in told
        assert video.pattern in told
    assert not (tmp_path / "alignment.json").exists()


@pytest.mark.slow
def test_another_aspect_is_no_obstacle(source, reference, tmp_path):
    # A 4:3 video, which lacks the sides.
    video, element = reference(numbered(range(14), 51), width=240, scale=1.35)
    matches, alignment = str(tmp_path / "matches.json"), str(tmp_path / "alignment.json")
    assert main(["match", source.pattern, video.pattern, matches]) == 0
    found = [match.reference for match in read_matches(matches)]
    assert sum(frame == right for frame, right in zip(found, range(51, 63), strict=True)) >= 11
    assert main(["align", matches, source.pattern, video.pattern, alignment]) == 0
    truth = truth_of_print(SOURCE, PRINT, element, (WIDTH, HEIGHT))
    for frame in read_alignment(alignment).frames:
        assert alignment_error(truth, frame.source, frame.reference, frame.matrix) < 0.3

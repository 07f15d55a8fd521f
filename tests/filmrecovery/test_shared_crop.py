from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.elements.scope import Scope
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.reference.alignment.alignment_file import FrameAlignment
from filmrecovery.reference.curation.crop_detection import find_crop
from filmrecovery.reference.curation.shared_crop import (
    CropSettings,
    SharedCrop,
    ShotCrop,
    area_at,
    read_crop,
    write_crop,
)

HEIGHT, WIDTH, FRAMES = 150, 200, 6


def moved(frame, right, down, flagged=False):
    return FrameAlignment(frame, frame, np.array([[1, 0, right], [0, 1, down], [0, 0, 1.0]]), 0.1, 0.9, flagged)


@pytest.fixture
def film():
    """Pictures (height, width) of a camera that pans over a scene, 0.2 to 0.9."""
    scene = ndimage.gaussian_filter(np.random.default_rng(0).random((HEIGHT, WIDTH + 80)), 3)
    scene = 0.2 + 0.7 * (scene - scene.min()) / np.ptp(scene)
    return [scene[:, 12 * number : 12 * number + WIDTH].copy() for number in range(FRAMES)]


@pytest.fixture
def element(tmp_path):
    """Writes luma as an element: (name, pictures) -> its sequence."""

    def write(name, pictures):
        for number, picture in enumerate(pictures, start=1):
            noise = np.random.default_rng(number).normal(0, 0.005, picture.shape)
            rgb = np.repeat((picture + noise)[..., None], 3, axis=2)
            write_frame(tmp_path / f"{name}.{number:04d}.exr", frame_from_rgb(rgb), "float")
        return find_element(str(tmp_path / f"{name}.####.exr"), space="srgb_tx")

    return write


def rectangle(crop):
    return crop.x0, crop.y0, crop.x1, crop.y1


def in_gate(picture, left, top, right, bottom, softness=0.0, corner=0.0, weave=0):
    """The picture as a gate shows it: black outside, soft at its edges, round at its corners."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    across = np.maximum(left + weave + corner - x, x - (WIDTH - right + weave - corner))
    down = np.maximum(top + corner - y, y - (HEIGHT - bottom - corner))
    distance = np.hypot(np.maximum(across, 0), np.maximum(down, 0)) + np.minimum(np.maximum(across, down), 0) - corner
    return picture * np.clip(0.5 - distance / max(softness, 1.0), 0, 1)


def test_a_picture_that_fills_its_frame_stays_whole(film, element):
    crop = find_crop(CropSettings(), element("source", film))
    assert rectangle(crop) == (0, 0, WIDTH, HEIGHT)
    assert crop.losses == ()


def test_borders_go_with_their_soft_edges_and_weave(film, element):
    pictures = [in_gate(picture, 12, 0, 20, 9, 3.0, weave=number % 3) for number, picture in enumerate(film)]
    crop = find_crop(CropSettings(), element("source", pictures))
    # The edge lies at 12 to 14 and at 180 to 182, and is soft over a pixel and a half to either side.
    assert 14 <= crop.x0 <= 18
    assert crop.y0 == 0
    assert 174 <= crop.x1 <= 180
    assert 135 <= crop.y1 <= 141
    assert [(loss.side, loss.reason.split(" (")[0]) for loss in crop.losses] == [
        (side, "black border of the source") for side in ("left", "right", "bottom")
    ]


def test_a_dark_subject_beside_the_border_is_picture(film, element):
    pictures = [in_gate(picture, 12, 0, 20, 9, 2.0, weave=number % 2) for number, picture in enumerate(film)]
    dark = np.clip((np.arange(WIDTH) - 12) / 8, 0.1, 1.0)
    pictures[:2] = [picture * dark for picture in pictures[:2]]
    crop = find_crop(CropSettings(), element("source", pictures))
    assert 12 <= crop.x0 <= 15


def test_rounded_corners_are_left_out(film, element):
    crop = find_crop(CropSettings(), element("source", [in_gate(p, 6, 6, 6, 6, corner=14) for p in film]))
    # The first pixel's centre lies within the corner's arc, of radius 14 about (20, 20).
    assert np.hypot(20 - (crop.x0 + 0.5), 20 - (crop.y0 + 0.5)) <= 14
    assert (crop.x1 - crop.x0) * (crop.y1 - crop.y0) > 0.8 * (WIDTH - 12) * (HEIGHT - 12)
    assert any("rounded corner of the source" in loss.reason for loss in crop.losses)


def test_perforations_and_sound_track_are_told_from_the_picture(film, element):
    random = np.random.default_rng(1)
    pictures = []
    for picture in film:
        picture = in_gate(picture, 40, 0, 0, 0)
        for top in range(5, HEIGHT, 40):
            picture[top : top + 16, 4:14] = 1.0
        track = 22 + (random.random(HEIGHT) * 12).astype(int)
        picture[:, 22:34] = np.arange(22, 34)[None, :] <= track[:, None]
        pictures.append(picture)
    crop = find_crop(CropSettings(), element("source", pictures))
    assert 40 <= crop.x0 <= 43
    assert (crop.y0, crop.x1, crop.y1) == (0, WIDTH, HEIGHT)
    (loss,) = crop.losses
    for part in ("perforations", "sound track", "black border"):
        assert f"{part} of the source" in loss.reason


def test_what_the_reference_does_not_show_in_any_aligned_frame_is_left_out(film, element):
    reference = [in_gate(picture, 20, 0, 0, 0) for picture in film]
    # The reference shows the source moved: 10 pixels right, and by weave 4 to 6 down.
    placed = [moved(frame, 10, 4 + frame % 3) for frame in range(1, FRAMES + 1)]
    placed.append(moved(3, 90, 0, flagged=True))
    crop = find_crop(CropSettings(overlays=False), element("source", film), element("reference", reference), placed)
    assert rectangle(crop)[1] == 0
    assert 10 <= crop.x0 <= 13
    assert 187 <= crop.x1 <= 190
    assert 142 <= crop.y1 <= 144
    reasons = {loss.side: loss.reason for loss in crop.losses}
    assert reasons["left"].startswith("black border of the reference")
    assert reasons["right"] == f"the reference ends there (to {WIDTH - crop.x1})"


SHOTS = (Scope("roof", "shot", 1, 3), Scope("street", "shot", 4, 6))


def test_each_shot_has_a_crop_where_the_reference_frames_them_in_several_ways(film, element):
    placed = [moved(frame, 30 if frame < 4 else -40, 0) for frame in range(1, FRAMES + 1)]
    elements = element("source", film), element("reference", film)
    crop = find_crop(CropSettings(overlays=False), *elements, placed, shots=SHOTS)
    for frame, (left, right) in {1: (0, WIDTH - 30), 3: (0, WIDTH - 30), 4: (40, WIDTH), 6: (40, WIDTH)}.items():
        own = crop.at(frame)
        assert 0 <= own.x0 - left <= 2
        assert 0 <= right - own.x1 <= 2
        assert area_at(crop.area, frame) == rectangle(own)
        assert own.losses[0].reason.startswith("the reference ends there")
    # Frames of which nothing is known: all that any shot has.
    assert area_at(crop.area, 9) == rectangle(crop.at(9)) == (0, 0, WIDTH, HEIGHT)
    within = find_crop(CropSettings(overlays=False, bottom=20), *elements, placed, crop, SHOTS)
    assert within.at(1).x1 == crop.at(1).x1
    assert within.at(4).y1 == HEIGHT - 20
    with pytest.raises(ElementError, match=r"crop of street .*would leave 3\d % .*less than half of the \d+ % that"):
        find_crop(CropSettings(overlays=False, right=90), *elements, placed, shots=SHOTS)


def test_shots_that_are_framed_alike_have_one_crop(film, element):
    # They differ by one pixel, which is no more than an edge is found to.
    placed = [moved(frame, 30 if frame < 4 else 31, 0) for frame in range(1, FRAMES + 1)]
    elements = element("source", film), element("reference", film)
    found = [find_crop(CropSettings(overlays=False), *elements, placed, shots=shots) for shots in (SHOTS, ())]
    assert found[0] == found[1]
    assert found[0].shots == ()


def test_a_reference_that_pans_within_a_shot_leaves_what_all_of_its_frames_show(film, element):
    # It shows 80 % of the source's width, from the left end to the right one.
    placed = [moved(frame, -8 * (frame - 1), 0) for frame in range(1, FRAMES + 1)]
    reference = element("reference", [picture[:, :160] for picture in film])
    crop = find_crop(CropSettings(overlays=False), element("source", film), reference, placed)
    assert 40 <= crop.x0 <= 42
    assert 158 <= crop.x1 <= 160
    narrow = element("reference", [picture[:, :80] for picture in film])
    with pytest.raises(ElementError, match=r"less than the 25 % that a training needs .*the reference ends there"):
        find_crop(CropSettings(overlays=False), element("source", film), narrow, placed)


def test_subtitles_are_left_out_unless_the_user_keeps_them(film, element):
    titled = []
    for picture in film:
        image = Image.fromarray(np.rint(picture * 255).astype(np.uint8))
        font = ImageFont.load_default(13)
        ImageDraw.Draw(image).text((WIDTH / 2, 142), "Nobody came home.", 255, font, "md", stroke_width=1)
        titled.append(np.asarray(image) / 255)
    source, reference = element("source", [0.2 + 0.3 * picture for picture in film]), element("reference", titled)
    crop = find_crop(CropSettings(), source, reference)
    assert 115 <= crop.y1 <= 132
    (overlay,) = crop.overlays
    assert (overlay.element, overlay.kind) == ("reference", "subtitles")
    assert crop.losses[0].reason.startswith("subtitles of the reference")
    kept = find_crop(CropSettings(overlays=False), source, reference)
    assert rectangle(kept) == (0, 0, WIDTH, HEIGHT)
    assert kept.overlays == crop.overlays


def test_the_user_has_the_last_word(film, element):
    pictures = [in_gate(picture, 20, 0, 0, 0) for picture in film]
    crop = find_crop(CropSettings(left=5, bottom=7), element("source", pictures))
    assert rectangle(crop) == (5, 0, WIDTH, HEIGHT - 7)
    assert [loss.reason for loss in crop.losses] == ["as set", "as set"]


def test_a_crop_of_less_than_half_is_refused_with_its_reasons(film, element):
    with pytest.raises(ElementError, match=r"less than half of it .*left 110 pixels, as set"):
        find_crop(CropSettings(left=110), element("source", film))


def test_elements_of_two_sizes_have_to_be_aligned(film, element):
    with pytest.raises(ElementError, match="align the reference first"):
        find_crop(CropSettings(), element("source", film), element("reference", [p[:100] for p in film]))


def test_an_alignment_that_is_all_flagged_tells_nothing(film, element):
    source = element("source", film)
    with pytest.raises(ElementError, match="alignment is flagged as doubtful"):
        find_crop(CropSettings(), source, source, [moved(1, 0, 0, flagged=True)])


def test_the_file_gives_the_crop_back(film, element, tmp_path, capsys):
    source = element("source", [in_gate(picture, 12, 0, 0, 0) for picture in film])
    path = tmp_path / "crop.json"
    assert main(["crop", source.pattern, str(path)]) == 0
    assert "black border of the source" in capsys.readouterr().out
    found = find_crop(CropSettings(), source)
    assert read_crop(path) == found
    by_shot = replace(found, shots=(ShotCrop("roof", 1, 3, 4, 0, 90, 40, found.losses),))
    write_crop(path, by_shot)
    assert read_crop(path) == by_shot
    write_crop(path, replace(found, shots=(ShotCrop("roof", 1, 3, 4, 0, 4, 40),)))
    with pytest.raises(FileError, match="the rectangle of roof is empty"):
        read_crop(path)


def test_a_file_that_holds_no_crop_is_refused(tmp_path):
    path = tmp_path / "crop.json"
    write_crop(path, SharedCrop(4, 0, 4, 10, 20, 10))
    with pytest.raises(FileError, match="empty or lies outside"):
        read_crop(path)
    path.write_text('{"version": 2, "x0": "a"}')
    with pytest.raises(FileError, match=r"crop\.json"):
        read_crop(path)


def test_a_crop_names_the_sides_that_lose_something():
    size = "921x540 of 960x540 pixels: without"
    assert str(SharedCrop(15, 0, 936, 540, 960, 540)) == f"{size} 15 at the left and 24 at the right"
    assert str(SharedCrop(0, 0, 960, 540, 960, 540)) == "all of the 960x540 pixels"
    shot = ShotCrop("roof", 1, 3, 15, 0, 936, 540)
    assert str(SharedCrop(15, 0, 960, 540, 960, 540, shots=(shot,))).splitlines() == [
        "by shot",
        f"  roof (frames 1-3): {size} 15 at the left and 24 at the right",
        "  other frames: 945x540 of 960x540 pixels: without 15 at the left",
    ]

"""Masks of what is not of the film: nothing is learnt there, nothing measured, and the render may leave it."""

import numpy as np
import OpenImageIO
import pytest

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.mask_shapes import parse_shapes
from filmrecovery.film.elements.picture_masks import PictureMasks
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.mirrored_fill import mirrored_fill
from filmrecovery.rendering.render import render
from filmrecovery.rendering.render_settings import RenderSettings
from filmrecovery.training.learning.train import train
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.pairs.load_pairs import load_pairs
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_manifest import pairs_hash
from filmrecovery.training.pairs.pair_settings import PairSettings
from filmrecovery.training.runs.train_settings import TrainSettings
from filmrecovery.validation.validate import validate
from filmrecovery.validation.validate_settings import ValidateSettings

pytestmark = pytest.mark.usefixtures("one_thread")

WIDTH, HEIGHT = 96, 64
FRAMES = (1, 2, 3)
TITLE = "20,44,76,60"  # left, top, right, bottom
ROWS, COLUMNS = slice(44, 60), slice(20, 76)
BOXES = f"1-3: {TITLE}"
SETTINGS = PairSettings(mode="chroma", frames="1,3", hold_out_frames="2", median=0)


def pictures(frame):
    """A source in colours of its own, and a reference that says what is right."""
    random = np.random.default_rng(frame)
    source = random.uniform(0.3, 0.7, (HEIGHT, WIDTH, 3)).astype(np.float32)
    return source, np.clip(source[..., ::-1] * [1.1, 0.9, 0.8], 0, 1).astype(np.float32)


def titled(picture):
    picture = picture.copy()
    picture[ROWS, COLUMNS] = (1.0, 1.0, 0.0)
    return picture


def write_elements(folder, change=titled):
    """Elements whose reference has a yellow title."""
    elements = []
    for index, name in enumerate(("source", "reference")):
        element = Element(str(folder / name / f"{name}.####.exr"), FRAMES, "srgb_tx", name)
        for frame in FRAMES:
            picture = pictures(frame)[index]
            write_frame(element.path(frame), frame_from_rgb(change(picture) if index else picture), "float")
        elements.append(element)
    return elements


def write_mask(path, mask, x=0, y=0):
    """A mask as other programs write it: one channel, of a part of the picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spec = OpenImageIO.ImageSpec(mask.shape[1], mask.shape[0], 1, "half")
    spec.channelnames = ("A",)
    spec.x, spec.y, spec.full_width, spec.full_height = x, y, WIDTH, HEIGHT
    image = OpenImageIO.ImageOutput.create(str(path))
    assert image.open(str(path), spec), image.geterror()
    assert image.write_image(mask.astype(np.float32)[..., np.newaxis]), image.geterror()
    image.close()


def header(width=WIDTH, height=HEIGHT, x=0, y=0):
    """That of a picture whose data window begins at x, y of its display window."""
    spec = OpenImageIO.ImageSpec(width, height, 3, "float")
    spec.full_x, spec.full_y = 5, 7
    spec.x, spec.y = spec.full_x + x, spec.full_y + y
    return spec


def test_a_box_stands_still_or_moves_and_is_gone_outside_of_its_frames():
    masks = PictureMasks(None, "10-12: 0,0,10,5; 20: 0,0,10,10 > 24: 40,20,50,30")
    assert masks.covered(9, header()) is None
    mask = masks.covered(11, header())
    assert mask.sum() == 50
    assert mask[:5, :10].all()
    assert masks.covered(22, header())[10:20, 20:30].sum() == masks.covered(22, header()).sum() == 100
    assert masks.covered(25, header()) is None
    # Of a picture that begins elsewhere, and of a part of one.
    assert masks.covered(24, header(20, 20, x=44, y=25))[:5, :6].sum() == 30
    assert masks.covered(24, header(), (slice(25, 45), slice(44, 64)))[:5, :6].sum() == 30
    assert masks.covered(24, header(), (slice(0, 20), slice(44, 64))) is None
    assert masks.made_of(9) == ()


def test_a_polygon_covers_what_it_encloses_and_moves_like_a_box():
    masks = PictureMasks(None, "10: 20,10 60,10 40,50 > 14: 24,14 64,14 44,54")
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    for frame, moved in ((10, 0), (12, 2), (14, 4)):
        x, y = columns - moved, rows - moved
        inside = np.minimum(np.minimum(y - 10, (2 * (x - 20) - (y - 10)) / 5**0.5), (2 * (60 - x) - (y - 10)) / 5**0.5)
        for left, top, width, height in ((0, 0, WIDTH, HEIGHT), (30, 20, 40, 30)):
            found = masks.covered(frame, header(width, height, left, top))
            part = inside[top : top + height, left : left + width]
            assert found[part > 0].all()
            assert not found[part < -1.5].any()
    assert masks.covered(15, header()) is None
    assert masks.made_of(10) == ([[20.0, 10.0, 60.0, 10.0, 40.0, 50.0]],)


def test_a_crop_cuts_a_polygon_and_does_not_draw_it_otherwise():
    masks = PictureMasks(None, "1: 20,44 76,50 30,60")
    part = slice(6, 60), slice(5, 90)
    whole, cut = masks.covered(1, header()), masks.covered(1, header(), part)
    assert whole is not None
    assert cut is not None
    assert np.array_equal(cut, whole[part])


@pytest.mark.parametrize(
    "text",
    [
        "10-34: 100,400,380,450",
        "1-9x2,20: 5,5 9,5 9,9",
        "40: 0,0,90,40 > 60: 90,0,180,40",
        "1: 0,0,5,5; 2: 1,1 2,1 2,2",
    ],
)
def test_shapes_are_written_as_they_were_read(text):
    assert "; ".join(shape.text() for shape in parse_shapes(text)) == text


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ("10-12: 5,5 9,9", "or the points of a polygon"),
        ("1: 0,0 9,0 9,9 > 5: 0,0,9,9", "keeps its number of points"),
        ("10-12", "box '10-12': expected frames and edges"),
        ("1: 10,0,5,5", "right or bottom edge is not beyond"),
        ("5: 0,0,9,9 > 3: 0,0,9,9", "one later frame after the other"),
    ],
)
def test_boxes_that_are_none_are_told(boxes, message):
    with pytest.raises(SettingsError, match=message):
        PictureMasks(None, boxes)


def test_a_mask_of_files_covers_where_its_alpha_is_and_frames_without_a_file_are_free(tmp_path):
    write_mask(tmp_path / "mask.0002.exr", np.ones((16, 56)), 20, 44)
    masks = PictureMasks(str(tmp_path / "mask.####.exr"))
    assert masks.covered(1, header()) is None
    found = masks.covered(2, header())
    assert found[ROWS, COLUMNS].all()
    assert found.sum() == 16 * 56
    (tmp_path / "mask.0003.exr").write_bytes(b"damaged")
    with pytest.raises(ElementError, match=r"mask\.0003\.exr: not readable"):
        masks.covered(3, header())


def test_a_mask_of_which_there_is_no_file_at_all_is_told(tmp_path):
    with pytest.raises(ElementError, match=r"mask\.####\.exr: no file matches this pattern"):
        PictureMasks(str(tmp_path / "mask.####.exr"))


def test_what_is_covered_mirrors_what_is_beside_it():
    picture = np.arange(36, dtype=np.float32).reshape(6, 6)
    mask = np.zeros((6, 6), bool)
    mask[:, 4:] = True
    np.testing.assert_array_equal(mirrored_fill(picture, mask)[0], [0, 1, 2, 3, 2, 1])
    mask[:] = True
    mask[2, 2] = False
    assert (mirrored_fill(picture, mask) == picture[2, 2]).all()


def test_pairs_hold_nothing_of_a_title(tmp_path):
    source, reference = write_elements(tmp_path)
    clean = write_elements(tmp_path / "clean", change=lambda picture: picture)
    masked = make_pairs(PairSettings(**{**vars(SETTINGS), "mask_boxes": BOXES}), source, reference, tmp_path / "pairs")
    plain = make_pairs(SETTINGS, source, reference, tmp_path / "plain")
    make_pairs(SETTINGS, *clean, tmp_path / "without")
    assert pairs_hash(masked) != pairs_hash(plain)
    outside = np.ones((HEIGHT, WIDTH), bool)
    outside[ROWS, COLUMNS] = False
    for pair, without in zip(load_pairs(tmp_path / "pairs"), load_pairs(tmp_path / "without"), strict=True):
        np.testing.assert_array_equal(pair.target[outside], without.target[outside])
        # Every pixel that is filled in is one of those beside it, in input and target alike.
        known = {tuple(one) for one in np.concatenate([pair.input, pair.target], -1)[outside].tolist()}
        filled = np.concatenate([pair.input, pair.target], -1)[~outside].tolist()
        assert {tuple(one) for one in filled} <= known
    # Another mask makes the pairs anew, the same leaves them.
    again = make_pairs(PairSettings(**{**vars(SETTINGS), "mask_boxes": BOXES}), source, reference, tmp_path / "pairs")
    assert again == masked


def test_pairs_that_were_made_elsewhere_are_covered_where_their_windows_lie(tmp_path):
    source, reference = write_elements(tmp_path)
    make_pairs(SETTINGS, source, reference, tmp_path / "made")
    for name in ("input", "target"):
        for frame in FRAMES:
            found = read_frame(tmp_path / "made" / f"{name}.{frame:04d}.exr").rgb
            part = frame_from_rgb(found[40:, 10:])
            part.spec.x, part.spec.y = 10, 40
            part.spec.full_width, part.spec.full_height = WIDTH, HEIGHT
            write_frame(tmp_path / "pairs" / f"{name}.{frame:04d}.exr", part, "float")
    command = ["adopt", str(tmp_path / "pairs"), "--mode=chroma", "--working-space=srgb_tx", f"--mask-boxes={BOXES}"]
    assert main(command) == 0
    mask = read_frame(tmp_path / "pairs" / "mask.0001.exr").rgb[..., 0] > 0
    assert mask[4:20, 10:66].all()
    assert mask.sum() == 16 * 56
    adopt_pairs(tmp_path / "pairs", PairFacts("chroma", "srgb_tx"))
    assert (load_pairs(tmp_path / "pairs")[0].target[4:20, 10:66, 2] < 0.3).all()


def test_a_mask_that_leaves_nothing_is_told(tmp_path):
    source, reference = write_elements(tmp_path)
    settings = PairSettings(**{**vars(SETTINGS), "mask_boxes": "2: 0,0,96,62"})
    with pytest.raises(ElementError, match=r"frame 2: the mask covers 97 % of the picture"):
        make_pairs(settings, source, reference, tmp_path / "pairs")


@pytest.mark.slow
def test_a_title_is_not_measured_and_stays_where_that_is_asked(tmp_path):
    source, reference = write_elements(tmp_path)
    make_pairs(PairSettings(**{**vars(SETTINGS), "mask_boxes": BOXES}), source, reference, tmp_path / "pairs")
    settings = TrainSettings(size="small", steps=2, patch_size=64, batch_size=1)
    model = train(settings, [tmp_path / "pairs"], tmp_path / "run")
    for frame in FRAMES:
        write_frame(source.path(frame), frame_from_rgb(titled(pictures(frame)[0])), "float")
    kept = RenderSettings(output_space="srgb_tx", encoding="float", keep_boxes=BOXES)
    recovered = render(kept, model, source, str(tmp_path / "kept" / "kept.####.exr"))
    whole = render(
        RenderSettings(output_space="srgb_tx", encoding="float"), model, source, str(tmp_path / "all" / "all.####.exr")
    )
    original, left, changed = (read_frame(one.path(2)).rgb for one in (source, recovered, whole))
    np.testing.assert_allclose(left[ROWS, COLUMNS], original[ROWS, COLUMNS], atol=1e-5)
    np.testing.assert_array_equal(left[:40], changed[:40])
    assert np.abs(changed[ROWS, COLUMNS] - original[ROWS, COLUMNS]).max() > 0.01

    measured = [
        validate(ValidateSettings(mask_boxes=BOXES), [tmp_path / "pairs"], model, source, one).frames
        for one in (recovered, whole)
    ]
    # What was done to the title makes no difference.
    assert measured[0] == measured[1]

import numpy as np
import pytest
from scipy import ndimage

from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import Frame, frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.painting.drafts import borrow_palette, write_drafts
from filmrecovery.painting.oklab import oklab_to_rgb, rgb_to_oklab
from filmrecovery.painting.painting_settings import PaletteSettings
from filmrecovery.painting.palette import apply_palette, colours_of, palette_between
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.luma import chroma, luma, rgb_of


def scene(seed: int, colours: tuple[tuple[float, float], ...], spread: float) -> Picture:
    """A picture of soft shapes, (90, 160, 3), whose Cb and Cr go with tone from the first colour to the last."""
    generator = np.random.default_rng(seed)
    fields = np.stack([ndimage.gaussian_filter(generator.standard_normal((90, 160)), 6) for _ in range(3)])
    grey, *own = fields / fields.std(axis=(1, 2), keepdims=True)
    grey = np.clip(0.5 + 0.18 * grey, 0.02, 0.98)
    tones = np.linspace(0, 1, len(colours))
    cb_cr = [np.interp(grey, tones, [c[axis] for c in colours]) + spread * own[axis] for axis in (0, 1)]
    return np.clip(rgb_of(grey, np.stack(cb_cr, axis=-1)), 0, 1).astype(np.float32)


def distance(pictures: list[Picture], artwork: Picture) -> float:
    """Sliced Wasserstein distance of chroma."""
    shares = np.linspace(0.005, 0.995, 100)
    own, other = (np.concatenate([chroma(p).reshape(-1, 2) for p in group]) for group in (pictures, [artwork]))
    angles = np.linspace(0, np.pi, 12, endpoint=False)
    lines = np.stack([np.cos(angles), np.sin(angles)])
    return float(np.abs(np.quantile(own @ lines, shares, axis=0) - np.quantile(other @ lines, shares, axis=0)).mean())


FADED = [scene(seed, ((0.02, 0.06), (0.03, 0.1)), 0.015) for seed in (1, 2)]
ARTWORK = scene(3, ((0.08, -0.05), (-0.02, 0.05), (-0.1, 0.02)), 0.03)
BLACK_AND_WHITE = np.repeat(luma(scene(4, ((0, 0), (0, 0)), 0))[..., np.newaxis], 3, axis=-1)


@pytest.fixture
def palette():
    return palette_between(colours_of(FADED), colours_of([ARTWORK]))


def test_oklab_gives_the_colours_of_its_definition_and_back():
    # Ottosson's own figures are of XYZ; these are of sRGB white and red.
    np.testing.assert_allclose(rgb_to_oklab(np.ones(3)), (1, 0, 0), atol=1e-6)
    np.testing.assert_allclose(rgb_to_oklab(np.array([1.0, 0, 0])), (0.62796, 0.22486, 0.12585), atol=1e-4)
    np.testing.assert_allclose(oklab_to_rgb(rgb_to_oklab(ARTWORK)), ARTWORK, atol=1e-6)


def test_colours_come_near_those_of_the_artwork_and_luma_stays(palette):
    drafts = [apply_palette(palette, picture, 0.03) for picture in FADED]
    for draft, picture in zip(drafts, FADED, strict=True):
        assert draft.dtype == np.float32
        assert draft.min() >= 0
        assert draft.max() <= 1
        np.testing.assert_allclose(luma(draft), luma(picture), atol=1e-5)
    assert distance(drafts, ARTWORK) < 0.2 * distance(FADED, ARTWORK)


def test_a_black_and_white_source_takes_the_colour_of_each_tone():
    palette = palette_between(colours_of([BLACK_AND_WHITE]), colours_of([ARTWORK]))
    draft = apply_palette(palette, BLACK_AND_WHITE)
    grey = luma(BLACK_AND_WHITE)
    np.testing.assert_allclose(luma(draft), grey, atol=1e-5)
    for low, high in ((0.2, 0.35), (0.45, 0.55), (0.65, 0.8)):
        expected = chroma(ARTWORK)[(luma(ARTWORK) > low) & (luma(ARTWORK) < high)].mean(axis=0)
        found = chroma(draft)[(grey > low) & (grey < high)].mean(axis=0)
        np.testing.assert_allclose(found, expected, atol=0.02)


def test_a_ramp_of_tones_has_no_bands(palette):
    ramp = np.repeat(np.tile(np.linspace(0, 1, 4096, dtype=np.float32), (8, 1))[..., np.newaxis], 3, axis=-1)
    steps = np.diff(chroma(apply_palette(palette, ramp))[4], axis=0)
    assert np.abs(steps).max() < 1e-3


def test_grain_does_not_become_coloured():
    grainy = BLACK_AND_WHITE + np.random.default_rng(5).normal(0, 0.03, BLACK_AND_WHITE.shape).astype(np.float32)
    grainy = np.clip(grainy, 0, 1)
    palette = palette_between(colours_of([grainy]), colours_of([ARTWORK]))
    coloured = chroma(apply_palette(palette, grainy, 0.03)) - chroma(apply_palette(palette, BLACK_AND_WHITE))
    assert coloured.std() < 0.4 * chroma(grainy).std()


def test_a_vivid_artwork_draws_colours_out_no_more_than_twice():
    vivid = scene(7, ((0.0, 0.0), (0.0, 0.0)), 0.1)
    draft = apply_palette(palette_between(colours_of(FADED), colours_of([vivid])), FADED[0])
    middle = np.abs(luma(FADED[0]) - 0.5) < 0.05
    spread = rgb_to_oklab(draft)[middle].std(axis=0) / rgb_to_oklab(FADED[0])[middle].std(axis=0)
    assert 1.3 < spread[1:].max() < 2.1


def test_what_cannot_be_displayed_loses_saturation_and_no_luma():
    vivid = scene(6, ((0.4, -0.3), (-0.4, 0.4)), 0.0)
    palette = palette_between(colours_of([BLACK_AND_WHITE]), colours_of([vivid]))
    picture = np.clip(1.4 * BLACK_AND_WHITE - 0.2, 0, 1)
    draft = apply_palette(palette, picture)
    np.testing.assert_allclose(luma(draft), luma(picture), atol=1e-5)
    assert ((draft == 0) | (draft == 1)).any()


def test_strength_goes_from_the_source_to_the_artwork():
    source, artwork = colours_of(FADED), colours_of([ARTWORK])
    unchanged = apply_palette(palette_between(source, artwork, 0.0), FADED[0])
    np.testing.assert_allclose(unchanged, FADED[0], atol=2e-3)
    half = distance([apply_palette(palette_between(source, artwork, 0.5), p) for p in FADED], ARTWORK)
    assert 0.3 < half / distance(FADED, ARTWORK) < 0.7


@pytest.fixture
def film(tmp_path):
    for frame, picture in enumerate(FADED, start=1):
        pixels = np.concatenate([picture, np.full((*picture.shape[:2], 1), 0.5, np.float32)], axis=-1)
        spec = frame_from_rgb(picture).spec
        spec.nchannels = 4
        write_frame(tmp_path / f"scan.{frame:04d}.exr", Frame(pixels, ("R", "G", "B", "A"), spec), "float")
    write_frame(tmp_path / "artwork.png", frame_from_rgb(ARTWORK))
    return Element(str(tmp_path / "scan.####.exr"), (1, 2), "srgb_tx")


def test_all_frames_of_a_call_share_one_palette(film, tmp_path):
    settings, output = PaletteSettings(degrain=0.0), str(tmp_path / "draft.####.exr")
    write_drafts(settings, film, tmp_path / "artwork.png", output)
    shared = borrow_palette(settings, film, tmp_path / "artwork.png")
    for frame, picture in enumerate(FADED, start=1):
        draft = read_frame(tmp_path / f"draft.{frame:04d}.exr")
        np.testing.assert_array_equal(draft.rgb, apply_palette(shared, picture))
        assert (draft.pixels[..., 3] == 0.5).all()
    alone = borrow_palette(settings, film.with_frames([1]), tmp_path / "artwork.png")
    assert not np.array_equal(alone.offset, shared.offset)


def test_drafts_are_the_same_each_time_and_are_made_once(film, tmp_path):
    arguments = ["palette", film.pattern, str(tmp_path / "artwork.png")]
    assert main([*arguments, str(tmp_path / "one.####.exr")]) == 0
    assert main([*arguments, str(tmp_path / "two.####.exr")]) == 0
    one, two = (tmp_path / f"{name}.0002.exr" for name in ("one", "two"))
    np.testing.assert_array_equal(read_frame(one).rgb, read_frame(two).rgb)
    written = one.stat().st_mtime_ns
    assert main([*arguments, str(tmp_path / "one.####.exr")]) == 0
    assert one.stat().st_mtime_ns == written
    assert main([*arguments, str(tmp_path / "one.####.exr"), "--strength", "0.5"]) == 0
    assert one.stat().st_mtime_ns != written


def test_what_does_not_fit_is_refused(film, tmp_path):
    artwork = tmp_path / "artwork.png"
    with pytest.raises(OutputError, match="overwrite its own input"):
        write_drafts(PaletteSettings(), film, artwork, film.pattern)
    with pytest.raises(SettingsError, match=r"draft\.####\.png: expected a name that ends in \.exr"):
        write_drafts(PaletteSettings(), film, artwork, str(tmp_path / "draft.####.png"))
    with pytest.raises(SettingsError, match=r"'lin_ap0'.* is scene-linear"):
        write_drafts(PaletteSettings(working_space="lin_ap0"), film, artwork, str(tmp_path / "draft.####.exr"))
    with pytest.raises(ElementError, match=r"poster\.png: missing"):
        write_drafts(PaletteSettings(), film, tmp_path / "poster.png", str(tmp_path / "draft.####.exr"))

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from filmrecovery.base.errors import SettingsError
from filmrecovery.picture.aces import DELIVERY_SPACE
from filmrecovery.picture.colour import PRESETS, config_name, converter, curve_of, same_space
from filmrecovery.picture.curve_kinds import DISPLAY, LINEAR, LOG

CONFIG = """ocio_profile_version: 2
roles: {default: plain}
file_rules: [!<Rule> {name: Default, colorspace: plain}]
displays: {screen: [!<View> {name: plain, colorspace: plain}]}
colorspaces:
  - !<ColorSpace> {name: plain}
  - !<ColorSpace>
    name: doubled
    to_scene_reference: !<MatrixTransform> {matrix: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1]}
"""


@pytest.fixture(autouse=True)
def _pinned_config(monkeypatch):
    monkeypatch.delenv("OCIO", raising=False)


@pytest.mark.parametrize(
    ("preset", "linear"),
    [("srgb", ((0.5 + 0.055) / 1.055) ** 2.4), ("gamma24", 0.5**2.4)],
)
def test_presets_have_the_curves_of_their_standards(preset, linear):
    grey = np.full((1, 1, 3), 0.5, np.float32)
    converted = converter(PRESETS[preset], DELIVERY_SPACE)(grey)
    # Grey stays grey from D65 to the white of ACES, so that the curve alone is seen.
    np.testing.assert_allclose(converted, np.full((1, 1, 3), linear), rtol=1e-4)
    np.testing.assert_array_equal(grey, 0.5)


@pytest.mark.parametrize("space", PRESETS.values())
def test_values_outside_0_to_1_survive_a_round_trip(space):
    rng = np.random.default_rng(1)
    rgb = np.stack([rng.uniform(-0.5, 2.0, (50, 50)), *rng.uniform(0.2, 1.5, (2, 50, 50))], axis=2).astype(np.float32)
    rgb[0, 0] = (-0.5, -0.2, -0.01)
    back = converter(DELIVERY_SPACE, space)(converter(space, DELIVERY_SPACE)(rgb))
    outside = (rgb < -0.05) | (rgb > 0.05)
    np.testing.assert_allclose(back[outside], rgb[outside], atol=2e-5)
    # Where the curve starts steeply, one step of float32 in linear light is a wide one in the working space.
    np.testing.assert_allclose(back, rgb, atol=5e-3)


def test_two_names_of_one_space_leave_the_picture_alone():
    rgb = np.full((2, 2, 3), 1.5, np.float32)
    assert converter("srgb_tx", "sRGB - Texture")(rgb) is rgb


def test_a_picture_that_is_a_view_is_converted_and_left_alone():
    frame = np.random.default_rng(1).uniform(0.0, 1.0, (3, 20, 30)).astype(np.float32)
    view = frame.transpose(1, 2, 0)[:, ::-1]
    convert = converter("srgb_tx", "lin_ap0")
    np.testing.assert_array_equal(convert(view), convert(np.ascontiguousarray(view)))


def test_a_tall_picture_is_converted_to_the_last_row():
    rows = converter("srgb_tx", "lin_ap0")(np.full((200, 3, 3), 0.5, np.float32))
    np.testing.assert_array_equal(rows, np.broadcast_to(rows[0], rows.shape))
    assert rows[0, 0, 0] < 0.3


def test_an_unknown_space_is_named_with_its_neighbours():
    with pytest.raises(SettingsError, match=r"'srgb_txt'.*near names: srgb_tx"):
        converter("srgb_txt", "lin_ap0")
    with pytest.raises(SettingsError, match=r"'###'.*such as srgb_tx"):
        converter("lin_ap0", "###")


def test_the_environment_names_the_config(tmp_path, monkeypatch):
    assert config_name() == "ocio://studio-config-v1.0.0_aces-v1.3_ocio-v2.1"
    config = tmp_path / "house.ocio"
    config.write_text(CONFIG)
    monkeypatch.setenv("OCIO", str(config))
    assert config_name() == str(config)
    np.testing.assert_allclose(converter("doubled", "plain")(np.ones((1, 1, 3), np.float32)), 2.0)
    with pytest.raises(SettingsError, match=r"house\.ocio"):
        converter("srgb_tx", "plain")
    monkeypatch.setenv("OCIO", str(tmp_path / "gone.ocio"))
    with pytest.raises(SettingsError, match=r"gone\.ocio cannot be read"):
        converter("plain", "doubled")


def test_one_converter_serves_several_threads():
    convert = converter("g24_rec709", "lin_ap0")
    frames = np.random.default_rng(1).uniform(0.0, 1.0, (8, 60, 80, 3)).astype(np.float32)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(convert, frames))
    for frame, converted in zip(frames, together, strict=True):
        np.testing.assert_array_equal(converted, convert(frame))


def test_names_of_one_space_are_told_from_those_of_two():
    assert same_space("srgb_tx", "sRGB - Texture")
    assert not same_space("srgb_tx", "g24_rec709")
    assert not same_space("no space", "no space")


def test_a_config_that_is_not_in_utf_8_is_named(tmp_path, monkeypatch):
    config = tmp_path / "house.ocio"
    config.write_bytes(CONFIG.replace("doubled", "verdoppelt für Süd").encode("latin-1"))
    monkeypatch.setenv("OCIO", str(config))
    with pytest.raises(SettingsError, match=r"house\.ocio is not in UTF-8; save it in that encoding"):
        converter("nonsense", "plain")


@pytest.mark.parametrize(
    ("space", "curve"),
    [
        ("srgb_tx", DISPLAY),
        ("g24_rec709", DISPLAY),
        ("lin_ap0", LINEAR),
        ("acescct", LOG),
        ("raw", ""),
        ("nonsense", ""),
    ],
)
def test_the_curve_of_a_space_is_known(space, curve):
    assert curve_of(space) == curve

import dataclasses

import numpy as np
import PyOpenColorIO
import pytest

from filmrecovery.base.errors import ElementError, FileError, SettingsError
from filmrecovery.cli import main
from filmrecovery.model.balance import (
    Balance,
    ChannelBalance,
    apply_balance,
    read_balance,
    write_balance,
)
from filmrecovery.model.balance_settings import BalanceSettings
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.reference.curation.balance_estimation import current_balance, estimate_balance

FADING = Balance(
    ChannelBalance(0.5, 0.35, 1.0), ChannelBalance(0.8, 0.05, 1.2), ChannelBalance(0.7, 0.1, 0.9), False, "srgb_tx"
)


@pytest.fixture
def scenes():
    """Three pictures of many colours, grey on the whole."""
    random = np.random.default_rng(0)
    return [np.kron(random.beta(1.2, 1.2, (12, 16, 3)), np.ones((5, 5, 1))).astype(np.float32) for _ in range(3)]


def test_a_balance_is_an_asc_cdl_without_clamps():
    rgb = np.random.default_rng(0).uniform(-0.4, 1.5, (9, 7, 3)).astype(np.float32)
    cdl = PyOpenColorIO.CDLTransform()
    channels = (FADING.red, FADING.green, FADING.blue)
    cdl.setSlope([channel.slope for channel in channels])
    cdl.setOffset([channel.offset - 0.3 for channel in channels])
    cdl.setPower([channel.power for channel in channels])
    cdl.setStyle(PyOpenColorIO.CDL_NO_CLAMP)
    expected = rgb.copy()
    processor = PyOpenColorIO.Config.CreateRaw().getProcessor(cdl)
    processor.getOptimizedCPUProcessor(PyOpenColorIO.OPTIMIZATION_LOSSLESS).applyRGB(expected)
    lower = {
        name: dataclasses.replace(channel, offset=channel.offset - 0.3) for name, channel in FADING.channels.items()
    }
    np.testing.assert_allclose(apply_balance(dataclasses.replace(FADING, **lower), rgb), expected, atol=2e-6)


def test_luma_is_kept_on_demand(scenes):
    balanced = apply_balance(dataclasses.replace(FADING, keep_luma=True), scenes[0])
    np.testing.assert_allclose(luma(balanced), luma(scenes[0]), atol=1e-6)
    np.testing.assert_allclose(chroma(balanced), chroma(apply_balance(FADING, scenes[0])), atol=1e-6)


def test_a_faded_source_is_balanced_by_itself(scenes, element):
    faded = [apply_balance(FADING, rgb) for rgb in scenes]
    balance = estimate_balance(BalanceSettings(), element("faded", faded))
    before, after = (
        np.mean(np.square(chroma(np.stack(pictures)) - chroma(np.stack(scenes))))
        for pictures in (faded, [apply_balance(balance, rgb) for rgb in faded])
    )
    assert after < 0.2 * before
    assert balance.source_frames == "1-3"


def test_a_reference_gives_its_levels_though_it_is_not_aligned(scenes, element):
    faded = [apply_balance(FADING, rgb) for rgb in scenes]
    reference = element("reference", [rgb[::-1, ::-1] for rgb in scenes[::-1]])
    balance = estimate_balance(BalanceSettings(), element("faded", faded), reference)
    np.testing.assert_allclose(apply_balance(balance, faded[0]), scenes[0], atol=0.02)


def test_black_borders_have_no_say(scenes, element):
    faded = [apply_balance(FADING, rgb) for rgb in scenes]
    bordered = [np.pad(rgb, ((0, 0), (16, 16), (0, 0))) for rgb in faded]
    balances = [
        estimate_balance(BalanceSettings(), element(name, rgb)) for name, rgb in (("a", faded), ("b", bordered))
    ]
    for one, other in zip(*(balance.channels.values() for balance in balances), strict=True):
        np.testing.assert_allclose(dataclasses.astuple(one), dataclasses.astuple(other), rtol=0.08, atol=0.02)


def test_a_channel_without_picture_is_named(scenes, element):
    with pytest.raises(ElementError, match="blue holds no picture in frames 1-3"):
        estimate_balance(BalanceSettings(), element("grey", [rgb * np.array([1, 1, 0], np.float32) for rgb in scenes]))


def test_a_balance_needs_a_display_referred_space(scenes, element):
    with pytest.raises(SettingsError, match="display-referred"):
        estimate_balance(BalanceSettings(working_space="lin_ap0"), element("scan", scenes))


def test_the_file_gives_the_balance_back(tmp_path, scenes, element, capsys):
    sequence = element("scan", scenes)
    path = tmp_path / "balance.json"
    assert main(["balance", sequence.pattern, str(path), "--keep-luma"]) == 0
    assert "red: slope" in capsys.readouterr().out
    assert read_balance(path) == estimate_balance(BalanceSettings(keep_luma=True), sequence)
    write_balance(path, FADING)
    assert read_balance(path) == FADING


@pytest.mark.parametrize("text", ["", "[]", '{"version": 9}', '{"version": 1, "red": {"slope": -1}}'])
def test_another_file_is_no_balance(tmp_path, text):
    path = tmp_path / "balance.json"
    path.write_text(text)
    with pytest.raises(FileError, match=r"balance\.json"):
        read_balance(path)


def test_a_balance_in_a_file_is_kept_until_the_source_or_the_settings_change(tmp_path, scenes, element):
    sequence, path = element("scan", scenes), tmp_path / "stage" / "balance.json"

    def written(settings):
        current_balance(path, settings, sequence)
        return path.stat().st_mtime_ns

    first = written(BalanceSettings())
    assert read_balance(path) == estimate_balance(BalanceSettings(), sequence)
    assert written(BalanceSettings()) == first
    second = written(BalanceSettings(keep_luma=True))
    assert second != first
    element("scan", [rgb * 0.9 for rgb in scenes])
    assert written(BalanceSettings(keep_luma=True)) != second
    path.unlink()
    assert current_balance(path, BalanceSettings(keep_luma=True), sequence) == read_balance(path)

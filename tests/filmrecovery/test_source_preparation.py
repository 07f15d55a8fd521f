"""What is done to a source before the network sees it, and what of that is delivered."""

import dataclasses

import numpy as np
import pytest

from filmrecovery.model.balance import Balance, ChannelBalance, apply_balance
from filmrecovery.model.clean import clean
from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.model.inference import recover, recover_source
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.picture.luma import chroma, luma

BALANCE = Balance(
    ChannelBalance(1.3, -0.2, 0.8), ChannelBalance(0.9, 0.05, 1.2), ChannelBalance(1.1, -0.1, 1.0), True, "srgb_tx"
)
CLEAN = CleanSettings(median=3, degrain=0.05)


@pytest.fixture
def grainy():
    """A picture as of a scan, some values outside 0..1."""
    return np.random.default_rng(1).uniform(-0.2, 1.3, (60, 80, 3)).astype(np.float32)


def test_a_source_is_left_as_it_is_unless_told_otherwise(grainy, random_network):
    network = random_network("spatial")
    assert SourcePreparation().prepared(grainy) is grainy
    np.testing.assert_array_equal(recover_source(network, SourcePreparation(), grainy), recover(network, grainy))


def test_a_source_is_balanced_before_it_is_cleaned(grainy):
    prepared = SourcePreparation(BALANCE, CLEAN).prepared(grainy)
    np.testing.assert_array_equal(prepared, clean(CLEAN, apply_balance(BALANCE, grainy)))


def test_the_network_sees_a_cleaned_source_and_the_result_has_the_luma_of_the_uncleaned_one(grainy, random_network):
    network = random_network("chroma")
    result = recover_source(network, SourcePreparation(clean=CLEAN), grainy)
    np.testing.assert_allclose(luma(result), luma(grainy), rtol=0.0, atol=1e-6)
    np.testing.assert_allclose(chroma(result), chroma(recover(network, clean(CLEAN, grainy))), rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("cleaned", [CleanSettings(), CLEAN])
def test_a_balance_changes_the_luma_of_a_chroma_recovery_unless_it_keeps_it(grainy, random_network, cleaned):
    network = random_network("chroma")
    kept = recover_source(network, SourcePreparation(BALANCE, cleaned), grainy)
    np.testing.assert_allclose(luma(kept), luma(grainy), rtol=0.0, atol=1e-6)
    changing = dataclasses.replace(BALANCE, keep_luma=False)
    changed = recover_source(network, SourcePreparation(changing, cleaned), grainy)
    np.testing.assert_allclose(luma(changed), luma(apply_balance(changing, grainy)), rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("settings", [CleanSettings(median=3), CleanSettings(median=5), CleanSettings(degrain=0.05)])
def test_cleaning_can_be_ended_on_its_way(settings):
    calls = []

    def stop():
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clean(settings, np.zeros((200, 8, 3), np.float32), stop)
    assert len(calls) == 3

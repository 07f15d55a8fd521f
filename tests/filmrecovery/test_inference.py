import numpy as np
import pytest
import torch

from filmrecovery.base.recovery_modes import MODES
from filmrecovery.model.inference import recover

SIZE = (203, 141)


def picture(height, width):
    return np.random.default_rng(3).uniform(-0.2, 1.3, (height, width, 3)).astype(np.float32)


def whole(network, rgb):
    """The network on the whole picture at once."""
    with torch.inference_mode():
        recovered = network(torch.from_numpy(rgb.transpose(2, 0, 1).copy())[None])
    return recovered[0].numpy().transpose(1, 2, 0)


@pytest.mark.parametrize("strip_rows", [4, 20, 64, 100, 1000])
@pytest.mark.parametrize("mode", MODES)
def test_the_picture_is_the_same_however_it_is_cut(random_network, mode, strip_rows):
    network, rgb = random_network(mode), picture(*SIZE)
    expected = whole(network, rgb)
    assert np.abs(expected - rgb).max() > 0.02
    np.testing.assert_allclose(recover(network, rgb, strip_rows=strip_rows), expected, rtol=0.0, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (129, 3), (5, 260)])
@pytest.mark.parametrize("mode", MODES)
def test_strips_give_the_whole_frame_at_any_size(random_network, mode, size):
    network, rgb = random_network(mode), picture(*size)
    recovered = recover(network, rgb, strip_rows=4)
    assert recovered.dtype == np.float32
    np.testing.assert_allclose(recovered, whole(network, rgb), rtol=0.0, atol=1e-5)


def test_the_source_may_be_read_only_and_stays_as_it_is(random_network):
    """As pictures are that another program lends."""
    rgb = np.frombuffer(picture(40, 50).tobytes(), np.float32).reshape(40, 50, 3)
    network = random_network("plain")
    before = rgb.copy()
    np.testing.assert_allclose(recover(network, rgb), whole(network, before), rtol=0.0, atol=1e-5)
    np.testing.assert_array_equal(rgb, before)


def test_the_work_can_be_ended_before_every_strip(random_network):
    network, rgb = random_network("chroma"), picture(64, 48)
    calls = []
    recover(network, rgb, strip_rows=16, check=lambda: calls.append(None))
    assert len(calls) > 3 * 64 // 16

    def end():
        if len(calls) > 5:
            raise KeyboardInterrupt
        calls.append(None)

    calls.clear()
    with pytest.raises(KeyboardInterrupt):
        recover(network, rgb, strip_rows=16, check=end)
    assert len(calls) == 6

import pytest
import torch
from torch import nn

from filmrecovery.base.recovery_modes import MODES
from filmrecovery.model.network import SIZES, RecoveryNetwork

FRAME_SIZES = [(1, 1), (7, 5), (203, 301)]


def picture(height, width):
    """Values as of a scan, some of them outside 0..1."""
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1)) * 1.8 - 0.3


def luma(rgb):
    """BT.709 luma in double precision, apart from the network's own arithmetic."""
    return (rgb.double() * torch.tensor([0.2126, 0.7152, 0.0722], dtype=torch.double).view(1, 3, 1, 1)).sum(1)


def chroma(rgb):
    y = luma(rgb)
    return torch.stack([(rgb[:, 2].double() - y) / 1.8556, (rgb[:, 0].double() - y) / 1.5748], dim=1)


def largest(difference):
    return difference.abs().max().item()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", SIZES)
def test_an_untrained_network_is_the_identity(mode, size):
    rgb = picture(70, 90)
    with torch.inference_mode():
        torch.testing.assert_close(RecoveryNetwork(mode, size)(rgb), rgb, rtol=0.0, atol=0.0)


@pytest.mark.parametrize("size", FRAME_SIZES)
def test_chroma_mode_holds_luma(random_network, size):
    rgb = picture(*size)
    recovered = random_network("chroma")(rgb)
    assert recovered.shape == rgb.shape
    assert largest(chroma(recovered) - chroma(rgb)) > 0.02
    assert largest(luma(recovered) - luma(rgb)) <= 1e-6


@pytest.mark.parametrize("size", FRAME_SIZES)
def test_spatial_mode_holds_chroma(random_network, size):
    rgb = picture(*size)
    recovered = random_network("spatial")(rgb)
    assert recovered.shape == rgb.shape
    assert largest(luma(recovered) - luma(rgb)) > 0.02
    assert largest(chroma(recovered) - chroma(rgb)) <= 1e-6


@pytest.mark.parametrize("size", FRAME_SIZES)
def test_plain_mode_changes_luma_and_chroma(random_network, size):
    rgb = picture(*size)
    recovered = random_network("plain")(rgb)
    assert recovered.shape == rgb.shape
    assert largest(luma(recovered) - luma(rgb)) > 0.02
    assert largest(chroma(recovered) - chroma(rgb)) > 0.02


@pytest.mark.parametrize("mode", MODES)
def test_what_lies_outside_0_to_1_is_carried_through(random_network, mode):
    """The network sees the clamped picture, so that its change does not depend on how far values lie outside."""
    network = random_network(mode)
    rgb = picture(64, 64)
    inside = rgb.clamp(0.0, 1.0)
    torch.testing.assert_close(network(rgb) - network(inside), rgb - inside, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_nothing_depends_on_the_batch_or_on_the_whole_frame(mode):
    """Such layers would make strips of a frame disagree, and a frame depend on its neighbours."""
    forbidden = (nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm, nn.LayerNorm, nn.AdaptiveAvgPool2d)
    assert not [module for module in RecoveryNetwork(mode, "small").modules() if isinstance(module, forbidden)]


def test_frames_of_a_batch_are_independent(random_network):
    network = random_network("chroma")
    pictures = torch.cat([picture(64, 64), 1.0 - picture(64, 64)])
    together = network(pictures)
    torch.testing.assert_close(together[1:], network(pictures[1:]), rtol=0.0, atol=1e-5)

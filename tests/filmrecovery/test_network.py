import pytest
import torch
from torch import nn

from filmrecovery.base.recovery_modes import MODES
from filmrecovery.model.grade import graded_change
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.model.trunk import SIZES

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
def test_an_untrained_network_is_the_identity_but_for_fine_chroma(mode, size):
    rgb = picture(70, 90)
    if mode == "chroma":
        # Grain in chroma is what the recovery leaves out.
        rgb = rgb[:, :, :1, :1].expand(rgb.shape).contiguous()
    with torch.inference_mode():
        torch.testing.assert_close(RecoveryNetwork(mode, size)(rgb), rgb, rtol=0.0, atol=1e-6)


def test_chroma_mode_takes_out_fine_chroma():
    rgb = picture(64, 64).clamp(0, 1)
    with torch.inference_mode():
        recovered = RecoveryNetwork("chroma", "small")(rgb)
    assert largest(luma(recovered) - luma(rgb)) <= 1e-6
    assert chroma(recovered).std() < 0.6 * chroma(rgb).std()


@pytest.mark.parametrize("mode", MODES)
def test_each_shot_has_its_grade(mode):
    network = RecoveryNetwork(mode, "small", shots=1)
    with torch.no_grad():
        network.grades[1] += 0.1
    # So near to grey that a display can show the change.
    rgb = 0.5 + 0.1 * picture(64, 64)
    with torch.inference_mode():
        change = network(rgb, 1) - network(rgb, 0)
    if mode == "chroma":
        torch.testing.assert_close(chroma(change), torch.full((1, 2, 64, 64), 0.1).double(), rtol=0.0, atol=1e-6)
    else:
        torch.testing.assert_close(change, torch.full((1, 3, 64, 64), 0.1), rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("grey", [0.0, 0.02, 0.5, 0.98, 1.0])
def test_chroma_that_no_display_can_show_is_made_paler(grey):
    """Of one hue, and with the luma of the source: where a grade goes on beyond its pairs, black stays black."""
    network = RecoveryNetwork("chroma", "small")
    change = torch.tensor([0.06, -0.12])
    with torch.no_grad():
        network.grades += change.view(1, 2, 1, 1, 1)
    rgb = torch.full((1, 3, 64, 64), grey)
    with torch.inference_mode():
        recovered = network(rgb)
    assert recovered.min() >= -1e-6
    assert recovered.max() <= 1 + 1e-6
    assert largest(luma(recovered) - luma(rgb)) <= 1e-6
    found = chroma(recovered)[0, :, 0, 0]
    torch.testing.assert_close(found, (found[0] / change[0]) * change.double(), rtol=0.0, atol=1e-6)
    if grey == 0.5:
        torch.testing.assert_close(found, change.double(), rtol=0.0, atol=1e-6)


def test_a_grade_is_interpolated_between_its_nodes():
    nodes = torch.linspace(0, 1, 17)
    red, green, blue = torch.meshgrid(nodes, nodes, nodes, indexing="ij")
    lattice = torch.stack([red + 2 * green, blue - red])
    rgb = picture(8, 9).clamp(0, 1)
    expected = torch.stack([rgb[:, 0] + 2 * rgb[:, 1], rgb[:, 2] - rgb[:, 0]], 1)
    torch.testing.assert_close(graded_change(lattice, rgb), expected, rtol=0.0, atol=1e-5)


def test_members_are_averaged_and_weighted(random_network):
    network = RecoveryNetwork("plain", "small", members=2)
    network.members[0].load_state_dict(random_network("plain").trunk.state_dict())
    rgb = picture(64, 64)
    with torch.inference_mode():
        trained = random_network("plain")
        trained.grades.zero_()
        trained.place_grades.zero_()
        trained.gains.fill_(1.0)
        alone = trained(rgb) - rgb
        torch.testing.assert_close(network(rgb) - rgb, alone / 2, rtol=0.0, atol=1e-6)
        network.weights.fill_(0.5)
        torch.testing.assert_close(network(rgb) - rgb, alone / 4, rtol=0.0, atol=1e-6)


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
    assert largest(luma(recovered) - luma(rgb)) > 0.01
    assert largest(chroma(recovered) - chroma(rgb)) <= 1e-6


@pytest.mark.parametrize("size", FRAME_SIZES)
def test_plain_mode_changes_luma_and_chroma(random_network, size):
    rgb = picture(*size)
    recovered = random_network("plain")(rgb)
    assert recovered.shape == rgb.shape
    assert largest(luma(recovered) - luma(rgb)) > 0.01
    assert largest(chroma(recovered) - chroma(rgb)) > 0.02


@pytest.mark.parametrize("mode", MODES)
def test_what_lies_outside_0_to_1_is_carried_through(random_network, mode):
    """The network sees the clamped picture, so that its change does not depend on how far values lie outside."""
    network = random_network(mode)
    rgb = picture(64, 64)
    if mode == "chroma":
        rgb = rgb.clamp(max=1.0)
    inside = rgb.clamp(0.0, 1.0)
    torch.testing.assert_close(network(rgb) - network(inside), rgb - inside, rtol=0.0, atol=1e-6)


def test_what_is_brighter_than_a_display_shows_has_its_chroma_recovered(random_network):
    """A faded print has a cast in its highlights too, and scene-linear scans hold highlights above 1."""
    network = random_network("chroma")
    brightest = picture(64, 64).clamp(0.05, 1.0)
    brightest = brightest / brightest.amax(1, keepdim=True)
    torch.testing.assert_close(network(1.7 * brightest), 1.7 * network(brightest), rtol=0.0, atol=1e-5)


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


@pytest.mark.parametrize("size", SIZES)
def test_coarse_levels_do_not_see_where_a_patch_ends(size):
    torch.manual_seed(1)
    trunk = RecoveryNetwork("spatial", size).trunk
    for level in [*trunk.encoder[1:], *trunk.decoder[1:]]:
        for parameter in level.parameters():
            nn.init.normal_(parameter, std=0.02)
        even = torch.ones(1, next(level.parameters()).shape[0], 4, 6)
        seen = level(even)
        assert largest(seen - even) > 0.01
        assert largest(seen - seen[:, :, :1, :1]) < 1e-4

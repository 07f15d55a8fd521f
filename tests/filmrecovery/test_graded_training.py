"""A model starts from the grades of a film and its shots, and trusts itself as far as what it left out says."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from training_scenes import grades_of, scene

from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.doubt import doubt
from filmrecovery.model.grade import graded_change
from filmrecovery.model.inference import recover
from filmrecovery.model.model_file import load_model
from filmrecovery.model.network import Patches, RecoveryNetwork
from filmrecovery.model.recovered_part import chroma
from filmrecovery.picture.lattice import trilinear_weights
from filmrecovery.picture.luma import chroma as chroma_of
from filmrecovery.picture.luma import with_luma_of
from filmrecovery.picture.measures import chroma_rms
from filmrecovery.picture.scattered_fit import ColourCells, fit_grade, fit_shot_grade
from filmrecovery.training.fitting.evidence import weigh
from filmrecovery.training.fitting.fit_grades import fit_grades
from filmrecovery.training.fitting.folds import WHOLE, Block, blocks, shot_names
from filmrecovery.training.learning import schedule
from filmrecovery.training.learning.patches import NO_AUGMENTATION, Augmentation, TrainingPair, draw_batch
from filmrecovery.training.learning.schedule import augmentation_for
from filmrecovery.training.learning.train import train
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.pairs.load_pairs import Pair
from filmrecovery.training.runs.train_settings import TrainSettings

QUICK = TrainSettings(size="small", steps=6, members=4, patch_size=64, report_interval=6, device="cpu")
WARM = np.array([[1.0, 0.1, 0.0], [0.0, 0.8, 0.0], [0.0, 0.0, 0.6]], np.float32)
COOL = np.array([[0.6, 0.0, 0.0], [0.0, 0.8, 0.0], [0.0, 0.1, 1.0]], np.float32)


def pair(frame, label="", fading=WARM, size=(96, 128)):
    truth = scene(frame, *size)
    return Pair(frame, "train", label, truth @ fading.T, truth)


def write_pairs(folder, label, fading, frames):
    for frame in frames:
        one = pair(frame, label, fading)
        write_frame(folder / f"input.{frame:04d}.exr", frame_from_rgb(one.input), "float")
        write_frame(folder / f"target.{frame:04d}.exr", frame_from_rgb(one.target), "float")
    adopt_pairs(folder, PairFacts("plain", "srgb_tx", label=label))
    return folder


def test_a_model_knows_the_shots_of_its_pairs_apart(tmp_path):
    folders = [
        write_pairs(tmp_path / "warm", "warm", WARM, (1, 2, 3)),
        write_pairs(tmp_path / "cool", "cool", COOL, (11, 12, 13)),
    ]
    network, description = load_model(train(QUICK, folders, tmp_path / "run"))
    assert description.shots == ("cool", "warm")
    assert description.members == len(network.members) == 4
    for label, fading in (("warm", WARM), ("cool", COOL)):
        unseen = pair(20, label, fading)
        own, film = (recover(network, unseen.input, description.shot_number(name)) for name in (label, "unknown"))
        assert chroma_rms(own, unseen.target) < 0.5 * chroma_rms(film, unseen.target)
        assert chroma_rms(own, unseen.target) < 0.4 * chroma_rms(unseen.input, unseen.target)


def test_pairs_of_one_shot_have_the_grade_of_the_film_alone(tmp_path):
    folder = write_pairs(tmp_path / "pairs", "only", WARM, (1, 2, 3))
    network, description = load_model(train(QUICK, [folder], tmp_path / "run"))
    assert description.shots == ()
    assert description.shot_number("only") == 0
    unseen = pair(20)
    assert chroma_rms(recover(network, unseen.input), unseen.target) < 0.3 * chroma_rms(unseen.input, unseen.target)


@pytest.mark.parametrize(
    ("members", "said", "weight"),
    [(2, 0.1, 0.9), (2, 0.2, 0.5), (2, -0.1, 0.0), (2, 0.0, 0.0), (1, 0.2, 0.5), (1, -0.1, 0.0)],
)
def test_members_are_trusted_as_far_as_what_they_left_out_says(members, said, weight):
    """All four pictures lack 0.1; each member adds the same everywhere. Where they ask for all of it, 0.9 is added."""
    network = RecoveryNetwork("plain", "small", members)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("head.bias"):
                parameter.fill_(said)
    ours = [Block(scene(seed), scene(seed) + 0.1, 0, seed % members, WHOLE) for seed in range(4)]
    weigh(network, grades_of(network, torch.zeros_like(network.grades)), ours)
    assert network.weights.tolist() == pytest.approx([weight], abs=1e-3)


def test_a_shot_whose_pictures_deny_its_own_grade_gets_the_film_s():
    """The grade without a picture is what judges: here the film's suits it, and the shot's does not."""
    network = RecoveryNetwork("plain", "small", members=2, shots=2)
    lattices = torch.zeros(3, *network.grades.shape[1:])
    lattices[0] += 0.1
    lattices[1] += 0.3
    lattices[2] += 0.1
    ours = [Block(scene(seed), scene(seed) + 0.1, shot, seed % 2, WHOLE) for shot in (1, 2) for seed in range(8)]
    weigh(network, grades_of(network, lattices), ours)
    assert network.grades[0].mean().item() == pytest.approx(0.1)
    assert network.grades[1].mean().item() < 0.14


@pytest.mark.parametrize(("said", "weight"), [(0.1, 0.75), (0.2, 0.5), (-0.1, 0.0)])
def test_quarters_of_a_picture_count_as_one_picture_beside_a_half(said, weight):
    """All lack 0.1; the member says all of it, twice as much, or the contrary. One picture more asks for a half."""
    network = RecoveryNetwork("plain", "small")
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("head.bias"):
                parameter.fill_(said)
    picture = scene(1, 256, 256)
    quarters = blocks([Pair(1, "train", "", picture, picture + 0.1)], (), 1)
    assert len(quarters) == 4
    weigh(network, grades_of(network, torch.zeros_like(network.grades)), quarters)
    assert network.weights.tolist() == pytest.approx([weight], abs=1e-3)


@pytest.mark.parametrize(("kept_out", "share"), [(1, 1.0), (3, 1.0), (4, 0.6)])
def test_the_grade_of_a_shot_is_denied_by_no_fewer_than_four_blocks(kept_out, share):
    """The pictures of the first shot lack half of what its own grade adds. Its whole grade counts as one of them."""
    network = RecoveryNetwork("plain", "small", members=1, shots=2)
    lattices = torch.zeros(3, *network.grades.shape[1:])
    lattices[1] += 0.2
    ours = [Block(scene(seed), scene(seed) + 0.1, 1, 0, WHOLE) for seed in range(kept_out)]
    ours += [Block(scene(seed), scene(seed), 2, 0, WHOLE) for seed in range(4, 8)]
    weigh(network, grades_of(network, lattices), ours)
    assert network.grades[1].mean().item() == pytest.approx(share * 0.2, abs=1e-3)


def test_the_pictures_of_each_shot_are_spread_over_the_folds():
    pairs = [pair(frame, label) for label in ("a", "b") for frame in range(3)]
    assert shot_names(pairs) == ("a", "b")
    found = blocks(pairs, ("a", "b"), 3)
    for shot in (1, 2):
        assert {block.fold for block in found if block.shot == shot} == {0, 1, 2}


def test_few_pictures_of_each_shot_are_parted():
    pairs = [pair(frame, label, size=(256, 256)) for label in ("a", "b") for frame in range(4)]
    assert len(blocks(pairs, ("a", "b"), 3)) == 8
    assert len(blocks(pairs[1:], ("a", "b"), 3)) == 28


def test_few_pictures_are_parted_into_quarters_that_know_their_place():
    one = pair(1, size=(256, 512))
    found = blocks([one], (), 3)
    assert len(found) == 4
    top = np.concatenate([found[0].input, found[1].input], axis=1)
    bottom = np.concatenate([found[2].input, found[3].input], axis=1)
    np.testing.assert_array_equal(np.concatenate([top, bottom]), one.input)
    assert found[3].edges == (0.0, 1.0, 0.0, 1.0)


def test_the_grade_for_a_picture_has_not_seen_it():
    """A picture of another fading in a fold of its own: the grade without that fold knows nothing of it."""
    ours = [Block(*pictures(seed, WARM), 0, seed % 2, WHOLE) for seed in (0, 2, 4)]
    ours.append(Block(*pictures(1, COOL), 0, 1, WHOLE))
    grades = fit_grades("plain", ours, 0, 2)
    alone = fit_grades("plain", ours[:3], 0, 2)
    torch.testing.assert_close(grades.without[1], alone.whole)
    assert (grades.whole - alone.whole).abs().max() > 0.01


def pictures(seed, fading):
    truth = scene(seed)
    return truth @ fading.T, truth


def test_a_shot_s_grade_is_the_film_s_for_colours_that_the_shot_has_not():
    film_cells, shot_cells = ColourCells(), ColourCells()
    film_cells.add(scene(1), scene(1))
    dark = scene(2) * 0.2
    shot_cells.add(dark, dark + 0.1)
    film = fit_grade(film_cells, 17)
    change = fit_shot_grade(shot_cells, film) - film
    assert change[1, 1, 1] == pytest.approx(0.1, abs=0.02)
    assert np.abs(change[14, 14, 14]).max() < 0.01


def test_colours_that_grain_makes_look_alike_are_told_apart():
    """Two greys, nearer to each other than the grain is wide, that had chroma of opposite signs."""
    random = np.random.default_rng(1)
    first = np.kron(random.random((12, 12, 1)) < 0.5, np.ones((16, 16, 1)))
    grey, tint = np.full(3, 0.4), np.array([0.02, 0.0, -0.02])
    truth = (grey + np.where(first, 4 * tint, -4 * tint)).astype(np.float32)
    grainy = grey + np.where(first, tint, -tint) + 0.05 * random.standard_normal(truth.shape)
    grades = fit_grades("chroma", [Block(grainy.astype(np.float32), truth, 0, 0, WHOLE)], 0, 2)
    both = torch.from_numpy(np.stack([grey + tint, grey - tint])).float().T[None, :, None]
    graded = chroma(both) + graded_change(grades.whole[0], both)
    wanted = chroma(4 * torch.from_numpy(tint).float().view(1, 3, 1, 1))
    assert (graded[..., 0] / wanted[..., 0]).min() > 0.8
    assert (graded[..., 1] / -wanted[..., 0]).min() > 0.8


def test_tints_that_a_shot_has_in_shadow_are_told_apart_a_little_above_it_too():
    random = np.random.default_rng(1)
    shadow = random.uniform(0.2, 0.35, (64, 64, 1))
    tint = np.array([0.04, 0.0, -0.04])
    tinted = np.where(random.random((64, 64, 1)) < 0.5, tint, -tint)
    film_cells, shot_cells = ColourCells(), ColourCells()
    film_cells.add(scene(1), scene(1))
    shot_cells.add((shadow + tinted).astype(np.float32), (shadow + 3 * tinted).astype(np.float32))
    grade = fit_shot_grade(shot_cells, fit_grade(film_cells, 17))
    above = 0.4 + np.stack([tint, -tint])
    graded = trilinear_weights(above, 17) @ grade.reshape(-1, 3)
    # In the pairs that is 2, at the end of the shadow.
    assert ((graded - above)[:, [0, 2]] / np.stack([tint, -tint])[:, [0, 2]]).min() > 0.4


@pytest.mark.parametrize("light", [0.0, 0.1, 0.3])
def test_what_was_darkened_after_it_had_faded_keeps_its_hue(light):
    """A faded print has no black, its darkest colour is red. A fade that was made later goes below it, to black."""
    truth = scene(1)
    faded = 0.6 * truth + np.array([0.3, 0.06, 0.09], np.float32)
    target = with_luma_of(truth, faded)
    cells = ColourCells()
    cells.add(faded, target)
    seen, wanted = light * faded.reshape(-1, 3), light * target.reshape(-1, 3)
    graded = trilinear_weights(seen, 17) @ fit_grade(cells, 17).reshape(-1, 3)
    left, before = (np.sqrt(np.mean(np.square(chroma_of(one - wanted)))) for one in (graded, seen))
    assert left < max(0.25 * before, 0.002)


def test_a_patch_knows_its_grade_and_its_place():
    """Pixels hold their own place, so that the edges that are told can be checked."""
    y, x = np.mgrid[0:128, 0:256]
    place = torch.from_numpy(np.stack([(2 * x + 1) / 256 - 1, (2 * y + 1) / 128 - 1, 0 * x]).astype(np.float32))
    training_pair = TrainingPair(
        place, place, torch.full((2, 17, 17, 17), 0.5), torch.full((5, 2, 9, 9, 9), 0.2), WHOLE
    )
    batch = draw_batch([training_pair], 16, 64, 64, Augmentation(True, True, 0.0, 0.3), 1, 0)
    assert batch.inputs.shape == (16, 3, 64, 64)
    assert (batch.patches.grades == 0.5).all()
    assert (batch.patches.place_grades == 0.2).all()
    for picture, edges in zip(batch.inputs, batch.patches.edges, strict=True):
        centre = (edges[0] + edges[1]) / 2, (edges[2] + edges[3]) / 2
        assert picture[0].mean().item() == pytest.approx(centre[0].item(), abs=0.01)
        assert picture[1].mean().item() == pytest.approx(centre[1].item(), abs=0.01)
        assert np.sign((picture[0, 0, -1] - picture[0, 0, 0]).item()) == np.sign((edges[1] - edges[0]).item())
        assert np.sign((picture[1, -1, 0] - picture[1, 0, 0]).item()) == np.sign((edges[3] - edges[2]).item())
    assert len({tuple(torch.sign(edges[1::2] - edges[::2]).tolist()) for edges in batch.patches.edges}) == 4


def test_detail_is_learnt_upside_down_too_and_colour_is_not():
    assert augmentation_for(TrainSettings(), "spatial").upside_down
    assert not augmentation_for(TrainSettings(), "chroma").upside_down


def test_patches_of_small_pairs_are_smaller_and_more():
    picture = torch.zeros(3, 256, 300)
    training_pair = TrainingPair(picture, picture, torch.zeros(2, 17, 17, 17), torch.zeros(5, 2, 9, 9, 9), WHOLE)
    batch = draw_batch([training_pair], 1, 512, 128, NO_AUGMENTATION, 1, 0)
    assert batch.inputs.shape == (4, 3, 128, 128)


def test_what_is_learnt_of_patches_is_what_the_whole_is_told():
    """A patch that is the whole picture, with the network's own grade, gives the coefficients of inference."""
    network = RecoveryNetwork("chroma", "small", members=2)
    generator = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.03, generator=generator)
    for grades in (network.grades, network.place_grades):
        torch.nn.init.normal_(grades, 0.0, 0.03, generator=generator)
    network.gains.copy_(torch.tensor([0.2, 0.5, 0.7, 0.9, 1.0]).view(-1, 1, 1))
    rgb = torch.rand(1, 3, 128, 128, generator=generator)
    patches = Patches(network.grades[:1], network.place_grades[None], torch.tensor([WHOLE]))
    with torch.inference_mode():
        start, first = network.learnt_coefficients(rgb, patches, 0)
        _, second = network.learnt_coefficients(rgb, patches, 1)
        torch.testing.assert_close(start + (first + second) / 2, network.coefficients(rgb), rtol=0.0, atol=1e-5)


def test_a_member_that_is_alone_is_trusted_as_far_as_the_little_that_it_left_out_says(tmp_path):
    folders = [
        write_pairs(tmp_path / "warm", "warm", WARM, range(1, 9)),
        write_pairs(tmp_path / "cool", "cool", COOL, range(11, 16)),
    ]
    network, _ = load_model(train(dataclasses.replace(QUICK, members=1), folders, tmp_path / "run"))
    assert len(network.members) == 1
    assert network.knows_doubt


def test_fading_that_differs_over_the_frame_is_mended_where_no_grade_can(tmp_path):
    """Blue is lost towards the right edge; pictures of other colours tell how."""

    def uneven(frame):
        truth = scene(frame)
        kept = 1 - 0.5 * np.linspace(0, 1, truth.shape[1]) ** 2
        return truth * np.stack([np.ones_like(kept), np.ones_like(kept), kept], -1).astype(np.float32), truth

    for frame in range(1, 13):
        for kind, picture in zip(("input", "target"), uneven(frame), strict=True):
            write_frame(tmp_path / "pairs" / f"{kind}.{frame:04d}.exr", frame_from_rgb(picture), "float")
    adopt_pairs(tmp_path / "pairs", PairFacts("plain", "srgb_tx"))
    network, _ = load_model(train(QUICK, [tmp_path / "pairs"], tmp_path / "run"))
    faded, truth = uneven(20)
    recovered = recover(network, faded)
    network.place_grades.zero_()
    without = recover(network, faded)
    assert chroma_rms(recovered, truth) < 0.7 * chroma_rms(without, truth)
    edge = np.s_[:, -16:]
    assert chroma_rms(recovered[edge], truth[edge]) < 0.3 * chroma_rms(faded[edge], truth[edge])


def crop(size, slope, fold):
    """A block that is brighter towards the right than its target, of two greys, so that each is seen everywhere."""
    truth = np.where(scene(fold, *size)[..., :1] > 0.5, 0.6, 0.4).repeat(3, 2).astype(np.float32)
    ramp = np.linspace(-slope, slope, size[1], dtype=np.float32)[:, np.newaxis]
    return Block(truth - ramp, truth, 0, fold, WHOLE)


def test_loose_crops_whose_place_tells_nothing_have_no_grade_by_place():
    """What one crop has brighter at the right, the other has brighter at the left."""
    alike = [crop((96, 128), 0.1, 0), crop((48, 64), 0.1, 1)]
    unlike = [crop((96, 128), 0.1, 0), crop((48, 64), -0.1, 1)]
    assert fit_grades("plain", alike, 0, 2).place_whole.abs().max() > 0.05
    assert fit_grades("plain", unlike, 0, 2).place_whole.abs().max() < 0.01


def test_a_grade_by_place_that_serves_few_pictures_and_harms_the_others_is_not_kept():
    ours = [crop((96, 128), slope, fold) for slope in (0.1, -0.02, -0.02) for fold in (0, 1)]
    assert fit_grades("plain", ours, 0, 2).place_whole.abs().max() == 0


def test_a_doubt_ranks_the_errors_of_unseen_pictures_and_tells_their_size():
    """Only what is bright has grain: kept-out pictures tell so."""
    random = np.random.default_rng(3)

    def grainy(seed):
        bright = np.kron(np.random.default_rng(seed).random((16, 16, 1)) < 0.5, np.ones((8, 8, 3))).astype(np.float32)
        truth = 0.25 + 0.45 * bright
        return truth + 0.1 * bright * random.standard_normal(truth.shape).astype(np.float32), truth

    network = RecoveryNetwork("plain", "small", members=2)
    weigh(
        network,
        grades_of(network, torch.zeros_like(network.grades)),
        [Block(*grainy(seed), 0, seed % 2, WHOLE) for seed in range(6)],
    )
    assert network.knows_doubt
    unseen, truth = grainy(20)
    told = doubt(network, torch.from_numpy(unseen).permute(2, 0, 1)[None])[0, 0].numpy()
    error = np.square(recover(network, unseen) - truth).mean(2)
    blocks_told, blocks_error = (one.reshape(8, 16, 8, 16).mean((1, 3)).ravel() for one in (np.square(told), error))
    assert spearmanr(blocks_told, blocks_error).statistic > 0.5
    assert np.sqrt(blocks_told.mean()) == pytest.approx(np.sqrt(blocks_error.mean()), rel=0.3)


def test_a_training_ends_when_it_has_learnt(tmp_path, caplog):
    """A grade alone gives these targets: nothing is left for the members to learn."""
    folder = write_pairs(tmp_path / "pairs", "", WARM, (1, 2, 3, 4))
    settings = dataclasses.replace(QUICK, steps=80, members=2, report_interval=1000)
    with pytest.MonkeyPatch.context() as patch, caplog.at_level("INFO"):
        patch.setattr(schedule, "LEAST_ROUND", 10)
        model = train(settings, [folder], tmp_path / "run")
        assert "has learnt by step 40 of 80" in caplog.text
        written = model.stat().st_mtime_ns
        assert train(settings, [folder], tmp_path / "run") == model
    assert model.stat().st_mtime_ns == written
    assert load_model(model)[1].steps in (20, 40)

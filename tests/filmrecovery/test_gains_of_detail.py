"""The gains of bands of detail: grain is left out, lost sharpness comes back, as far as other pictures confirm it."""

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from training_scenes import grades_of, scene

from filmrecovery.model.inference import recover
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.picture.luma import luma
from filmrecovery.picture.measures import luma_rms
from filmrecovery.training.fitting.fit_gains import fit_gains
from filmrecovery.training.fitting.folds import WHOLE, Block


def test_grain_in_chroma_is_left_out_and_the_rest_kept():
    random = np.random.default_rng(1)
    ours = []
    for seed in range(4):
        # Colours in squares of 32 pixels, under grain.
        truth = np.kron(random.random((4, 4, 3)), np.ones((32, 32, 1))).astype(np.float32) * 0.6 + 0.2
        grainy = truth + 0.06 * random.standard_normal(truth.shape).astype(np.float32)
        ours.append(Block(grainy, truth, 0, seed % 2, WHOLE))
    network = RecoveryNetwork("chroma", "small", members=2)
    fit_gains(network, grades_of(network, torch.zeros_like(network.grades)), ours, 2)
    assert network.gains[0] < 0.6
    assert network.gains[-1] > 0.9


def test_lost_sharpness_is_a_gain_above_1_in_spatial_mode():
    ours = []
    for seed in range(4):
        truth = scene(seed, 128, 128)
        ours.append(Block(gaussian_filter(truth, (1.2, 1.2, 0)), truth, 0, seed % 2, WHOLE))
    network = RecoveryNetwork("spatial", "small", members=2)
    fit_gains(network, grades_of(network, torch.zeros_like(network.grades)), ours, 2)
    assert network.gains.max() > 1.3


def test_scratches_and_grain_are_left_out_where_detail_is_sharpened():
    """Of three kinds of detail each has a contrast of its own: edges, grain below it, scratches above it."""
    random = np.random.default_rng(1)
    ours = []
    for seed in range(4):
        truth = 0.3 + 0.1 * np.kron(random.random((16, 16, 1)) < 0.5, np.ones((8, 8, 3))).astype(np.float32)
        worn = gaussian_filter(truth, (0.8, 0.8, 0)) + 0.002 * random.standard_normal((128, 128, 1), np.float32)
        worn[:, random.integers(2, 126, 3)] = 0.95
        ours.append(Block(worn, truth, 0, seed % 2, WHOLE))
    network = RecoveryNetwork("spatial", "small", members=2)
    fit_gains(network, grades_of(network, torch.zeros_like(network.grades)), ours, 2)
    unseen = ours[0].input[::-1].copy()
    with torch.inference_mode():
        recovered = recover(network, unseen)
        network.gains.copy_(network.gains.mean((1, 2), keepdim=True).expand_as(network.gains))
        by_bands = recover(network, unseen)
    wanted = ours[0].target[::-1]
    assert luma_rms(recovered, wanted) < 0.6 * luma_rms(unseen, wanted)
    assert luma_rms(recovered, wanted) < 0.7 * luma_rms(by_bands, wanted)


def test_a_part_of_the_grain_is_kept_though_no_grain_would_err_least():
    """Source and target are copies of one grey with grain of their own, which nothing can predict."""
    random = np.random.default_rng(1)

    def grey():
        return np.repeat(0.4 + 0.01 * random.standard_normal((128, 128, 1)), 3, 2).astype(np.float32)

    ours = [Block(grey(), grey(), 0, seed % 2, WHOLE) for seed in range(4)]
    network = RecoveryNetwork("spatial", "small", members=2)
    fit_gains(network, grades_of(network, torch.zeros_like(network.grades)), ours, 2)
    kept = luma(recover(network, grey())).std() / luma(grey()).std()
    assert 0.3 < kept < 0.6


def test_what_differs_by_contrast_is_kept_only_as_far_as_other_pictures_confirm_it():
    """In each fold another contrast is sharpened, which the other fold denies."""

    def of_contrast(contrast, seed):
        squares = np.random.default_rng(seed).random((16, 16, 1)) < 0.5
        return 0.4 + contrast * np.kron(squares, np.ones((8, 8, 3))).astype(np.float32)

    def ours(sharpened):
        found = []
        for fold in (0, 1):
            for contrast in (0.01, 0.2):
                truth = of_contrast(contrast, 10 * fold + round(100 * contrast))
                soft = gaussian_filter(truth, (1.0, 1.0, 0))
                found.append(Block(soft, truth if (contrast < 0.1) == sharpened[fold] else soft, 0, fold, WHOLE))
        return found

    differences = []
    for sharpened in ((True, True), (True, False)):
        network = RecoveryNetwork("spatial", "small", members=2)
        fit_gains(network, grades_of(network, torch.zeros_like(network.grades)), ours(sharpened), 2)
        differences.append(float(network.gains[0].std()))
    assert differences[1] < 0.2 * differences[0]

import os
import signal
from pathlib import Path

import cv2
import platformdirs
import pytest
import torch
from asset_library import Library
from torch import nn

from filmrecovery.film.elements.element import find_element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.model_file import ModelDescription, save_model
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.model.source_preparation import SourcePreparation


@pytest.fixture(scope="session", autouse=True)
def memory_of_hashes(tmp_path_factory):
    """The folder in which the tests remember the hashes of files, apart from the user's own memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield platformdirs.user_cache_path("filmrecovery", appauthor=False)


def pytest_configure():
    # Pictures of tests are small: threads bring nothing, and hold up what else works on this machine.
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    # What was started in the background ignores SIGINT, and so would every process that a test starts and interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def one_thread():
    """OpenCV with one thread, for the tests of a module."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(threads)


@pytest.fixture
def element(tmp_path):
    """Writes pictures as an element: (name, pictures, colour space) -> the element."""

    def write(name, pictures, space="srgb_tx"):
        for number, rgb in enumerate(pictures, start=1):
            write_frame(tmp_path / f"{name}.{number:04d}.exr", frame_from_rgb(rgb), "float")
        return find_element(str(tmp_path / f"{name}.####.exr"), space=space)

    return write


@pytest.fixture
def random_network():
    """Makes a network that has not been trained but changes a picture visibly: (mode, seed) -> network."""

    def make(mode, seed=0):
        network = RecoveryNetwork(mode, "small")
        generator = torch.Generator().manual_seed(seed)
        for parameter in network.parameters():
            nn.init.normal_(parameter, 0.0, 0.03, generator=generator)
        for grades in (network.grades, network.place_grades):
            nn.init.normal_(grades, 0.0, 0.05, generator=generator)
        nn.init.uniform_(network.gains, 0.5, 1.5, generator=generator)
        return network.eval().requires_grad_(False)

    return make


@pytest.fixture
def random_model(tmp_path, random_network):
    """Writes such a network as a model: (mode, seed, fields of the description) -> path."""

    def make(mode, seed=0, **fields):
        description = {
            "mode": mode,
            "size": "small",
            "working_space": "srgb_tx",
            "pairs_hash": "of no pairs",
            "steps": 0,
            "seed": seed,
            "preparation": SourcePreparation(),
            "settings": {},
            "versions": {},
        }
        path: Path = tmp_path / f"{mode}.{seed}.safetensors"
        save_model(path, random_network(mode, seed).state_dict(), ModelDescription(**description | fields))
        return path

    return make


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A library of assets, which this process is configured for."""
    found = Library(tmp_path)
    monkeypatch.setenv("OPENASSETIO_DEFAULT_CONFIG", str(found.config))
    return found

"""The parts of the engine that need torch, imported into Gaffer's own process: models and their inference."""

import ctypes
import functools
import importlib
import os
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import IECore

from GafferRecovery.engine import enginePackages


@functools.cache
def module(name: str) -> ModuleType:
    """A module of the engine, such as "filmrecovery.model.inference", or torch itself.

    Raises IECore.Exception that says what to do where torch cannot be imported here.
    """
    _findTorch()
    return importlib.import_module(name)


@functools.cache
def _findTorch() -> None:
    """Imports torch, after the packages of the engine's own Python were found."""
    packages = enginePackages.find()
    _loadLibraries(Path(packages))
    # When a Gaffer process ends, it looks at every object that exists, and this one warns when it is looked at.
    warnings.filterwarnings("ignore", message=".*torch.distributed.reduce_op", category=FutureWarning)
    try:
        importlib.import_module("torch")
    except ImportError as error:
        raise IECore.Exception(
            f"Gaffer cannot import the engine's torch from {packages} ({error}). Delete the folder .venv and "
            "call `run filmrecovery --help`, which sets the engine up again."
        ) from error


def _loadLibraries(packages: Path) -> None:
    """Loads the largest libraries of torch while other threads go on. An import, which finds them loaded, would hold
    Python's lock meanwhile, and with it the window. What cannot be loaded, the import tells."""
    library = packages / "torch" / "lib" / "libtorch.so"
    if library.is_file():
        # A call of a function gives the lock away; `ctypes.CDLL( library )` would hold it.
        ctypes.CDLL(None).dlopen(os.fsencode(library), os.RTLD_NOW)


@functools.lru_cache(4)
def network(path: Path, modelHash: str, device: str) -> tuple[Any, Any]:
    """The network of a model file on a device, and its description; the last few are kept.

    Raises filmrecovery's ModelError and SettingsError.
    """
    loaded, description = module("filmrecovery.model.model_file").load_model(path)
    devices = module("filmrecovery.model.device")
    devices.move_to(loaded, devices.find_device(device))
    return loaded, description

"""The parts of the engine that need torch, imported into Gaffer's own process: models and their inference.

One thread imports and loads, for all others: what takes seconds there can be waited for, and given up, at any time.
"""

import ctypes
import functools
import importlib
import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import IECore

from GafferRecovery.engine import enginePackages

T = TypeVar("T")

_POLL_SECONDS = 0.05
_loader = ThreadPoolExecutor(1, thread_name_prefix="Film Recovery torch")
_modules: dict[str, ModuleType] = {}


def module(name: str, canceller: Any = None) -> ModuleType:
    """A module of the engine, such as "filmrecovery.model.inference", or torch itself.

    The first one takes seconds, and an import cannot be broken off. Where the canceller is cancelled meanwhile, it is
    no longer waited for: it goes on, and is there the next time.

    Raises IECore.Exception that says what to do where torch cannot be imported here, and IECore.Cancelled.
    """
    if name not in _modules:
        _modules[name] = _inThread(lambda: _imported(name), canceller)
    return _modules[name]


def network(path: Path, modelHash: str, device: str, canceller: Any = None) -> tuple[Any, Any]:
    """The network of a model file on a device, and its description; the last few are kept.

    Raises filmrecovery's ModelError and SettingsError, and IECore.Cancelled.
    """
    module("torch", canceller)
    return _inThread(lambda: _network(path, modelHash, device), canceller)


def _inThread(work: Callable[[], T], canceller: Any) -> T:
    """What some work returns, which cannot be cancelled itself; it is waited for until the canceller is cancelled."""
    done = _loader.submit(work)
    while not wait([done], _POLL_SECONDS).done:
        IECore.Canceller.check(canceller)
    return done.result()


def _imported(name: str) -> ModuleType:
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
def _network(path: Path, modelHash: str, device: str) -> tuple[Any, Any]:
    loaded, description = importlib.import_module("filmrecovery.model.model_file").load_model(path)
    devices = importlib.import_module("filmrecovery.model.device")
    devices.move_to(loaded, devices.find_device(device))
    return loaded, description

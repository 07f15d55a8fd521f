"""The parts of the engine that need torch, imported into Gaffer's own process: models and their inference."""

import functools
import importlib
import json
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import IECore

from GafferRecovery.engine import engineProcess


@functools.cache
def module(name: str) -> ModuleType:
    """A module of the engine, such as "filmrecovery.model.inference", or torch itself.

    Raises IECore.Exception that says what to do where torch cannot be imported here.
    """
    _findPackages()
    return importlib.import_module(name)


@functools.cache
def _findPackages() -> None:
    """Makes the packages of the engine's own Python importable, after those that Gaffer brings."""
    question = "import json, sys, sysconfig; print(json.dumps([*sys.version_info[:2], sysconfig.get_path('purelib')]))"
    done = subprocess.run(
        [str(engineProcess.python()), "-c", question], capture_output=True, text=True, env=engineProcess.environment()
    )
    if done.returncode:
        raise IECore.Exception(f"The engine's Python, {engineProcess.python()}, does not run: {done.stderr.strip()}")
    major, minor, packages = json.loads(done.stdout)
    if (major, minor) != sys.version_info[:2]:
        raise IECore.Exception(
            "Inference in Gaffer needs the engine in the Python version of Gaffer, "
            f"{sys.version_info[0]}.{sys.version_info[1]}. The engine in {engineProcess.python()} has {major}.{minor}. "
            "Set the engine up with the version of Gaffer, or render with the engine: `run filmrecovery render`."
        )
    # At the end of the path: two versions of a library that Gaffer brings must not meet in one process.
    sys.path.append(packages)
    # When a Gaffer process ends, it looks at every object that exists, and this one warns when it is looked at.
    warnings.filterwarnings("ignore", message=".*torch.distributed.reduce_op", category=FutureWarning)
    try:
        importlib.import_module("torch")
    except ImportError as error:
        raise IECore.Exception(
            f"Gaffer cannot import the engine's torch from {packages} ({error}). Delete the folder .venv and "
            "call `run filmrecovery --help`, which sets the engine up again."
        ) from error


@functools.lru_cache(4)
def network(path: Path, modelHash: str, device: str) -> tuple[Any, Any]:
    """The network of a model file on a device, and its description; the last few are kept.

    Raises filmrecovery's ModelError and SettingsError.
    """
    loaded, description = module("filmrecovery.model.model_file").load_model(path)
    devices = module("filmrecovery.model.device")
    devices.move_to(loaded, devices.find_device(device))
    return loaded, description

"""Modules of the engine that need packages of its environment, though not torch, imported into Gaffer's own process."""

import functools
import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import IECore

from GafferRecovery.engine import engineProcess


def module(name: str) -> ModuleType:
    """A module of the engine that imports no torch. It takes a window a moment, where torch takes a second or two.

    Raises IECore.Exception that says what to do where the engine's packages do not go with Gaffer's Python.
    """
    find()
    return importlib.import_module(name)


@functools.cache
def find() -> str:
    """Makes the packages of the engine's own Python importable, after those that Gaffer brings. Their folder."""
    packages = _besidePython(engineProcess.python()) or _askedOf()
    # At the end of the path: two versions of a library that Gaffer brings must not meet in one process.
    sys.path.append(packages)
    return packages


def _besidePython(python: Path) -> str | None:
    """The packages of a virtual environment of Gaffer's version. None for any other Python, which has to be asked: to
    start it holds a window up for a second, on a machine at work."""
    environment = python.parent.parent
    packages = environment / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    return str(packages) if (environment / "pyvenv.cfg").is_file() and packages.is_dir() else None


def _askedOf() -> str:
    """What the engine's Python says of its packages."""
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
    return packages

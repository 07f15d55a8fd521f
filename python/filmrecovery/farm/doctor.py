"""Whether this machine has what the work needs, in plain words: for a machine of a farm, before it gets work."""

import contextlib
import importlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting

SUPPORTED = ((3, 11), (3, 14))
"""The first version of Python that does, and the first that does not."""

_PACKAGES = ("numpy", "scipy", "skimage", "cv2", "OpenImageIO", "safetensors", "onnxruntime")
_SECONDS_FOR_GAFFER = 120
_QUESTION = "import json, Gaffer; import GafferRecovery; print(json.dumps(Gaffer.About.versionString()))"


@dataclass(frozen=True)
class DoctorSettings:
    """What the machine is examined for."""

    device: str = setting("auto", "device that trainings are to use: auto, cpu, cuda or cuda:N")
    gaffer: bool = setting(True, "look for Gaffer, which tasks that Gaffer dispatches need")
    free: float = setting(20.0, "space that each folder must have free, in GB", minimum=0.0, maximum=1e9)
    clock: float = setting(
        2.0, "seconds that the clock may differ from that of a folder's file server", minimum=0.1, maximum=86400.0
    )


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    good: bool
    text: str

    def __str__(self) -> str:
        return f"{'ok      ' if self.good else 'MISSING '}{self.text}"


def examine(settings: DoctorSettings, folders: Sequence[Path] = ()) -> Iterator[Finding]:
    """Looks at this machine, and at folders that all machines share. Leaves nothing behind, and raises nothing."""
    yield _python()
    yield from _packages()
    yield _device(settings.device)
    yield _colour()
    if settings.gaffer:
        yield _gaffer()
    for folder in folders:
        yield from _folder(folder, settings)


def _python() -> Finding:
    version = f"Python {sys.version.split()[0]}, {sys.executable}"
    first, beyond = SUPPORTED
    if first <= sys.version_info[:2] < beyond:
        return Finding(True, version)
    return Finding(False, f"{version}: install {first[0]}.{first[1]}, and set the engine up with it")


def _packages() -> Iterator[Finding]:
    missing = {}
    for name in _PACKAGES:
        try:
            importlib.import_module(name)
        except (ImportError, OSError) as error:
            missing[name] = str(error)
    for name, reason in missing.items():
        yield Finding(False, f"the package {name} ({reason}): set the engine up again, by ./run or by pip")
    if not missing:
        yield Finding(True, "the engine's packages")


def _device(name: str) -> Finding:
    try:
        import torch
    except (ImportError, OSError) as error:
        return Finding(False, f"torch ({error}): set the engine up again, by ./run or by pip")
    wanted = ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name
    try:
        # What only looks at the driver may be content where the first computation is not.
        float(torch.ones(8, 8, device=wanted).sum())
        model = torch.cuda.get_device_name(wanted) if wanted.startswith("cuda") else f"{os.cpu_count()} cores"
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        return Finding(False, f"the device {wanted} ({reason}): see the driver, and which build of torch is installed")
    return Finding(True, f"torch {torch.__version__} computes on {wanted} ({model})")


def _colour() -> Finding:
    try:
        import PyOpenColorIO
    except (ImportError, OSError) as error:
        return Finding(False, f"OpenColorIO ({error}): set the engine up again, by ./run or by pip")
    path = os.environ.get("OCIO")
    if not path:
        return Finding(True, "colours of the engine's own OpenColorIO config; the variable OCIO is not set")
    try:
        config = PyOpenColorIO.Config.CreateFromFile(path)
        config.validate()
    except (PyOpenColorIO.Exception, PyOpenColorIO.ExceptionMissingFile) as error:
        reason = str(error).splitlines()[0]
        return Finding(False, f"the OpenColorIO config {path} ({reason}): set OCIO to one that this machine sees")
    return Finding(True, f"the OpenColorIO config {path}")


def _gaffer() -> Finding:
    root = os.environ.get("GAFFER_ROOT")
    program = shutil.which("gaffer", path=str(Path(root) / "bin") if root else None)
    if program is None:
        return Finding(False, "Gaffer: install it, and put its folder bin on PATH or set GAFFER_ROOT to its folder")
    try:
        answer = subprocess.run(
            [program, "env", "python", "-c", _QUESTION],
            env={name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS_FOR_GAFFER,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(False, f"Gaffer: {program} does not start ({error})")
    if answer.returncode == 0:
        with contextlib.suppress(ValueError, IndexError):
            version = json.loads(answer.stdout.splitlines()[-1])
            return Finding(True, f"Gaffer {version} with this extension, {program}")
    elif "GafferRecovery" in answer.stderr:
        return Finding(False, f"this extension in {program}: set GAFFER_EXTENSION_PATHS to the checkout")
    last = (f"{answer.stdout}\n{answer.stderr}".strip().splitlines() or ["it says nothing"])[-1]
    return Finding(False, f"Gaffer: {program} does not work ({last}); is it the program of that name that makes films?")


def _folder(folder: Path, settings: DoctorSettings) -> Iterator[Finding]:
    probe = folder / f".doctor.{secrets.token_hex(4)}"
    try:
        before = time.time()
        probe.write_bytes(b"may be removed")
        written, after = probe.stat().st_mtime, time.time()
        probe.unlink()
        free = shutil.disk_usage(folder).free / 1e9
    except OSError as error:
        yield Finding(False, f"{folder}: cannot be written to ({error.strerror}); mount it, and see its permissions")
        return
    yield Finding(True, f"{folder}: can be written to")
    # A server sets the time of a file by its own clock.
    apart = max(before - written, written - after, 0.0)
    if apart > settings.clock:
        text = "set both by the same time server: the times of files show who is at work"
        yield Finding(False, f"{folder}: its clock and this machine's are {apart:.1f} s apart; {text}")
    else:
        yield Finding(True, f"{folder}: its clock and this machine's agree")
    if free < settings.free:
        yield Finding(False, f"{folder}: {free:.1f} GB free, of {settings.free:g} that are wanted")
    else:
        yield Finding(True, f"{folder}: {free:.0f} GB free")

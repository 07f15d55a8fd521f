"""Kills every stage of a recovery as `kill -9` does, calls it again, and compares with an undisturbed run.

    python tests/filmrecovery/campaigns/kill_campaign.py --kills 1000 --seed 1

Half of the kills come at random times, half as soon as a temporary file is seen. After each, no file with a final name
may be half written. The next call must end well, with the same bytes as if nothing had happened, and leave no temporary
file. Linux alone.
"""

import argparse
import contextlib
import importlib
import os
import pkgutil
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from forked import fork, leaving
from tiny_recovery import STAGES, Stage, write_elements

import filmrecovery
from filmrecovery.base.errors import RecoveryError
from filmrecovery.cli import main
from filmrecovery.film.frames.frame import SUFFIXES
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.model.model_file import read_tensors
from filmrecovery.training.runs.run_status import STATUS_NAME

# Ours have eight hexadecimal digits, those of the library safetensors six signs.
_TEMPORARY = re.compile(r"\..*\.[0-9a-f]{8}(\.[^.]+)?|\.tmp\w+|.*\.tmp")
# What differs between two runs of the same: the time of day.
_TIMES = re.compile(rb"\d{4}-\d\d-\d\d[T_ ]\d\d:?\d\d:?\d\d(\.\d+)?|\"seconds\": [\d.]+")
# Hash lists name files that hold a time.
_TIMED_HASHES = re.compile(rb"<(c4|path)\b.*?</\1>")
_TIMED_NAME = re.compile(r"\d{4}-\d\d-\d\d_\d{6}Z")
_POLL_SECONDS = 0.0005
_LOG = "messages.log"


@dataclass(frozen=True)
class Kill:
    """What came of one kill: where it struck, and all that was wrong afterwards."""

    stage: str
    number: int
    moment: str
    struck: bool
    """Whether the stage was still at work."""
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return "\n  ".join([f"kill {self.number}, {self.stage}, {self.moment}:", *self.faults])


def load_everything() -> None:
    """Imports all modules, so that a child can begin to work at once."""
    for module in pkgutil.walk_packages(filmrecovery.__path__, "filmrecovery."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    torch.set_num_threads(1)


@dataclass(frozen=True)
class Undisturbed:
    """An undisturbed run of all stages: its folder, and how many seconds each stage took."""

    folder: Path
    seconds: dict[str, float]


def run_undisturbed(folder: Path, stages: Sequence[Stage]) -> Undisturbed:
    """Runs the stages, one after the other. Raises RuntimeError where one fails."""
    folder.mkdir()
    child = fork()
    if child == 0:
        with leaving():
            write_elements(folder)
    os.waitpid(child, 0)
    seconds = {}
    for stage in stages:
        began = time.monotonic()
        status = os.waitpid(_start(stage, folder), 0)[1]
        seconds[stage.name] = time.monotonic() - began
        if status != 0:
            raise RuntimeError(f"{stage.name}: {_last_messages(folder)}")
    return Undisturbed(folder, seconds)


def kill_all(
    undisturbed: Undisturbed, everything: Sequence[Stage], stages: Sequence[Stage], kills: int, seed: int
) -> Iterator[Kill]:
    """Kills the stages, some of all, in turn, and yields what came of each kill."""
    for number in range(kills):
        draw = random.Random(f"{seed} {number}")
        with tempfile.TemporaryDirectory(prefix="kill.", dir=undisturbed.folder.parent) as work:
            stage = stages[number % len(stages)]
            later = everything[everything.index(stage) :]
            at_sight = number // len(stages) % 2 == 1
            yield _kill(undisturbed, stage, later, at_sight, number, draw, Path(work) / "work")


def _kill(
    undisturbed: Undisturbed,
    stage: Stage,
    later: Sequence[Stage],
    at_sight: bool,
    number: int,
    draw: random.Random,
    work: Path,
) -> Kill:
    _copy_before(undisturbed.folder, later, work)
    seconds = draw.uniform(0, undisturbed.seconds[stage.name])
    sights = draw.randint(1, 12)
    moment = f"at sight of temporary file {sights}" if at_sight else f"after {seconds:.3f} s"
    child = _start(stage, work)
    ended = _wait_for_sight(child, stage, work, sights) if at_sight else _wait(child, seconds)
    struck = not ended
    if struck:
        os.kill(child, signal.SIGKILL)
        struck = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    faults = [f"half written: {text}" for text in _half_written(stage, work)]
    if os.waitpid(_start(stage, work), 0)[1] != 0:
        faults.append(f"the next call failed: {_last_messages(work)}")
    faults += _differences(stage, undisturbed.folder, work)
    faults += [f"left over: {path.relative_to(work)}" for path in _temporary(work)]
    return Kill(stage.name, number, moment, struck, tuple(faults))


def _copy_before(source: Path, later: Sequence[Stage], work: Path) -> None:
    """Copies what lies there before the first of the later stages begins."""
    outputs = {output for stage in later for output in stage.outputs} | {_LOG, "cache"}
    shutil.copytree(source, work, ignore=lambda folder, names: outputs & {*names} if Path(folder) == source else ())


def _start(stage: Stage, folder: Path) -> int:
    """Starts a stage in a child, and returns its id."""
    child = fork()
    if child:
        return child
    with leaving():
        os.chdir(folder)
        log = os.open(_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for number in (1, 2):
            os.dup2(log, number)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        status = main(list(stage.arguments))
        if status:
            os._exit(status)
    raise AssertionError("a child goes no further")


def _wait(child: int, seconds: float) -> bool:
    """Whether the child ended within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _wait_for_sight(child: int, stage: Stage, work: Path, sights: int) -> bool:
    """Whether the child ended before so many temporary files were seen."""
    seen: set[Path] = set()
    while len(seen) < sights:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        with contextlib.suppress(FileNotFoundError):
            seen.update(_temporary(work))
    return False


def _temporary(folder: Path) -> list[Path]:
    return [path for path in _files(folder) if _TEMPORARY.fullmatch(path.name)]


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name != _LOG and not path.name.endswith(".lock") and "cache" not in path.parts
    ]


def _half_written(stage: Stage, work: Path) -> list[str]:
    """Files with final names that cannot be read."""
    problems = []
    for path in _files(work):
        if _TEMPORARY.fullmatch(path.name) or path.relative_to(work).parts[0] not in stage.outputs:
            continue
        try:
            if path.suffix in SUFFIXES:
                read_frame(path)
            elif path.suffix == ".safetensors":
                read_tensors(path)
            elif path.stat().st_size == 0:
                problems.append(f"{path.relative_to(work)}: empty")
        except RecoveryError as error:
            problems.append(str(error))
    return problems


def _differences(stage: Stage, undisturbed: Path, work: Path) -> list[str]:
    """What the outputs of a stage have otherwise than after the undisturbed run."""
    wanted, found = (_contents(stage, folder) for folder in (undisturbed, work))
    lines = [f"missing: {name}" for name in wanted.keys() - found.keys()]
    lines += [f"unexpected: {name}" for name in found.keys() - wanted.keys()]
    return lines + [f"unequal: {name}" for name in wanted.keys() & found.keys() if wanted[name] != found[name]]


def _contents(stage: Stage, folder: Path) -> dict[str, bytes]:
    """The files of a stage by their names, without what tells the time or the folder."""
    contents = {}
    for path in _files(folder):
        relative = path.relative_to(folder)
        told = path.name != STATUS_NAME and not _TEMPORARY.fullmatch(path.name)
        if relative.parts[0] in stage.outputs and told:
            content = _TIMES.sub(b"", path.read_bytes()).replace(str(folder.absolute()).encode(), b"")
            if path.suffix in (".mhl", ".xml"):
                content = _TIMED_HASHES.sub(b"", content)
            contents[_TIMED_NAME.sub("", str(relative))] = content
    return contents


def _last_messages(folder: Path) -> str:
    return (folder / _LOG).read_text(encoding="utf-8", errors="replace")[-2000:]


def _run_command(arguments: argparse.Namespace) -> int:
    everything = [stage for stage in STAGES if stage.name not in arguments.without]
    stages = [stage for stage in everything if not arguments.stage or stage.name in arguments.stage]
    load_everything()
    began, struck, unequal = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory(prefix="kills.") as folder:
        undisturbed = run_undisturbed(Path(folder) / "undisturbed", everything)
        print(", ".join(f"{name} {seconds:.1f} s" for name, seconds in undisturbed.seconds.items()), flush=True)
        for kill in kill_all(undisturbed, everything, stages, arguments.kills, arguments.seed):
            struck += kill.struck
            if kill.faults:
                unequal += 1
                print(kill, flush=True)
            if (kill.number + 1) % 50 == 0:
                print(f"{kill.number + 1} kills, {struck} at work, {unequal} with faults", flush=True)
    seconds = time.monotonic() - began
    print(f"{arguments.kills} kills, {struck} at work, {unequal} with faults, {seconds:.0f} s")
    return 1 if unequal else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20, help="kills (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default: 1)")
    parser.add_argument("--stage", nargs="+", default=(), help=", ".join(stage.name for stage in STAGES))
    parser.add_argument("--without", nargs="+", default=(), help="stages that are left out")
    sys.exit(_run_command(parser.parse_args()))

"""What a frame costs: the seconds that every stage takes for a frame of a simulated shot, beside what files alone take.

Every stage is called as its verb calls it. The model has untrained members, which take as long as trained ones.
"""

import dataclasses
import json
import os
import shutil
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import torch

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import RunError, SettingsError
from filmrecovery.base.overlap import on_all_cores
from filmrecovery.delivering.deliver import deliver
from filmrecovery.delivering.deliver_settings import DeliverSettings
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.spread_frames import evenly_spread
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.model_file import ModelDescription, save_model
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.reference.alignment.align_frames import write_aligned
from filmrecovery.reference.alignment.align_shots import current_alignment
from filmrecovery.reference.curation.crop_detection import current_crop
from filmrecovery.reference.curation.shared_crop import CropSettings
from filmrecovery.reference.matching.match_settings import MatchSettings
from filmrecovery.reference.matching.match_shots import current_matches
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.rendering.render import render
from filmrecovery.rendering.render_settings import RenderSettings
from filmrecovery.report.assessment import Assessed, assess
from filmrecovery.report.page import Heading
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_manifest import pairs_hash
from filmrecovery.training.pairs.pair_settings import PairSettings
from filmrecovery.trials.alignment_benchmark import measure_alignments, measure_matches
from filmrecovery.trials.simulation.simulate import SIMULATION_NAME, reference_truth, scan_elements
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.report_folder import ReportFolder
from filmrecovery.validation.validate_settings import ValidateSettings

SIZE = (2048, 850)
"""Width and height of a 2K scan in the format 1:2.39."""

FEWEST_FRAMES = 12

_FIRST = 5
_PAIRS = 10
_HOLD_OUTS = 2

# How many files of a frame each stage must at least read and write, where nothing of another stage is at hand.
_FILES = {
    "match": (2, 0),
    "align": (2, 1),
    "crop": (2, 0),
    "render": (1, 1),
    "validate": (2, 0),
    "deliver": (1, 1),
    "pair": (2, 2),
}
_WAY = tuple(name for name in _FILES if name != "pair")
"""What every frame goes through; pairs are made of a few."""


@dataclass(frozen=True)
class Cost:
    """Seconds for a frame: by the clock, and of all processors together."""

    seconds: float
    processor_seconds: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.seconds + other.seconds, self.processor_seconds + other.processor_seconds)

    def times(self, factor: float) -> "Cost":
        """So many times as much."""
        return Cost(factor * self.seconds, factor * self.processor_seconds)


@dataclass(frozen=True)
class Found:
    """How well the stages did what they took their time for."""

    right_matches: int
    median_error: float  # of the alignment, in pixels of the source
    worst_error: float


class _Clock:
    """Measures stages one after the other."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}

    @contextmanager
    def measure(self, name: str, frames: int) -> Generator[None]:
        start, processor_start = time.perf_counter(), time.process_time()
        yield
        spent = Cost(time.perf_counter() - start, time.process_time() - processor_start).times(1 / frames)
        self.costs[name] = self.costs.get(name, Cost(0.0, 0.0)) + spent


def measure_frame_cost(folder: Path, frames: int, threads: int) -> None:
    """Measures every stage on a simulated shot of so many frames of 2048x850, and prints the seconds for a frame.

    Everything that computes uses so many threads. The elements lie in `folder/elements` and are made once; what the
    stages make is in `folder/work`, and is made again each time. Beside each stage stands what reading and writing its
    files takes by itself, measured in the same run. Writes `figures.json` and `figures.md` into `folder`.

    Raises SettingsError for too few frames or too many threads, RunError for a folder `work` of somebody else, and what
    the stages and `scan_elements` raise.
    """
    if frames < FEWEST_FRAMES:
        raise SettingsError(f"--frames {frames}: too few to measure; give {FEWEST_FRAMES} or more")
    work = folder / "work"
    if work.exists() and not (folder / "elements" / SIMULATION_NAME).exists():
        raise RunError(f"{work}: was not made here, and would be removed; choose another folder")
    source, reference = scan_elements(range(_FIRST, _FIRST + frames), SIZE, folder / "elements")
    shutil.rmtree(work, ignore_errors=True)
    for path in (*source.paths(), *reference.paths()):
        # As a file that was never seen: its hash, remembered of an earlier run, is part of the cost.
        path.touch()
    clock = _Clock()
    with _threads(threads):
        _measure_files(clock, source, work / "files")
        found = _measure_stages(clock, source, reference, work, folder / "elements")
    content = {
        "frames": frames,
        "size": SIZE,
        "threads": threads,
        "costs": {name: dataclasses.asdict(cost) for name, cost in clock.costs.items()},
        "whole_way": dataclasses.asdict(_way(clock.costs)),
        "found": dataclasses.asdict(found),
    }
    write_text(folder / "figures.json", json.dumps(content, indent=2) + "\n")
    table = cost_table(clock.costs, found, frames)
    write_text(folder / "figures.md", table)
    print(table, end="")


@contextmanager
def _threads(count: int) -> Generator[None]:
    """Has this process, and each library in it, work on so many cores."""
    cores, of_torch, of_opencv = os.sched_getaffinity(0), torch.get_num_threads(), cv2.getNumThreads()
    if not 1 <= count <= len(cores):
        raise SettingsError(f"--threads {count}: expected 1 to {len(cores)}, the cores that there are")
    try:
        os.sched_setaffinity(0, sorted(cores)[:count])
        torch.set_num_threads(count)
        cv2.setNumThreads(count)
        yield
    finally:
        os.sched_setaffinity(0, cores)
        torch.set_num_threads(of_torch)
        cv2.setNumThreads(of_opencv)


def _measure_files(clock: _Clock, source: Element, folder: Path) -> None:
    """How long reading the frames takes, and writing them, with nothing in between."""
    read_frame(source.path(source.frames[0]))
    with clock.measure("decode", len(source.frames)):
        pictures = list(on_all_cores(read_frame, source.paths(), "Decoding"))
    with clock.measure("encode", len(source.frames)):
        names = [folder / path.name for path in source.paths()]
        for _ in on_all_cores(lambda pair: write_frame(*pair), list(zip(names, pictures, strict=True)), "Encoding"):
            pass


def _measure_stages(clock: _Clock, source: Element, reference: Element, work: Path, elements: Path) -> Found:
    count = len(source.frames)
    with clock.measure("match", count):
        matches = current_matches(work / "matches.json", MatchSettings(), source, reference)
    with clock.measure("align", count):
        alignment = current_alignment(work / "alignment.json", AlignSettings(), matches, source, reference)
        aligned = write_aligned(alignment, source, reference, str(work / "aligned" / "aligned.####.exr"))
    with clock.measure("crop", count):
        current_crop(work / "crop.json", CropSettings(), source, reference, alignment.frames)

    pairs = work / "pairs"
    chosen = evenly_spread(aligned.frames, _PAIRS)
    settings = PairSettings(
        "chroma",
        format_frames(chosen[:-_HOLD_OUTS]),
        format_frames(chosen[-_HOLD_OUTS:]),
        crop=str(work / "crop.json"),
    )
    with clock.measure("pair", _PAIRS):
        manifest = make_pairs(settings, source, aligned, pairs)

    model = _untrained_model(work / "model.safetensors", settings, pairs_hash(manifest))
    crop = settings.crop
    recovered = str(work / "frames" / "recovered.####.exr")
    with clock.measure("render", count):
        rendered = render(RenderSettings(crop=crop, device="cpu"), model, source, recovered)
    with clock.measure("validate", count):
        assess(
            ValidateSettings(crop=crop, device="cpu"),
            Criteria(),
            Assessed(model, [pairs], source, rendered),
            Heading("Frame cost", "shot"),
            ReportFolder(work / "report"),
        )
    delivery = DeliverSettings("Frame cost", "shot", review="none")
    with clock.measure("deliver", count):
        deliver(delivery, rendered, work / "delivery", [model], {"source": [source]}, [pairs])

    truth = reference_truth(elements, "video")
    aligned_to = measure_alignments(alignment.frames, truth)
    return Found(measure_matches(matches, truth).exact, aligned_to.median_error, aligned_to.worst_error)


def _untrained_model(path: Path, settings: PairSettings, trained_on: str) -> Path:
    members = 3
    description = ModelDescription(
        settings.mode,
        "small",
        settings.working_space,
        trained_on,
        steps=0,
        seed=0,
        preparation=SourcePreparation(),
        settings={},
        versions={},
        members=members,
    )
    save_model(path, RecoveryNetwork(settings.mode, "small", members).state_dict(), description)
    return path


def _way(costs: Mapping[str, Cost]) -> Cost:
    return sum((costs[name] for name in _WAY), Cost(0.0, 0.0))


def limits(costs: Mapping[str, Cost]) -> dict[str, Cost]:
    """What reading and writing the files of each stage takes by itself."""
    return {
        name: costs["decode"].times(reads) + costs["encode"].times(writes) for name, (reads, writes) in _FILES.items()
    }


def cost_table(costs: Mapping[str, Cost], found: Found, frames: int) -> str:
    """The costs as a table in Markdown, a line for each stage, and below it what the stages found."""
    by_stage = limits(costs)
    lines: list[tuple[str, Cost, Cost | None]] = [(name, costs[name], by_stage[name]) for name in _WAY]
    lines.append(("a frame's whole way", _way(costs), _way(by_stage)))
    lines.append(("a pair", costs["pair"], by_stage["pair"]))
    lines += [(f"{name} alone", costs[name], None) for name in ("decode", "encode")]
    rows = [("stage", "seconds a frame", "processor seconds", "its files alone"), ("---",) * 4]
    rows += [
        (name, f"{cost.seconds:.3f}", f"{cost.processor_seconds:.3f}", f"{limit.seconds:.3f}" if limit else "")
        for name, cost, limit in lines
    ]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return (
        f"{table}\n{found.right_matches} of {frames} matches are right; the alignment is off by "
        f"{found.median_error:.4f} pixels, at most {found.worst_error:.4f}.\n"
    )

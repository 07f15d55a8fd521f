"""How the cost of each stage grows with the length of a film, up to a feature of a thousand shots.

Each verb is called in a process of its own, which has the libraries already, so that memory and time are the stage's.
"""

import contextlib
import dataclasses
import functools
import json
import math
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import SettingsError
from filmrecovery.reference.curation.selection_file import read_selection
from filmrecovery.report import plots
from filmrecovery.report.page_template import page_template
from filmrecovery.trials.feature_film import SHOT_LENGTH, FeatureFilm, make_feature
from filmrecovery.trials.feature_plans import PLANS

_PRELOADED = (
    "filmrecovery.reference.curation.selection",
    "filmrecovery.reference.curation.shot_detection",
    "filmrecovery.reference.matching.match_shots",
    "filmrecovery.project.run_project",
    "filmrecovery.training.learning.train",
    "filmrecovery.delivering.deliver",
    "filmrecovery.report.assessment",
)


@dataclass(frozen=True)
class Cost:
    """What a stage took: seconds of all processors together and by the clock, and memory in MB at most."""

    processor_seconds: float
    seconds: float
    megabytes: float


Costs = Mapping[int, Mapping[str, Cost]]
"""By the number of frames and the stage, in their order."""


Engine = Callable[[list[str]], int]
"""The engine's command line: takes the arguments of a verb, returns its exit status."""


def benchmark_feature(
    engine: Engine, folder: Path, frames: Sequence[int], plans: Sequence[int], most_seconds: float
) -> None:
    """Takes films of so many frames through all stages, prints what each costs, and how that grows.

    `engine` is called for each stage. Of the longer films, whose numbers of frames are `plans`, only what is planned
    and recorded is made (see `PLANS`): records, the choice of frames, and the tree of tasks.

    A stage that takes longer than `most_seconds` is ended, and the later stages of this film are left out. The training
    has two steps, so that its cost is that of the pairs. Writes `stages.json`, `stages.md` and `stages.svg` into
    `folder`, and the same of the plans. Each length has a folder of its own for the film and what is made of it; remove
    the folder to have them made again. Raises SettingsError for films of less than two shots.
    """
    if min(frames, default=0) < 2 * SHOT_LENGTH:
        raise SettingsError(f"--frames: the shortest film has two shots, {2 * SHOT_LENGTH} frames; give longer ones")
    planned: dict[int, dict[str, Cost]] = {}
    for length in sorted(set(plans)):
        planned[length] = _costs_of_plans(folder / f"plans-{length}", length, most_seconds)
        _write(folder, "plans", planned)
    costs: dict[int, dict[str, Cost]] = {}
    for length in sorted(set(frames)):
        costs[length] = _costs(engine, folder / str(length), length, most_seconds)
        _write(folder, "stages", costs)


def _write(folder: Path, name: str, costs: Costs) -> None:
    """Writes the figures again after each film: the next one may take hours."""
    content = {str(length): {stage: vars(cost) for stage, cost in found.items()} for length, found in costs.items()}
    write_text(folder / f"{name}.json", json.dumps(content, indent=2) + "\n")
    milliseconds: dict[str, list[tuple[int, float]]] = {}
    for length, found in costs.items():
        for stage, cost in found.items():
            milliseconds.setdefault(stage, []).append((length, 1000 * cost.processor_seconds / length))
    if milliseconds:
        write_text(folder / f"{name}.svg", _growth_picture(milliseconds))
    table = growth_table(costs)
    write_text(folder / f"{name}.md", table)
    print(table, flush=True)


def growth_table(costs: Costs) -> str:
    """The costs as a table in Markdown, a line for each stage.

    The exponent is that of the processor seconds between the two longest films: 1 where twice as many frames take twice
    as long.
    """
    rows = [("stage", *(f"{length} frames" for length in costs), "exponent"), ("---",) * (2 + len(costs))]
    for name in next(iter(costs.values())):
        found = {length: of_length[name] for length, of_length in costs.items() if name in of_length}
        shown = (f"{one.processor_seconds:.1f} s, {one.megabytes:.0f} MB" for one in found.values())
        rows.append((name, *shown, *("-",) * (len(costs) - len(found)), _exponent(found)))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _exponent(by_length: Mapping[int, Cost]) -> str:
    if len(by_length) < 2:
        return "-"
    (short, of_short), (long, of_long) = list(by_length.items())[-2:]
    return f"{math.log(of_long.processor_seconds / of_short.processor_seconds) / math.log(long / short):.2f}"


def _costs(engine: Engine, folder: Path, frames: int, most_seconds: float) -> dict[str, Cost]:
    film = make_feature(folder / "film", frames, SHOT_LENGTH)
    found: dict[str, Cost] = {}
    for name, arguments in _stages(film, folder / "work").items():
        print(f"{frames} frames: {name}", file=sys.stderr, flush=True)
        cost = _measured(functools.partial(engine, arguments()), name, folder, most_seconds)
        if cost is None:
            break
        found[name] = cost
    return found


def _costs_of_plans(folder: Path, frames: int, most_seconds: float) -> dict[str, Cost]:
    folder.mkdir(parents=True, exist_ok=True)
    costs = {
        name: _measured(functools.partial(plan, folder, frames), name, folder, most_seconds)
        for name, plan in PLANS.items()
    }
    return {name: cost for name, cost in costs.items() if cost}


def _stages(film: FeatureFilm, work: Path) -> dict[str, Callable[[], list[str]]]:
    """The arguments of the engine for each stage; they may be asked for when the stages before are done."""
    source, reference, shots = film.source.pattern, film.reference.pattern, str(film.shots)
    matches, alignment, selection = (str(work / f"{name}.json") for name in ("matches", "alignment", "selection"))
    aligned, pairs, crop = str(work / "aligned" / "video.######.exr"), str(work / "pairs"), str(work / "crop.json")
    model, recovered = str(work / "run" / "model.safetensors"), str(work / "frames" / "print.######.exr")
    both = ["--source-space", film.source.space, "--reference-space", film.reference.space]

    def make_pairs() -> list[str]:
        chosen = read_selection(Path(selection))
        roles = ["--frames", chosen.frames, "--hold-out-frames", chosen.hold_out_frames]
        return ["pairs", source, aligned, pairs, *both, "--mode", "chroma", "--median", "0", "--shots", shots, *roles]

    train = ["train", pairs, "--run", str(work / "run"), "--steps", "2", "--members", "1", "--patch-size", "64"]
    validate = ["validate", model, source, recovered, "--source-space", film.source.space, "--pairs", pairs]
    deliver = ["deliver", recovered, str(work / "delivery"), "--model", model, "--film", "Feature", "--shot", "all"]
    stages: dict[str, list[str] | Callable[[], list[str]]] = {
        "shots": ["shots", source, str(work / "shots.json")],
        "match": ["match", source, reference, matches, *both, "--shots", shots],
        "align": ["align", matches, source, reference, alignment, *both, "--shots", shots],
        "aligned frames": [
            "align",
            matches,
            source,
            reference,
            alignment,
            *both,
            "--shots",
            shots,
            "--output",
            aligned,
        ],
        "crop": ["crop", source, crop, "--reference", reference, "--alignment", alignment],
        "select": ["select", source, selection, "--matches", matches, "--alignment", alignment, "--shots", shots],
        "pairs": make_pairs,
        "train": [*train, "--device", "cpu"],
        "render": ["render", model, source, recovered, "--source-space", film.source.space, "--shots", shots],
        "validate": [*validate, "--output", str(work / "report"), "--shots", shots],
        "deliver": [*deliver, "--source", source, "--pairs", pairs, "--report", str(work / "report")],
    }
    return {name: (lambda one=one: one) if isinstance(one, list) else one for name, one in stages.items()}


def _measured(call: Callable[[], int | None], name: str, folder: Path, most_seconds: float) -> Cost | None:
    """What a call costs in a process of its own; None, with a line that says so, where it failed or was ended."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    receiver, sender = context.Pipe(duplex=False)
    # A memory of hashes of its own: that of the user knows the files of an earlier trial.
    process = context.Process(target=_call, args=(sender, call, str(folder / "log.txt"), str(folder / "cache")))
    process.start()
    sender.close()
    cost = None
    if receiver.poll(most_seconds):
        with contextlib.suppress(EOFError):
            cost = receiver.recv()
    process.kill()
    process.join()
    if cost is None:
        print(f"{name}: failed, or took too long; see {folder / 'log.txt'}", file=sys.stderr, flush=True)
    return cost


def _call(sender: Connection, call: Callable[[], int | None], log: str, cache: str) -> None:
    """Makes a call in this process, and sends what it costs where its status is not an error."""
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.environ["XDG_CACHE_HOME"] = os.path.abspath(cache)
    start, before = time.perf_counter(), time.process_time()
    if not call():
        spent = time.process_time() - before, time.perf_counter() - start
        sender.send(Cost(*spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def _growth_picture(milliseconds: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """An SVG of the milliseconds a frame of each stage, by frames of the film, both on logarithmic scales."""
    series = {name: [(math.log10(x), y) for x, y in points] for name, points in milliseconds.items()}
    drawn = plots.draw("Cost of a frame", "", series, "frames", plots.Scale(logarithmic=True))
    assert drawn is not None, "each stage has a cost"
    lengths = sorted({x for points in milliseconds.values() for x, _ in points})
    low, high = math.log10(lengths[0]), math.log10(lengths[-1])
    width = plots.RIGHT - plots.LEFT
    # A single length lies in the middle, as `draw` has it.
    places = [(math.log10(x) - low) / (high - low) if high > low else 0.5 for x in lengths]
    ticks = tuple(plots.Tick(plots.LEFT + width * at, f"{x:,}") for at, x in zip(places, lengths, strict=True))
    template = page_template("filmrecovery.trials", "growth.svg.j2")
    return template.render(drawn=dataclasses.replace(drawn, x_ticks=ticks), plots=plots)

"""A feature of many short shots on a cluster of Slurm, one node of which is lost in the middle.

    python tests/filmrecovery/campaigns/feature_on_slurm.py FOLDER --shots 40 --shot-length 50

The tasks of all shots are one tree: each shot is matched, aligned and paired, one model learns from all, an array
renders a shot in each of its calls, and all frames are delivered. It is submitted, a node is lost while frames are
rendered, and comes back when Slurm has noticed. Then the same calls are made here, one after the other, and all frames
are compared, bit for bit; so the checkout must stay as it is meanwhile, since frames name the revision that made them.
Prints what `sacct` says of the call that was lost, and of all calls. Needs what `slurm_cluster` needs.
"""

import argparse
import contextlib
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from slurm_cluster import NODES, SlurmCluster, slurm_cluster

from filmrecovery.cli import main
from filmrecovery.farm.submit import ENGINE, submit, write_job
from filmrecovery.farm.task_tree import FRAMES, Task, TaskTree, write_tree
from filmrecovery.film.elements.scope import Scope, read_scopes
from filmrecovery.trials.feature_film import FeatureFilm, make_feature

_LOST = NODES[-1]
_ALIGNED, _RECOVERED = "aligned/video.######.exr", "frames/print.######.exr"
_SPACES = ("--source-space", "srgb_tx", "--reference-space", "srgb_tx")
_RENDER = "render"
# Places of the pairs in a shot, as parts of it.
_PAIRS, _HOLD_OUTS = (0.1, 0.5, 0.9), (0.3,)


def feature_tasks(film: FeatureFilm, shots: Sequence[Scope]) -> tuple[Task, ...]:
    """The tasks of a whole film, in an order in which they can be done; each is called in the folder of its results."""
    print_files, video_files = film.source.pattern, film.reference.pattern
    tasks: list[Task] = []
    paired = []
    for shot in shots:
        name, frames = shot.name, f"{shot.first}-{shot.last}"
        matches, pairs = f"{name}/matches.json", f"{name}/pairs"

        def add(stage: str, *arguments: str, name: str = name) -> None:
            before = (tasks[-1].name,) if tasks and tasks[-1].name.startswith(f"{name}.") else ()
            tasks.append(Task(f"{name}.{stage}", (*ENGINE, stage, *arguments), after=before))

        both = (print_files, video_files)
        add("match", *both, matches, *_SPACES, "--frames", frames, "--reference-frames", frames)
        add("align", matches, *both, f"{name}/alignment.json", *_SPACES, "--output", _ALIGNED)
        roles = ("--frames", _frames_at(shot, _PAIRS), "--hold-out-frames", _frames_at(shot, _HOLD_OUTS))
        space = ("--source-space", film.source.space, "--label", name)
        add("pairs", print_files, _ALIGNED, pairs, *space, "--mode", "chroma", "--median", "0", *roles)
        paired.append(tasks[-1].name)
    folders = [f"{shot.name}/pairs" for shot in shots]
    learn = ("--run", "run", "--steps", "2", "--members", "1", "--patch-size", "64", "--device", "cpu")
    tasks.append(Task("train", (*ENGINE, "train", *folders, *learn), after=tuple(paired)))
    model = "run/model.safetensors"
    space = ("--source-space", film.source.space)
    render = (*ENGINE, "render", model, print_files, _RECOVERED, *space, "--shots", str(film.shots))
    chunks = tuple(f"{shot.first}-{shot.last}" for shot in shots)
    tasks.append(Task(_RENDER, (*render, "--frames", FRAMES), chunks, ("train",)))
    deliver = (*ENGINE, "deliver", _RECOVERED, "delivery", "--model", model, "--film", "Feature", "--shot", "all")
    tasks.append(Task("deliver", (*deliver, "--review", "none", "--source", print_files), after=(_RENDER,)))
    return tuple(tasks)


def _frames_at(shot: Scope, places: Sequence[float]) -> str:
    return ",".join(str(round(shot.first + place * (shot.last - shot.first))) for place in places)


def do_here(tree: TaskTree) -> None:
    """Makes all calls of a tree in this process, one after the other. Raises RuntimeError where one fails."""
    folder = Path(tree.folder)
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        said = stack.enter_context(open(folder / "said.txt", "w"))
        for context in (contextlib.chdir(folder), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said)):
            stack.enter_context(context)
        for task in tree.tasks:
            for call in range(task.calls):
                if main(task.command_of(call)[len(ENGINE) :]):
                    raise RuntimeError(f"{task.name}, call {call} failed; see {folder / 'said.txt'}")


def do_on_cluster(cluster: SlurmCluster, tree: TaskTree) -> None:
    """Submits a tree, loses a node when a quarter is rendered, and waits for the end of all jobs."""
    folder = Path(tree.folder)
    folder.mkdir()
    write_tree(folder / "tasks.json", tree)
    submit([*write_job(folder / "tasks.json", "slurm"), "--requeue"], cluster.variables)
    done = folder / "tasks.done"
    rendered = tree.task(_RENDER).calls
    _wait_for(cluster, lambda: len(list(done.glob(f"{_RENDER}.*"))) * 4 >= rendered and _works(cluster, _LOST))
    print(f"{_LOST} is lost, with {cluster.lose_node(_LOST)} processes", flush=True)
    _wait_for(cluster, lambda: "down" in (cluster.ask("sinfo", "-h", "-n", _LOST, "-o", "%T") or ""))
    cluster.start_node(_LOST)
    _wait_for(cluster, lambda: False)


def _works(cluster: SlurmCluster, node: str) -> bool:
    return "RUNNING" in (cluster.ask("squeue", "-h", "-w", node, "-o", "%T") or "")


def _wait_for(cluster: SlurmCluster, happened: Callable[[], bool]) -> None:
    """Waits until something has happened, or no job is left."""
    while not happened() and cluster.ask("squeue", "-h") != "":
        time.sleep(0.5)


def _by_stage(calls: str) -> str:
    """How many calls of each stage ended how, and the median of their seconds; of lines such as name|state|seconds."""
    seconds: dict[tuple[str, str], list[int]] = {}
    for line in calls.splitlines():
        name, state, took = line.split("|")
        # Of a name such as feature.shot_00010.match the stage.
        seconds.setdefault((name.rsplit(".", 1)[-1], state), []).append(int(took))
    return "\n".join(
        f"{stage:>8} {state:>10} {len(each):4} {statistics.median(each):4.0f} s"
        for (stage, state), each in seconds.items()
    )


def differing(one: Path, other: Path) -> list[str]:
    """The frames, of any stage, of two folders that are not the same, bit for bit, or that one of them lacks."""
    found = [{str(path.relative_to(folder)): path for path in folder.rglob("*.exr")} for folder in (one, other)]
    names = sorted(found[0].keys() | found[1].keys())
    return [
        name
        for name in names
        if not (name in found[0] and name in found[1] and found[0][name].read_bytes() == found[1][name].read_bytes())
    ]


def _run_command(arguments: argparse.Namespace) -> int:
    folder = arguments.folder.absolute()
    if folder.exists():
        print(f"{folder}: exists; name a new folder", file=sys.stderr)
        return 1
    frames = arguments.shots * arguments.shot_length
    film = make_feature(folder / "film", frames, arguments.shot_length)
    tasks = feature_tasks(film, read_scopes(film.shots))
    began = time.monotonic()
    # Of its own, so that what earlier runs remember of files does not help.
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    with slurm_cluster(folder / "slurm") as cluster:
        do_on_cluster(cluster, TaskTree("feature", str(folder / "farm"), tasks, {}))
        columns = "JobID%12,JobName%28,State,ExitCode,Start,End,NodeList"
        table = cluster.ask("sacct", "-D", "-X", f"--format={columns}") or ""
        (folder / "sacct.txt").write_text(table)
        made = cluster.ask("sacct", "-D", "-X", "-n", "-P", "--format=JobName,State,ElapsedRaw") or ""
    seconds = time.monotonic() - began
    heading, lines = table.splitlines()[:2], table.splitlines()[2:]
    lost = {line.split()[0] for line in lines if "NODE_FAIL" in line}
    print(*heading, *(line for line in lines if line.split()[0] in lost), sep="\n")
    print(_by_stage(made), flush=True)
    do_here(TaskTree("feature", str(folder / "here"), tasks, {}))
    unequal = differing(folder / "farm", folder / "here")
    print(*unequal[:10], sep="\n")
    calls, rendered = sum(task.calls for task in tasks), len(list((folder / "farm" / "frames").glob("*.exr")))
    print(f"{frames} frames, {calls} calls, {seconds:.0f} s: {rendered} rendered, {len(unequal)} files differ")
    return 1 if unequal or rendered != frames else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a new folder for film, cluster and results")
    parser.add_argument("--shots", type=int, default=40, help="shots of the film (default: 40)")
    parser.add_argument("--shot-length", type=int, default=50, help="frames of a shot (default: 50)")
    sys.exit(_run_command(parser.parse_args()))

"""A tree of tasks as job arrays of Slurm, each of which waits until those before it have ended well.

Nothing but sbatch, scancel and scontrol is called, so that accounting and a plugin for priorities are not needed.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import TRY_AGAIN
from filmrecovery.farm.farm_job import FarmJob, number_ranges
from filmrecovery.farm.task_tree import Task, beside

LARGEST_ARRAY = 1000
"""Calls in one array: MaxArraySize of Slurm is 1001 where nobody changed it, and no index may reach that."""
MOST_TRIES = 3
"""How often a call is tried again that a signal ended, other than one of Slurm."""
SECONDS_TO_END = 120
"""How long before its limit of time a job gets a signal, so that a training writes a checkpoint."""

_SCRIPT = """\
#!/bin/bash
# Makes one call of the task {name}. Its number is the index in the array, added to $1.
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@{seconds}

{command} $(( $1 + SLURM_ARRAY_TASK_ID )) &
call=$! ended= late=
trap 'again=1 ended=1; kill -TERM $call' TERM
trap 'again=1 late=1; kill -TERM $call' USR1
# A signal ends `wait` before the call has ended.
while again=; wait $call; status=$?; [ -n "$again" ]; do :; done

# {status}: nothing is wrong with the task. Where Slurm itself ended it, Slurm knows whether it is to come again.
if [ $status = {status} ] && [ -z "$ended" ] && {{ [ -n "$late" ] || [ ${{SLURM_RESTART_COUNT:-0}} -lt {tries} ]; }}
then
    scontrol requeue ${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID
fi
exit $status
"""

_SUBMIT = """\
#!/bin/sh
# Submits the tasks of {tree} to Slurm.
# Further options of sbatch may follow, such as --partition=film. The numbers of the jobs are kept in the file `jobs`,
# so that this cancels them:  scancel $(cat jobs)
set -eu
cd {folder}
mkdir -p {logs}
jobs=
trap '[ -z "$jobs" ] || scancel $jobs' EXIT

submit() {{
    # The name of the cluster stands behind the number where there are several.
    number=$(sbatch --parsable --kill-on-invalid-dep=yes "$@")
    number=${{number%%;*}}
    jobs="$jobs $number"
}}

{lines}

echo $jobs > jobs
trap - EXIT
echo "submitted to Slurm: jobs$jobs"
echo "to cancel: scancel$jobs"
"""


def write_slurm(job: FarmJob) -> Path:
    """Writes a script for each task, and returns the path of the one that submits them. Raises OutputError."""
    folder = beside(job.path, "slurm")
    # What tells a task's variable from others in the shell, whose names have no "-" and ".".
    variables = {task.name: f"after_{number}" for number, task in enumerate(job.tasks)}
    lines = []
    for task in job.tasks:
        script = _SCRIPT.format(
            name=task.name,
            seconds=SECONDS_TO_END,
            command=shlex.join(job.command(task)),
            status=TRY_AGAIN,
            tries=MOST_TRIES,
        )
        write_text(folder / f"{task.name}.sh", script)
        lines += _submissions(job, task, variables)
    script = _SUBMIT.format(
        # In quotes, since a name may have a line break, after which the comment ends.
        tree=repr(str(job.path)),
        folder=shlex.quote(str(folder)),
        logs=shlex.quote(str(job.logs)),
        lines="\n".join(lines),
    )
    path = folder / "submit.sh"
    write_text(path, script)
    return path


def _submissions(job: FarmJob, task: Task, variables: Mapping[str, str]) -> list[str]:
    """The lines of the shell that submit a task: one for each of its arrays, and one that notes their numbers."""
    parts: dict[int, list[int]] = {}
    for call in job.calls[task.name]:
        first = call // LARGEST_ARRAY * LARGEST_ARRAY
        parts.setdefault(first, []).append(call - first)
    lines = [f"# {task.name}", "numbers="]
    after = "".join(f":${variables[name]}" for name in job.after(task))
    for first, indices in parts.items():
        # In a path % begins a field. Slurm writes its log before the job makes folders, so that submit.sh makes them.
        log = str(job.logs).replace("%", "%%") + f"/{task.name}.{f'{first}+' if first else ''}%a.log"
        options = [
            f"--job-name={job.tree.name}.{task.name}",
            f"--array={number_ranges(indices)}",
            f"--output={log}",
            f"--chdir={job.tree.folder}",
            *_needs(task),
        ]
        dependency = f' "--dependency=afterok{after}"' if after else ""
        lines += [
            f'submit {shlex.join(options)}{dependency} "$@" {shlex.quote(f"{task.name}.sh")} {first}',
            "numbers=$numbers${numbers:+:}$number",
        ]
    return [*lines, f"{variables[task.name]}=$numbers"]


def _needs(task: Task) -> list[str]:
    needs = task.needs
    return [
        option
        for value, option in (
            (needs.cores, f"--cpus-per-task={needs.cores}"),
            (needs.memory, f"--mem={needs.memory}M"),
            (needs.gpus, f"--gres=gpu:{needs.gpus}"),
        )
        if value
    ]

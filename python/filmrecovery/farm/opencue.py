"""A tree of tasks as a job of OpenCue: a script that makes it by PyOutline, OpenCue's own library for jobs.

The script runs where PyOutline is installed, which the engine's environment need not have.
"""

import hashlib
import pprint
import re
import shlex
import unicodedata
from pathlib import Path

from filmrecovery.base.atomic import write_text
from filmrecovery.farm.farm_job import FarmJob, number_ranges
from filmrecovery.farm.task_tree import Task, beside

_CALL = "#IFRAME#"
"""In place of this OpenCue writes the number of the frame, which here is the number of the call."""

_NO_LETTER = re.compile(r"[^A-Za-z0-9_.]")
_SHORTEST_NAME = 3
"""OpenCue takes names of letters, digits, "_" and "." alone, of three at least, and writes them in small letters."""
_TOLD_APART_BY = 8
"""Digits of a hash."""

_SCRIPT = '''\
"""Launches the tasks of a recovery on OpenCue, or prints their job spec:  python job.py --spec"""

import sys

import outline
import outline.cuerun
from outline.modules.shell import Shell

NAME = {name!r}
LAYERS = {layers}

job = outline.Outline(NAME)
layers = {{}}
for layer in LAYERS:
    made = Shell(layer["name"], command=layer["command"], range=layer["range"], chunk=1, **layer["needs"])
    for before in layer["after"]:
        made.depend_all(layers[before])
    layers[layer["name"]] = made
    job.add_layer(made)

launcher = outline.cuerun.OutlineLauncher(job, nomail=True)
if "--spec" in sys.argv[1:]:
    print(launcher.serialize(use_pycuerun=False))
else:
    for launched in launcher.launch(use_pycuerun=False):
        print(f"submitted to OpenCue: {{launched.data.name}}")
'''


def write_opencue(job: FarmJob) -> Path:
    """Writes the script and returns its path. Raises OutputError."""
    layers = [_layer(job, task) for task in job.tasks]
    script = _SCRIPT.format(
        name=_job_name(job.tree.name),
        layers=pprint.pformat(layers, width=110, sort_dicts=False),
    )
    path = beside(job.path, "opencue") / "job.py"
    write_text(path, script)
    return path


def _job_name(name: str) -> str:
    """The name as OpenCue takes it. Where more than blanks changes of it, as of a title in Greek, a hash of
    the whole follows: no two films have one name."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    taken = _NO_LETTER.sub("_", plain)
    if taken != name.replace(" ", "_"):
        digest = hashlib.sha256(name.encode()).hexdigest()[:_TOLD_APART_BY]
        taken = f"{taken.strip('_')}_{digest}".lstrip("_")
    return taken.ljust(_SHORTEST_NAME, "_")


def _layer(job: FarmJob, task: Task) -> dict[str, object]:
    needs = task.needs
    wanted = {"cores": needs.cores, "memory": f"{needs.memory}m" if needs.memory else 0, "gpus": needs.gpus}
    return {
        "name": _layer_name(job, task.name),
        # As text, which OpenCue hands to a shell.
        "command": f"{shlex.join(job.command(task))} {_CALL}",
        "range": number_ranges(job.calls[task.name]),
        "after": [_layer_name(job, name) for name in job.after(task)],
        "needs": {name: value for name, value in wanted.items() if value},
    }


def _layer_name(job: FarmJob, name: str) -> str:
    """The name of a task's layer, begun with its number, which small letters leave apart from others."""
    number = [task.name for task in job.tree.tasks].index(name) + 1
    return f"{number:03}_{_NO_LETTER.sub('_', name)}"

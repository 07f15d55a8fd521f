"""A tree of tasks as a job template of OpenJD, the open format of jobs of AWS Deadline Cloud.

Follows the specification jobtemplate-2023-09 of https://github.com/OpenJobDescription/openjd-specifications.
"""

import json
from pathlib import Path
from typing import Any

from filmrecovery.base.atomic import write_text
from filmrecovery.farm.farm_job import FarmJob, number_ranges
from filmrecovery.farm.task_tree import Task, beside

SECONDS_TO_END = 120
"""How long a cancelled task has to write what it has done."""
_LONGEST_NAME = 64


def write_openjd(job: FarmJob) -> Path:
    """Writes the template and returns its path. Raises OutputError.

    Its parameters say where the tree lies and which program is the engine: a farm whose machines see them at another
    place gives other values.
    """
    template = {
        "specificationVersion": "jobtemplate-2023-09",
        "name": _plain(job.tree.name)[:128],
        "parameterDefinitions": [
            {
                "name": "Tasks",
                "type": "STRING",
                "description": "The file of the tasks, as the machines of the farm see it.",
                "default": str(job.path),
            },
            {
                "name": "Engine",
                "type": "STRING",
                "description": "The engine's Python, as the machines of the farm see it.",
                "default": job.engine[0],
            },
        ],
        "steps": [_step(job, task) for task in job.tasks],
    }
    path = beside(job.path, "openjd") / "template.json"
    write_text(path, json.dumps(template, indent=2) + "\n")
    return path


def _step(job: FarmJob, task: Task) -> dict[str, Any]:
    _, *arguments = job.engine
    step: dict[str, Any] = {"name": _name(job, task.name)}
    after = job.after(task)
    if after:
        step["dependencies"] = [{"dependsOn": _name(job, name)} for name in after]
    needs = task.needs
    amounts = {"amount.worker.vcpu": needs.cores, "amount.worker.memory": needs.memory, "amount.worker.gpu": needs.gpus}
    if any(amounts.values()):
        step["hostRequirements"] = {
            "amounts": [{"name": name, "min": amount} for name, amount in amounts.items() if amount]
        }
    step["parameterSpace"] = {
        "taskParameterDefinitions": [{"name": "Call", "type": "INT", "range": number_ranges(job.calls[task.name])}]
    }
    step["script"] = {
        "actions": {
            "onRun": {
                "command": "{{Param.Engine}}",
                "args": [
                    *arguments,
                    "do-task",
                    "--progress=openjd",
                    "{{Param.Tasks}}",
                    task.name,
                    "{{Task.Param.Call}}",
                ],
                "cancelation": {"mode": "NOTIFY_THEN_TERMINATE", "notifyPeriodInSeconds": SECONDS_TO_END},
            }
        }
    }
    return step


def _name(job: FarmJob, name: str) -> str:
    """The name of a task's step, of at most 64 letters."""
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 6]}-{[task.name for task in job.tree.tasks].index(name):05}"


def _plain(text: str) -> str:
    """A text in which nothing is a reference to a parameter."""
    return text.replace("{{", "{ {").replace("}}", "} }")

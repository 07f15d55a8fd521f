import Gaffer
import GafferDispatch

import GafferRecovery
from filmrecovery.farm.task_tree import Needs
from GafferRecoveryUI.nodeUIs import plugMetadata

_OPTIONS = {
    GafferRecovery.SlurmDispatcher: """
    Further options of `sbatch` for all tasks, such as `--partition=film --time=8:00:00`. Set what a task needs at its
    node, in the tab Dispatcher, section Farm.
    """,
    GafferRecovery.OpenJDDispatcher: """
    Further options of `openjd run`, such as `--step Delivery`. It does the tasks on this machine one after the other.
    """,
    GafferRecovery.OpenCueDispatcher: """
    Further options of the script `job.py`: `--spec` prints the job spec and submits nothing.
    """,
}
_DESCRIPTIONS = {
    GafferRecovery.SlurmDispatcher: """
    Dispatches tasks to a Slurm cluster: an array of jobs for each task, each array after those before it. The scripts,
    the logs, and the numbers of the jobs lie in the folder of the job. `submit.sh` there submits again,
    `scancel $(cat jobs)` cancels. Dispatch from a machine that has `sbatch`.
    """,
    GafferRecovery.OpenJDDispatcher: """
    Writes the tasks as a job template in OpenJD, the open format for jobs of AWS Deadline Cloud. If `submit` is on,
    `openjd run` does the job on this machine, and Gaffer waits for it. In a window `submit` is therefore off at first.
    """,
    GafferRecovery.OpenCueDispatcher: """
    Dispatches tasks to OpenCue, by a script that makes its job with PyOutline.
    """,
}

for _dispatcher, _description in _DESCRIPTIONS.items():
    Gaffer.Metadata.registerNode(
        _dispatcher,
        "description",
        _description,
        plugs={
            "options": {"description": _OPTIONS[_dispatcher]},
            "submit": {
                "description": """
                Turn this off to write what the farm reads into the folder of the job, and to submit nothing.
                """
            },
        },
    )

# Where there is no window, nobody waits for one.
Gaffer.Metadata.registerValue(GafferRecovery.OpenJDDispatcher, "submit", "userDefault", False)

Gaffer.Metadata.registerNode(
    GafferDispatch.TaskNode,
    plugs={
        "dispatcher.farm": {
            "description": """
            What a machine must have free for one batch of this task, for the dispatchers of Slurm, OpenJD and OpenCue.
            """,
            "layout:section": "Farm",
            "plugValueWidget:type": "GafferUI.LayoutPlugValueWidget",
        },
        **{f"dispatcher.farm.{name}": metadata for name, metadata in plugMetadata.settings(Needs).items()},
        "dispatcher.farm.gpus": plugMetadata.settings(Needs)["gpus"] | {"label": "GPUs"},
    },
)

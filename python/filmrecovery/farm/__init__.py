"""Work for the machines of a farm: one tree of tasks, written for Slurm, OpenJD and OpenCue; what a machine lacks.

Imports base alone. What the tasks do is a matter of the verbs that they call. Begin with `task_tree`, `submit` and
`do_task`.
"""

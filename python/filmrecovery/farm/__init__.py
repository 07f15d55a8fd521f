"""Work for the machines of a farm: one tree of tasks, written for Slurm, OpenJD and OpenCue; what a machine lacks.

Imports base alone. What the tasks do is a matter of the verbs that they call.

Offers do_task (PROGRESS_FORMS, do_task); doctor (DoctorSettings, Finding, examine); submit (ENGINE, FARMS,
further_options, submit, write_job); task_tree (FRAMES, Needs, Task, TaskTree, VARIABLES, write_tree).
"""

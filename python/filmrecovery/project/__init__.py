"""The project file, and the whole recovery that it describes, from raw elements to a report.

Imports every room of a stage.

Offers load_project (load_project); project_keys (project_keys); project_tasks (project_tasks); raw_reference
(ALIGNMENT_NAME, MATCHES_NAME); run_project (run_project).
"""

"""The project file, and the whole recovery that it describes, from raw elements to a report.

Imports every room of a stage. Begin with `run_project` and `project_file`.
"""

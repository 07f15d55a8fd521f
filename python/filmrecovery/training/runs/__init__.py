"""The folder of a training: what was asked, how far it is, what it keeps, and how it is watched and steered.

Imports film, model and base. Begin with `run_folder` and `run_overview`.
"""

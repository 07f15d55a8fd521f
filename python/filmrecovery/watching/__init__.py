"""Trainings as one page in a browser, served on this machine alone.

Imports report and the rooms below it, and werkzeug, which speaks HTTP. Begin with `watch_server` and `application`.
"""

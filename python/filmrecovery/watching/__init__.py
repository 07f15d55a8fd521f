"""Trainings as one page in a browser, served on this machine alone.

Imports report and the rooms below it, and werkzeug, which speaks HTTP.

Offers watch_server (open_watch); watch_settings (WatchSettings).
"""

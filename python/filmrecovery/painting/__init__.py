"""Frames given out to a painter, and taken back as references.

Imports reference and the rooms below it. Begin with `export_for_painting` and `take_back`.
"""

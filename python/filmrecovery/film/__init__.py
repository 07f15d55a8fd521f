"""Frames on disk: patterns and ranges, formats, headers, marks of finished frames, checks of elements.

Imports picture and base: a frame is read and written in a colour space.
"""

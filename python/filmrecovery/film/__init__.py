"""Frames on disk: patterns and ranges, formats, headers, marks of finished frames, checks of elements.

Its rooms, each importing only those before it: headers, frames, elements, checks, products, movies. Imports picture
and base: a frame is read and written in a colour space.
"""

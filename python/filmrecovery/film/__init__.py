"""Frames on disk, and movies: patterns and ranges, formats, headers, checks of elements, marks of finished frames.

Its rooms, each importing only those before it: headers, frames, elements, checks, products, movies. Imports picture
and base: a frame is read and written in a colour space.
"""

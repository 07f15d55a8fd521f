"""Which frame of the reference shows which frame of the source.

Begin with `match_frames`.
"""

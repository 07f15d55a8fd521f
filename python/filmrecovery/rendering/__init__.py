"""A model over every frame of a shot, and the merge with the original plate.

Imports provenance and the rooms below it. Begin with `render`.
"""

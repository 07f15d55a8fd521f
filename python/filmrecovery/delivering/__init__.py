"""A recovered shot as one sealed folder: masters, a movie or frames to look at, sidecars, the hash list.

Imports provenance and the rooms below it. Begin with `deliver`.
"""

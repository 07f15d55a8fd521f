"""What a stage makes: frame by frame, in a folder of its own, and made again only where it is no longer current.

Imports the rooms of film before it, picture and base. Begin with `changed_frames` and `freshness`.
"""

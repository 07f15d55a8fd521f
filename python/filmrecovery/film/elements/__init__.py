"""Many frames: an element's pattern and numbers, its gaps, scopes and masks, and which frames stand for it.

Imports film.frames, picture and base. Begin with `element`.
"""

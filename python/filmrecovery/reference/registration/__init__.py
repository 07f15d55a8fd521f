"""How one frame lies over another: measured from their detail, to a fraction of a pixel.

Begin with `shot_registration`.
"""

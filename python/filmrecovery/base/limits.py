"""Ends of ranges that several settings and records have in common. Standard library alone."""

HIGHEST_FRAME = 999_999_999
"""Of frame numbers."""
MOST_FRAMES = 250_000
"""Of an element, or of a range: nearly three hours at 24 frames a second."""
LARGEST_SIDE = 1_000_000
"""Of a picture, in pixels."""
WIDEST_MEDIAN = 101
"""Of a median filter's window, in pixels: memory and time grow with its square."""
HIGHEST_SEED = 2_000_000_000
"""Of random numbers; below the end of Gaffer's whole numbers, so that a plug shows it."""
HIGHEST_ERROR = 1e12
"""Of a measured figure in a record, and of a number in a matrix: beyond any that means something."""
WIDEST_PIXEL = 10.0
"""Aspect of a pixel, and the other way round. Of film and video it is up to 2."""

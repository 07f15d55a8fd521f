"""Limits that several settings and records share. Standard library alone."""

HIGHEST_FRAME = 999_999_999
"""The highest frame number."""
MOST_FRAMES = 250_000
"""The most frames of an element or a range: nearly three hours at 24 frames a second."""
LARGEST_SIDE = 1_000_000
"""The greatest width or height of a picture, in pixels."""
WIDEST_MEDIAN = 101
"""The widest window of a median filter, in pixels: memory and time grow with its square."""
HIGHEST_SEED = 2_000_000_000
"""The highest seed of random numbers. It fits into a whole number of Gaffer, so that a plug can show it."""
HIGHEST_ERROR = 1e12
"""The largest measured figure in a record, or number in a matrix: no larger one means anything."""
WIDEST_PIXEL = 10.0
"""The greatest aspect of a pixel; its inverse is the least. Film and video have up to 2."""

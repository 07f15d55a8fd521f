"""Alignment: the reference onto the source, to a fraction of a pixel, and the simulated cases that measure it."""

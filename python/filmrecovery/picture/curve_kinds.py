"""Kinds of curves that the values of a picture may have, in words for people. Standard library alone."""

LINEAR, LOG, DISPLAY, HDR = "linear", "logarithmic", "as on a display", "of a high dynamic range (PQ or HLG)"

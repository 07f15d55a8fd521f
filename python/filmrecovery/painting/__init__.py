"""Constructed references: frames given out for painting and taken back, and palettes borrowed from artwork."""

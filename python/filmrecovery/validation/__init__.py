"""Validation: what a recovery is worth, measured on hold-outs and over the shot, and the verdict."""

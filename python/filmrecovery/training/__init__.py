"""Pairs of input and ground truth, and the training of a model on them, in a run folder.

Imports reference and the rooms below it.
"""

"""Pairs of input and ground truth, and the training of a model on them, in a run folder.

Its rooms, each importing only those before it: pairs and runs, which do not import each other, fitting, learning.
Imports reference and the rooms below it.
"""

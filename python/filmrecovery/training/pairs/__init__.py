"""What is learnt from: pairs of input and ground truth, made or brought along, their list, masks and outliers.

Imports reference and the rooms below it. Begin with `make_pairs`.
"""

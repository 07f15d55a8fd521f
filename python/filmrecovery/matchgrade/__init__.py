"""A 3D LUT fitted to the training pairs: the baseline that a recovery is compared with.

Imports training and the rooms below it. Begin with `match_grade` and `grading`.
"""

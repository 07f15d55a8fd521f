"""The part of a model that is fitted to the pairs in closed form, and how far each of its parts is to be trusted.

Imports training.pairs, model and picture. Begin with `fit_grades` and `evidence`.
"""

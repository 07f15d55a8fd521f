"""A recovery measured against ground truth, source and baseline, and judged by criteria.

Imports training and the rooms below it. Begin with `validate`, `declared_criteria` and `verdict`.
"""

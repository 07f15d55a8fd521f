"""Mathematics on pictures as arrays, and names for arrays: colour, luma, median, warp, ground truth, measures.

Imports base. Begin with `arrays`, `colour` and `luma`.
"""

"""Mathematics on pictures as arrays: colour, luma, median, warp, ground truth, measures, contact sheets.

Imports base.
"""

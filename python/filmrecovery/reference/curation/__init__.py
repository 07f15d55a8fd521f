"""Shots, shared crop, balance, and the choice of the frames to train on.

Begin with `selection`, `shared_crop` and `shot_list`.
"""

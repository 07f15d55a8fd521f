"""Curation: shots, the crop that two elements share, and the frames to train on."""

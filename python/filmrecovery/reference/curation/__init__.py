"""Shots, shared crop, balance, and the choice of the frames to train on."""

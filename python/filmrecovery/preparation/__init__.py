"""Preparation of elements for the pairs: raw references, balance, cleaning."""

"""Publishing: a sealed delivery becomes versions of assets, with relations to what it was made of.

Imports delivering, validation and the rooms below them, and assets. Begin with `publish`.
"""

"""The engine as a process of its own; its packages, networks and asset manager in Gaffer's process.

Imports of this extension: none.
"""

"""The engine: as a process of its own, and its networks in Gaffer's process. Imports of this extension: none."""

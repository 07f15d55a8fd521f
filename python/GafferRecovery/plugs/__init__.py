"""How plugs are made that several nodes have. Imports of this extension: none."""

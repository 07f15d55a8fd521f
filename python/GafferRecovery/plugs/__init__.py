"""What all nodes share: plugs that several of them have, plugs from settings, and errors as one sentence.

Imports of this extension: none.
"""

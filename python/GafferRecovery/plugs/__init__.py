"""What all nodes share: plugs that several of them have, plugs from settings, errors as one sentence, and where results
of a graph go.

Imports of this extension: none.
"""

"""The dispatchers of farms, beside Gaffer's own. May import `engine` and `plugs`.

They make one tree of tasks of what is to be dispatched, which the engine's room `farm` writes for each farm. No node
knows of a farm. The name begins with an underscore for the reason that `_taskNodes` gives.
"""

"""Files of the engine as nodes see them: their names, their state, and what they say. May import `plugs`.

Each class is a ComputeNode, private to one of the nodes that users make.
"""

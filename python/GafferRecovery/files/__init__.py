"""The files that the engine reads and writes, as nodes see them: names, state and content. May import `plugs`.

Each class is a ComputeNode, private to one of the nodes that users make.
"""

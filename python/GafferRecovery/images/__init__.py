"""What the nodes that make an image share: pixels as arrays, small graphs of stock nodes, and private image nodes.

May import `plugs`, `engine` and `files`.
"""

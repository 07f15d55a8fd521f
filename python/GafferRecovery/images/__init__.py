"""What nodes share that make an image: pixels as arrays, small graphs of stock nodes, and private image nodes.

May import `plugs`, `engine` and `files`.
"""

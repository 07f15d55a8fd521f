"""How each node looks: its tool tips, its layout and its widgets, in one module a node; and what these share."""

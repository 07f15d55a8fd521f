"""What a recovery changes and what it holds. Standard library alone, as plugs follow from it too."""

MODES = ("chroma", "spatial", "plain")
"""chroma: chroma is recovered, luma held; spatial: luma is recovered, chroma held; plain: nothing is held."""

PARTS = ("luma", "chroma", "red", "green", "blue")
"""The parts of a reference that may come from other elements, in the order in which they are exchanged."""

MERGE_OPERATIONS = ("color", "luminosity")
"""What is merged with an original plate, by the names of the blend modes that do so."""
MERGE_HELP = "color: the recovered chroma onto the original's luma; luminosity: the recovered luma onto its chroma"

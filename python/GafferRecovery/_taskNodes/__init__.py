"""The nodes that are dispatched. May import `plugs`, `engine`, `files` and `images`.

The name begins with an underscore so that a script says `GafferRecovery.Train`, whatever folder the class lies in:
Gaffer leaves such names out of the path of a class when it writes a script (`Serialisation::modulePath`).
"""

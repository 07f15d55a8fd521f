"""Plugs for the paths of files and folders that the engine reads."""

import Gaffer
import IECore


def files() -> Gaffer.StringPlug:
    """A plug for the pattern of an element's files. Its #### are not replaced: they stand for all frames."""
    every, frame = IECore.StringAlgo.Substitutions.AllSubstitutions, IECore.StringAlgo.Substitutions.FrameSubstitutions
    return Gaffer.StringPlug(substitutions=int(every) & ~int(frame))


def pairs() -> Gaffer.ArrayPlug:
    """A plug for the folders of pairs. It grows with each connection."""
    return Gaffer.ArrayPlug(elementPrototype=Gaffer.StringPlug("pairs0"))

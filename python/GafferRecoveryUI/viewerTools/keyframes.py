"""Values of plugs at one frame: as keys of an animation, or plain where a plug has one value for all frames."""

from collections.abc import Iterable

import Gaffer


def leaves(plug: Gaffer.ValuePlug) -> list[Gaffer.ValuePlug]:
    """The plugs in a plug that have values of their own, or the plug itself."""
    return [leaf for leaf in Gaffer.ValuePlug.RecursiveRange(plug) if not len(leaf)] if len(plug) else [plug]


def editable(plugs: Iterable[Gaffer.ValuePlug]) -> bool:
    """Whether all can be set or keyed: none is locked, or told by another node."""
    return all(
        not Gaffer.MetadataAlgo.readOnly(leaf) and (leaf.settable() or Gaffer.Animation.isAnimated(leaf))
        for plug in plugs
        for leaf in leaves(plug)
    )


def isAnimated(plug: Gaffer.ValuePlug) -> bool:
    return any(Gaffer.Animation.isAnimated(leaf) for leaf in leaves(plug))


def hasKey(plug: Gaffer.ValuePlug, time: float) -> bool:
    """Whether a plug has a key at a time in seconds."""
    return Gaffer.Animation.isAnimated(plug) and Gaffer.Animation.acquire(plug).hasKey(time)


def setAt(plug: Gaffer.ValuePlug, value: float, time: float, keyed: bool) -> None:
    """Sets a value: with a key at the time in seconds where it is `keyed` or has keys already, else for all times."""
    if not keyed and not Gaffer.Animation.isAnimated(plug):
        plug.setValue(value)
        return
    curve = Gaffer.Animation.acquire(plug)
    key = curve.getKey(time)
    if key is None:
        curve.addKey(Gaffer.Animation.Key(time, value, _interpolation(plug)))
    elif key.getValue() != value:
        key.setValue(value)


def setOnlyAt(plug: Gaffer.BoolPlug, value: bool, frame: int, framesPerSecond: float, otherwise: bool) -> None:
    """Sets a switch at one frame, and leaves it as it is at all others: `otherwise` where it had no keys."""
    if not Gaffer.Animation.isAnimated(plug):
        curve = Gaffer.Animation.acquire(plug)
        before = after = otherwise
    else:
        curve = Gaffer.Animation.acquire(plug)
        before, after = (bool(round(curve.evaluate((frame + step) / framesPerSecond))) for step in (-1, 1))
    for number, wanted in ((frame - 1, before), (frame + 1, after), (frame, value)):
        curve.addKey(Gaffer.Animation.Key(number / framesPerSecond, wanted, Gaffer.Animation.Interpolation.Constant))


def _interpolation(plug: Gaffer.ValuePlug) -> Gaffer.Animation.Interpolation:
    whole = isinstance(plug, (Gaffer.BoolPlug, Gaffer.IntPlug))
    return Gaffer.Animation.Interpolation.Constant if whole else Gaffer.Animation.Interpolation.Linear

"""Which channels of a picture are its red, green and blue.

Standard library alone, so that Gaffer's own process can ask of what a file holds.
"""

from filmrecovery.base.errors import ElementError

_LETTERS = {"red": "r", "green": "g", "blue": "b"}
_GREY = "y"


def rgb_positions(channels: tuple[str, ...]) -> tuple[int, int, int]:
    """Where red, green and blue stand among channel names such as R, r or rgba.R.

    The words red, green and blue serve too. Plain names win over names with a layer. Raises ElementError where there is
    no RGB, a colour is there twice, or it is not plain which layer is the picture.
    """
    layers: dict[str, dict[str, list[int]]] = {}
    for position, name in enumerate(channels):
        layer, _, letter = name.rpartition(".")
        letter = _LETTERS.get(letter.lower(), letter.lower())
        layers.setdefault(layer, {}).setdefault(letter, []).append(position)
    colour = {layer: found for layer, found in layers.items() if {"r", "g", "b"} <= found.keys()}
    if "" in colour:
        colour = {"": colour[""]}
    if not colour:
        raise ElementError(
            f"no RGB among the channels {', '.join(channels)}; expected R, G and B "
            "(write a grey picture as three equal channels)"
        )
    if len(colour) > 1:
        raise ElementError(
            f"more than one layer with RGB ({', '.join(colour)}); leave one, or name its channels R, G, B"
        )
    ((layer, found),) = colour.items()
    if layer and _GREY in layers.get("", {}):
        raise ElementError(f"a grey picture (Y) beside the layer {layer} with RGB; leave the one that is the picture")
    chosen = [found[letter] for letter in "rgb"]
    twice = [channels[position] for positions in chosen if len(positions) > 1 for position in positions]
    if twice:
        raise ElementError(f"a colour twice among the channels ({', '.join(twice)}); leave one, named R, G or B")
    red, green, blue = (position for (position,) in chosen)
    return red, green, blue

"""The layout of a graph: the settings above, the steps below them in two columns, and what all of it ends in."""

from typing import NamedTuple

import Gaffer
import imath
from settingsNode import DYNAMIC

# In units of the Graph Editor.
_WIDTH, _GAP = 80, 3
_TOP, _ROW, _BOTTOM = 14, 8, 5

FULL_WIDTH = 2 * _WIDTH + _GAP

SETTINGS = imath.Color3f(0.15, 0.18, 0.22)
REFERENCE = imath.Color3f(0.14, 0.20, 0.22)
TRAINING = imath.Color3f(0.22, 0.19, 0.14)
RENDER = imath.Color3f(0.20, 0.16, 0.22)
VALIDATION = imath.Color3f(0.18, 0.20, 0.15)


class Place(NamedTuple):
    """Where a node lies on its band: units from the left, and the row."""

    x: float
    row: int


class Band(NamedTuple):
    """A backdrop, and the nodes on it. No wire leaves it: what comes from another band comes through a named dot."""

    color: imath.Color3f
    title: str
    description: str
    nodes: list[tuple[Gaffer.Node, Place]]


def arrange(script: Gaffer.ScriptNode, above: Band, columns: tuple[list[Band], list[Band]], below: list[Band]) -> None:
    """Places the bands, and the nodes on them, and says how the graph opens: at the upper band."""
    _put(script, above, 0, 0, FULL_WIDTH)
    tops = []
    for left, bands in zip((0, _WIDTH + _GAP), columns, strict=True):
        top = -_height(above) - _GAP
        for band in bands:
            _put(script, band, left, top, _WIDTH)
            top -= _height(band) + _GAP
        tops.append(top)
    top = min(tops)
    for band in below:
        _put(script, band, 0, top, FULL_WIDTH)
        top -= _height(band) + _GAP


def _put(script: Gaffer.ScriptNode, band: Band, left: float, top: float, width: float) -> None:
    backdrop = script[f"Step{band.title.partition(' ')[0]}"] = Gaffer.Backdrop()
    backdrop["title"].setValue(band.title)
    backdrop["description"].setValue(band.description)
    backdrop["__uiBound"] = Gaffer.Box2fPlug(flags=DYNAMIC)
    backdrop["__uiBound"].setValue(imath.Box2f(imath.V2f(0, -_height(band)), imath.V2f(width, 0)))
    Gaffer.Metadata.registerValue(backdrop, "nodeGadget:color", band.color)
    _place(backdrop, left, top)
    for node, (x, row) in band.nodes:
        _place(node, left + x, top - _TOP - _ROW * row)


def _height(band: Band) -> float:
    return _TOP + _ROW * max(place.row for _, place in band.nodes) + _BOTTOM


def _place(node: Gaffer.Node, x: float, y: float) -> None:
    node["__uiPosition"] = Gaffer.V2fPlug(flags=DYNAMIC)
    node["__uiPosition"].setValue(imath.V2f(x, y))

"""Why Gaffer's own reader would show a file otherwise than the engine reads it, or the engine does not read it.

The engine's sentences are asked for by what Gaffer's reader says of the file: its OpenImageIO is another version, and
both cannot be in one process.
"""

import IECore

from filmrecovery.film.frames.colour_model import colour_model_problem
from filmrecovery.film.frames.file_kind import FACT_NAMES, FileFacts, kind_problem

_ASKED = (*FACT_NAMES, "fileFormat", "dataType", "Orientation", "tiff:UnassociatedAlpha")
_UPRIGHT = (0, 1)
"""Orientations: software that does not know writes 0."""


def faultOf(metadata: IECore.CompoundData, channels: list[str]) -> str:
    """What is wrong with a file by the metadata and channels that Gaffer's reader gives; empty where nothing is."""
    # No others are asked for: lists of numbers have no value of their own, and texts that are no UTF-8 cannot be had.
    stated = {name: metadata[name].value for name in _ASKED if hasattr(metadata.get(name), "value")}
    kind = str(stated.get("fileFormat", ""))
    attributes = {name: stated[name] for name in FACT_NAMES if name in stated}
    facts = FileFacts(kind, (str(stated.get("dataType", "")),) * len(channels), attributes)
    fault = kind_problem(facts) or colour_model_problem(facts)
    if fault or kind == "dpx":
        return fault
    if stated.get("Orientation", 1) not in _UPRIGHT:
        return (
            f"lies turned or mirrored in its file (orientation {stated['Orientation']}), which is not turned upright "
            "here; turn it with a program that shows it right, and save it"
        )
    if "A" in channels and (kind == "png" or stated.get("tiff:UnassociatedAlpha")):
        return "has an alpha by which Gaffer multiplies its RGB; save it as EXR, or without the alpha"
    return ""

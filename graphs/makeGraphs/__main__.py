"""Makes the recovery graphs: `./run gaffer env python graphs/makeGraphs [FOLDER]`, by default beside this folder.

Artists open the .gfr files. They are changed here.
"""

import sys
from pathlib import Path

import Gaffer
from recoveryGraphs import (
    balancedChromaRecovery,
    chromaRecovery,
    combinedRecovery,
    fourElements,
    nonReferenceChroma,
    spatialRecovery,
    twoStepSpatialRecovery,
)

_GRAPHS = (
    chromaRecovery,
    balancedChromaRecovery,
    spatialRecovery,
    combinedRecovery,
    fourElements,
    twoStepSpatialRecovery,
    nonReferenceChroma,
)


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0]) if arguments else Path(__file__).parents[1]
    for make in _GRAPHS:
        script = make()
        # It tells a recovery graph from other scripts: windows open at this node.
        Gaffer.Metadata.registerValue(script["Settings"], "filmRecovery:graph", make.__name__)
        script.serialiseToFile(folder / f"{make.__name__}.gfr")


if __name__ == "__main__":
    main(sys.argv[1:])

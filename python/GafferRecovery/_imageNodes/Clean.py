from typing import TYPE_CHECKING

import Gaffer
import IECore

from filmrecovery.model.clean_settings import CleanSettings
from GafferRecovery.engine import enginePackages
from GafferRecovery.images.PreparedImage import PreparedImage
from GafferRecovery.plugs import settingsPlugs

if TYPE_CHECKING:
    from filmrecovery.model.source_preparation import SourcePreparation


class Clean(PreparedImage):
    """Takes dust and grain out of a source, for the pairs of a chroma recovery alone.

    A median against dust comes first, then the grain is taken out; edges stay. The metadata say what was done, from
    where it goes into the pairs and the model. `Inference` cleans by itself what its network sees, and puts what it
    recovers onto the luma of the picture as it was: so it takes the source before this node. Where the node is not
    enabled, `out` is `in`.
    """

    def __init__(self, name: str = "Clean") -> None:
        PreparedImage.__init__(self, name)

        settingsPlugs.add(self, CleanSettings)

    def settings(self) -> list[Gaffer.Plug]:
        return [self[name] for name, *_ in settingsPlugs.fields(CleanSettings)]

    def preparation(self, earlier: "SourcePreparation") -> "SourcePreparation":
        settings = settingsPlugs.values(self, CleanSettings, self.relativeName(self.scriptNode()))
        own = enginePackages.module("filmrecovery.model.source_preparation").SourcePreparation(clean=settings)
        if own.cleans and earlier.cleans:
            raise IECore.Exception("the image was cleaned before; take out one of the two Clean nodes")
        return own


IECore.registerRunTimeTyped(Clean, typeName="GafferRecovery::Clean")

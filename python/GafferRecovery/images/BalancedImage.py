import functools
from pathlib import Path
from typing import TYPE_CHECKING

import Gaffer
import GafferImage
import IECore

from GafferRecovery.engine import torchEngine
from GafferRecovery.files.fileState import fileState
from GafferRecovery.images.PreparedImage import PreparedImage
from GafferRecovery.plugs import sentences

if TYPE_CHECKING:
    from filmrecovery.model.balance import Balance
    from filmrecovery.model.source_preparation import SourcePreparation


class BalancedImage(PreparedImage):
    """The image with the balance in a file. Private to `Balance`."""

    def __init__(self, name: str = "BalancedImage") -> None:
        PreparedImage.__init__(self, name)

        self["fileName"] = Gaffer.StringPlug()
        self["fileChanges"] = Gaffer.IntPlug()

    def settings(self) -> list[Gaffer.Plug]:
        return [self["fileName"], self["fileChanges"]]

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        PreparedImage.hash(self, output, context, h)
        if output.isSame(self["out"]["metadata"]) and self["enabled"].getValue():
            h.append(fileState(self["fileName"].getValue()))

    def hashTiles(self, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        PreparedImage.hashTiles(self, context, h)
        h.append(fileState(self["fileName"].getValue()))

    def preparation(self, earlier: "SourcePreparation") -> "SourcePreparation":
        engine = torchEngine.module("filmrecovery.model.source_preparation")
        if earlier != engine.SourcePreparation():
            raise IECore.Exception(
                "the image was balanced or cleaned before; connect `in` to the source itself, and a Clean node after "
                "this one"
            )
        path = self["fileName"].getValue()
        if not path:
            raise IECore.Exception("the plug fileName is empty; name the file of the balance, such as balance.json")
        if not Path(path).is_file():
            raise IECore.Exception(f"there is no balance yet: dispatch Balance, which makes {path}")
        balance = _balance(path, fileState(path))
        space = GafferImage.OpenColorIOAlgo.getWorkingSpace(Gaffer.Context.current())
        if balance.working_space != space:
            raise IECore.Exception(
                f"{path}: was estimated in the working space '{balance.working_space}', and that of the script is "
                f"'{space}'; dispatch Balance again"
            )
        return engine.SourcePreparation(balance)


@functools.lru_cache(16)
def _balance(path: str, state: str) -> "Balance":
    """The balance in a file, read again where its state is another. Raises IECore.Exception for a damaged one."""
    with sentences.ofEngine():
        return torchEngine.module("filmrecovery.model.balance").read_balance(Path(path)).without_origin()


IECore.registerRunTimeTyped(BalancedImage, typeName="GafferRecovery::BalancedImage")

import dataclasses
import functools
from pathlib import Path
from typing import TYPE_CHECKING

import Gaffer
import GafferImage
import IECore
import imath

from GafferRecovery.engine import enginePackages
from GafferRecovery.files.fileState import fileState
from GafferRecovery.images.PreparedImage import PreparedImage
from GafferRecovery.plugs import sentences

if TYPE_CHECKING:
    from filmrecovery.model.balance import Balance, ChannelBalance
    from filmrecovery.model.source_preparation import SourcePreparation


# The value that corrects nothing, the least and the most.
_CORRECTIONS = {"slope": (1.0, 0.1, 10.0), "offset": (0.0, -1.0, 1.0), "power": (1.0, 0.1, 10.0)}


def correctionPlugs() -> dict[str, Gaffer.Color3fPlug]:
    """Plugs to correct a balance by, for each channel: factors of slope and power, and what is added to offset."""
    return {
        name: Gaffer.Color3fPlug(
            defaultValue=imath.Color3f(neutral), minValue=imath.Color3f(least), maxValue=imath.Color3f(most)
        )
        for name, (neutral, least, most) in _CORRECTIONS.items()
    }


class BalancedImage(PreparedImage):
    """The image with the balance in a file, corrected. Private to `Balance`."""

    def __init__(self, name: str = "BalancedImage") -> None:
        PreparedImage.__init__(self, name)

        self["fileName"] = Gaffer.StringPlug()
        self["fileChanges"] = Gaffer.IntPlug()
        for name, plug in correctionPlugs().items():
            self[name] = plug

    def settings(self) -> list[Gaffer.Plug]:
        corrections = [channel for name in _CORRECTIONS for channel in self[name]]
        return [self["fileName"], self["fileChanges"], *corrections]

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        PreparedImage.hash(self, output, context, h)
        if output.isSame(self["out"]["metadata"]) and self["enabled"].getValue():
            h.append(fileState(self["fileName"].getValue()))

    def hashTiles(self, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        PreparedImage.hashTiles(self, context, h)
        h.append(fileState(self["fileName"].getValue()))

    def preparation(self, earlier: "SourcePreparation") -> "SourcePreparation":
        engine = enginePackages.module("filmrecovery.model.source_preparation")
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
        corrected = {
            name: self.__corrected(channel, index) for index, (name, channel) in enumerate(balance.channels.items())
        }
        return engine.SourcePreparation(dataclasses.replace(balance, **corrected))

    def __corrected(self, channel: "ChannelBalance", index: int) -> "ChannelBalance":
        # A plug has single precision: it gives 1.100000023841858 for 1.1.
        slope, offset, power = (float(f"{self[name][index].getValue():.7g}") for name in _CORRECTIONS)
        return dataclasses.replace(
            channel, slope=channel.slope * slope, offset=channel.offset + offset, power=channel.power * power
        )


@functools.lru_cache(16)
def _balance(path: str, state: str) -> "Balance":
    """The balance in a file, read again where its state is another. Raises IECore.Exception for a damaged one."""
    with sentences.ofEngine():
        return enginePackages.module("filmrecovery.model.balance").read_balance(Path(path)).without_origin()


IECore.registerRunTimeTyped(BalancedImage, typeName="GafferRecovery::BalancedImage")

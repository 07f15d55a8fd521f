import Gaffer
import IECore

from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames
from filmrecovery.film.elements.spread_frames import spread_frames
from GafferRecovery.files.FileValues import FileValues
from GafferRecovery.plugs import sentences

_RANGE = ("frameRange:start", "frameRange:end")


class MeasuredFrames(FileValues):
    """The frames that a validation measures. Private to `Validate`.

    `whole` are those that are judged: `sourceFrames` or, where that is empty and `mostFrames` is set, the frames of the
    script. `out` are those of them that are measured: all where `mostFrames` is not set. Empty: all that are there.
    """

    def __init__(self, name: str = "MeasuredFrames") -> None:
        FileValues.__init__(self, name)

        self["sourceFrames"] = Gaffer.StringPlug()
        # As a plug of the settings it is below the least value, 3, where it is not set.
        self["mostFrames"] = Gaffer.IntPlug(defaultValue=2)
        for output in ("whole", "out"):
            self[output] = Gaffer.StringPlug(direction=Gaffer.Plug.Direction.Out)

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        h.append(output.getName())
        for plug in ("sourceFrames", "mostFrames"):
            h.append(self[plug].hash())
        for name in _RANGE:
            h.append(context.get(name, -1))

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        most = self["mostFrames"].getValue()
        few = most > self["mostFrames"].defaultValue()
        frames = self["sourceFrames"].getValue() or (_framesOfScript(context) if few else "")
        if few and output.isSame(self["out"]):
            with sentences.ofEngine():
                frames = format_frames(spread_frames(parse_frames(frames), most))
        output.setValue(frames)


def _framesOfScript(context: Gaffer.Context) -> str:
    first, last = (context.get(name, None) for name in _RANGE)
    if first is None or last is None:
        raise IECore.Exception("the frames of the script are not known here; name the frames in `sourceFrames`")
    return f"{first}-{last}"


IECore.registerRunTimeTyped(MeasuredFrames, typeName="GafferRecovery::MeasuredFrames")

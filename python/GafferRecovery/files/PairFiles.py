import Gaffer
import IECore

_ENCODINGS = {"float": "float", "half": "zip"}


class PairFiles(Gaffer.ComputeNode):
    """Names and encoding of the files of training pairs in a directory. Private to `TrainingPairs`."""

    def __init__(self, name: str = "PairFiles") -> None:
        Gaffer.ComputeNode.__init__(self, name)

        self["directory"] = Gaffer.StringPlug()
        self["dataType"] = Gaffer.StringPlug()
        for output in ("input", "target", "encoding"):
            self[output] = Gaffer.StringPlug(direction=Gaffer.Plug.Direction.Out)

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = Gaffer.ComputeNode.affects(self, input)
        if input.isSame(self["directory"]):
            outputs += [self["input"], self["target"]]
        elif input.isSame(self["dataType"]):
            outputs.append(self["encoding"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        if output.isSame(self["encoding"]):
            h.append(self["dataType"].hash())
        else:
            h.append(self["directory"].hash())
            h.append(output.getName())
            h.append(context.getFrame())

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        if output.isSame(self["encoding"]):
            dataType = self["dataType"].getValue()
            if dataType not in _ENCODINGS:
                raise IECore.Exception(f"dataType '{dataType}' is not one of {', '.join(_ENCODINGS)}")
            output.setValue(_ENCODINGS[dataType])
        else:
            # The engine's names. The frame number is written out because Gaffer replaces no #### in output plugs.
            output.setValue(f"{self['directory'].getValue()}/{output.getName()}.{round(context.getFrame()):04d}.exr")


IECore.registerRunTimeTyped(PairFiles, typeName="GafferRecovery::PairFiles")

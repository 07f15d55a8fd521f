import Gaffer
import IECore


class FileValues(Gaffer.ComputeNode):
    """What follows from the inputs and from files: every input affects every output.

    A subclass says in `hash` and `compute` what does follow, and on which files it depends.
    """

    def __init__(self, name: str = "FileValues") -> None:
        Gaffer.ComputeNode.__init__(self, name)

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = Gaffer.ComputeNode.affects(self, input)
        if input.direction() == Gaffer.Plug.Direction.In:
            outputs += Gaffer.ValuePlug.OutputRange(self)
        return outputs


IECore.registerRunTimeTyped(FileValues, typeName="GafferRecovery::FileValues")

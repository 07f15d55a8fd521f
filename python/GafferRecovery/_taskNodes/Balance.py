import Gaffer
import GafferImage
import IECore

from filmrecovery.model.balance_settings import BalanceSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.images.BalancedImage import BalancedImage, correctionPlugs
from GafferRecovery.plugs import settingsPlugs, unsavedPlugs


class Balance(EngineTask):
    """Balances a faded source by slope, offset and power of each channel. `out` is the balanced source, live.

    The task estimates the balance from the levels of the source or, with `matchReference`, so that they become the
    reference's; `balance` carries the path of its file. `slope`, `offset` and `power` correct it by hand, live: they
    multiply the estimated slope and power, and add to the offset. The metadata of `out` say what was done, from where
    it goes into the pairs and the model. `Inference` balances by itself: it takes the source before this node. Where
    the node is not enabled, `out` is `in`.
    """

    def __init__(self, name: str = "Balance") -> None:
        EngineTask.__init__(self, name)

        self["in"] = GafferImage.ImagePlug()
        self.addElement("source", frames=True)
        self["matchReference"] = Gaffer.BoolPlug()
        self.addElement("reference")
        settingsPlugs.add(self, BalanceSettings)
        self["fileName"] = Gaffer.StringPlug(
            defaultValue="${project:rootDirectory}/reference/${script:name}/balance.json"
        )
        for name, plug in correctionPlugs().items():
            self[name] = plug
        self.addPath("balance")
        self["out"] = unsavedPlugs.output(GafferImage.ImagePlug)
        self["__fileChanges"] = unsavedPlugs.fileChanges()

        balanced = self["__balanced"] = BalancedImage()
        balanced["in"].setInput(self["in"])
        balanced["enabled"].setInput(self["enabled"])
        balanced["fileName"].setInput(self["fileName"])
        balanced["fileChanges"].setInput(self["__fileChanges"])
        for name in correctionPlugs():
            balanced[name].setInput(self[name])
        self["out"].setInput(balanced["out"])

    def watchedFile(self) -> tuple[Gaffer.StringPlug, Gaffer.IntPlug]:
        """The plug with the path of the file that `out` depends on, and the plug to count up when the file changes."""
        return self["fileName"], self["__fileChanges"]

    def correspondingInput(self, output: Gaffer.Plug) -> Gaffer.Plug | None:
        return self["in"] if output.isSame(self["out"]) else EngineTask.correspondingInput(self, output)

    def calls(self, name: str) -> list[list[str]]:
        frames = self["sourceFrames"].getValue()
        arguments = [
            "balance",
            self.files("source", name),
            self.needed("fileName", name, "name the file of the balance, such as balance.json"),
            *([f"--frames={frames}"] if frames else []),
            *self.spaces(name, "source"),
            *self.settings(BalanceSettings, name),
        ]
        if self["matchReference"].getValue():
            arguments += [f"--reference={self.files('reference', name)}", *self.spaces(name, "reference")]
        return [arguments]


IECore.registerRunTimeTyped(Balance, typeName="GafferRecovery::Balance")

import contextlib
import json
import tempfile
from collections.abc import Generator
from pathlib import Path

import Gaffer
import IECore

from filmrecovery.base.declared_settings import to_mapping
from filmrecovery.delivering.deliver_settings import DeliverSettings
from filmrecovery.picture.aces import DELIVERY_SPACE
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.publishing.publish_settings import PublishSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.engine import engineProcess
from GafferRecovery.plugs import pathPlugs, sentences, settingsPlugs

_SAID_ALREADY = ("filmTitle", "shot")
"""What the settings of the delivery say too."""


class DeliverFolder(EngineTask):
    """Delivers the recovered frames of a shot in one sealed folder: masters, review, sidecars, reports, hash list.

    It delivers the frames that the graph wrote, as they are. The same frames, models and reports are found again, and
    others get the next version: nothing that was delivered is overwritten. With `publishAs` and its like the delivery
    is published too. Where the node is not enabled nothing is delivered.
    """

    def __init__(self, name: str = "DeliverFolder") -> None:
        EngineTask.__init__(self, name)

        self.addElement("recovered", frames=True, space=DELIVERY_SPACE)
        for plug in ("models", "pairs", "reports"):
            self[plug] = Gaffer.ArrayPlug(elementPrototype=Gaffer.StringPlug(f"{plug}0"))
        for plug in ("sources", "references"):
            files = pathPlugs.files()
            files.setName(f"{plug}0")
            self[plug] = Gaffer.ArrayPlug(elementPrototype=files)
        settingsPlugs.add(self, DeliverSettings)
        settingsPlugs.add(self, ProvenanceSettings, without=_SAID_ALREADY)
        settingsPlugs.add(self, PublishSettings)
        self["directory"] = Gaffer.StringPlug(defaultValue="${project:rootDirectory}/deliveries")

    def calls(self, name: str) -> list[list[str]]:
        frames = self["recoveredFrames"].getValue()
        models = self.__values("models")
        if not models:
            raise IECore.Exception(f"{name}: has no models; connect `model` of the Train nodes to `models`, in order")
        self.needed("film", name, "name the film, for folder and files")
        self.needed("shot", name, "name the shot, for folder and files")
        lists = {"report": "reports", "pairs": "pairs", "source": "sources", "reference": "references"}
        call = [
            "deliver",
            self.files("recovered", name),
            self.needed("directory", name, "name a folder for deliveries"),
            *([f"--frames={frames}"] if frames else []),
            *self.spaces(name, "recovered"),
            *self.settings(DeliverSettings, name),
            *self.settings(PublishSettings, name),
            *("--model", *models),
        ]
        for option, plug in lists.items():
            values = self.__values(plug)
            call += [f"--{option}", *values] if values else []
        return [call]

    def taskHash(self, context: Gaffer.Context) -> IECore.MurmurHash:
        h = EngineTask.taskHash(self, context)
        if h != IECore.MurmurHash():
            # It goes to the engine in a file, of which the call only has the name.
            with context:
                h.append(self.__provenance())
        return h

    def execute(self) -> None:
        if not self["enabled"].getValue():
            return
        name = self.relativeName(self.scriptNode())
        with _written(self.__provenance()) as provenance:
            for call in self.calls(name):
                engineProcess.run([*call, "--provenance", str(provenance)], name)

    def __values(self, plug: str) -> list[str]:
        return [element.getValue() for element in self[plug] if element.getValue()]

    def __provenance(self) -> str:
        name = self.relativeName(self.scriptNode())
        filmAndShot = {"film_title": self["film"].getValue(), "shot": self["shot"].getValue()}
        with sentences.ofEngine():
            settings = settingsPlugs.values(self, ProvenanceSettings, name, **filmAndShot)
        return json.dumps(to_mapping(settings))


@contextlib.contextmanager
def _written(text: str) -> Generator[Path]:
    """A file that holds the text while this is entered."""
    with tempfile.TemporaryDirectory(prefix="FilmRecovery") as folder:
        path = Path(folder) / "provenance.json"
        path.write_text(text, encoding="utf-8")
        yield path


IECore.registerRunTimeTyped(DeliverFolder, typeName="GafferRecovery::DeliverFolder")

from pathlib import Path

import Gaffer
import IECore

from filmrecovery.film.elements.element import DEFAULT_SPACE
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.files.UnpackedMovie import UnpackedMovie
from GafferRecovery.plugs import pathPlugs, settingsPlugs, unsavedPlugs


class UnpackMovie(EngineTask):
    """Makes numbered frames of a movie, which all other nodes read.

    `files` carries the pattern of the frames, `frames` and `frameRange` their numbers, and `colorSpace` their space,
    for an ElementReader and for the tasks. Until the movie is unpacked there are no numbers. Where the node is not
    enabled all are empty.
    """

    def __init__(self, name: str = "UnpackMovie") -> None:
        EngineTask.__init__(self, name)

        self["movie"] = pathPlugs.files()
        self["movieFrames"] = Gaffer.StringPlug()
        self["movieSpace"] = Gaffer.StringPlug(defaultValue=DEFAULT_SPACE)
        settingsPlugs.add(self, UnpackSettings)
        self["directory"] = Gaffer.StringPlug(defaultValue="${project:rootDirectory}/movies/${script:name}")
        for output in ("files", "frames", "colorSpace"):
            self[output] = unsavedPlugs.output(Gaffer.StringPlug)
        self["frameRange"] = unsavedPlugs.output(Gaffer.V2iPlug)
        self["__record"] = unsavedPlugs.output(Gaffer.StringPlug)
        self["__fileChanges"] = unsavedPlugs.fileChanges()

        unpacked = self["__unpacked"] = UnpackedMovie()
        for name in ("enabled", "movie", "movieFrames", "directory"):
            unpacked[name].setInput(self[name])
        unpacked["fileChanges"].setInput(self["__fileChanges"])
        for name in ("files", "frames"):
            self[name].setInput(unpacked[name])
        for plug, name in zip(self["frameRange"], ("first", "last"), strict=True):
            plug.setInput(unpacked[name])
        self["__record"].setInput(unpacked["record"])

        space = self["__space"] = Gaffer.Switch()
        space.setup(self["colorSpace"])
        space["in"].resize(2)
        space["in"][1].setInput(self["movieSpace"])
        space["index"].setInput(self["enabled"])
        self["colorSpace"].setInput(space["out"])

    def recordPlug(self) -> Gaffer.StringPlug:
        """The plug with the path of the record: what the movie says, and what was decided."""
        return self["__record"]

    def watchedFile(self) -> tuple[Gaffer.StringPlug, Gaffer.IntPlug]:
        """The plug with the path of the file that the outputs need, and the plug to count up when the file changes."""
        return self["__record"], self["__fileChanges"]

    def fault(self) -> str:
        """What is wrong with the movie as it is set, in a sentence; empty where nothing is, or none is set."""
        movie = pathPlugs.text(self["movie"])
        if movie and self["enabled"].getValue() and not Path(movie).is_file():
            return f"{movie}: missing; choose the movie"
        return ""

    def calls(self, name: str) -> list[list[str]]:
        movie = self.needed("movie", name, "choose the movie, such as video.mkv")
        self.needed("directory", name, "name the folder of the frames")
        frames, space = self["movieFrames"].getValue(), self["movieSpace"].getValue()
        arguments = [
            "unpack",
            movie,
            self["files"].getValue(),
            *([f"--frames={frames}"] if frames else []),
            *([f"--movie-space={space}"] if space else []),
            *self.settings(UnpackSettings, name),
        ]
        return [arguments]


IECore.registerRunTimeTyped(UnpackMovie, typeName="GafferRecovery::UnpackMovie")

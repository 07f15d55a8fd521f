import re
from pathlib import Path

import Gaffer
import IECore

from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames
from filmrecovery.film.movies.movie_record import read_movie_record, record_path
from GafferRecovery.files.fileState import fileState
from GafferRecovery.files.FileValues import FileValues
from GafferRecovery.plugs import pathPlugs, sentences, unsavedPlugs


class UnpackedMovie(FileValues):
    """The frames that are made of a movie: their files, the record beside them, and their numbers. Private to
    `UnpackMovie`.

    `files` and `record` are empty while no movie or no folder is named, or the node is off. `frames` is empty, and
    `first` and `last` are 0, until the record is there.
    """

    def __init__(self, name: str = "UnpackedMovie") -> None:
        FileValues.__init__(self, name)

        self["enabled"] = Gaffer.BoolPlug(defaultValue=True)
        self["movie"] = pathPlugs.files()
        self["movieFrames"] = Gaffer.StringPlug()
        self["directory"] = Gaffer.StringPlug()
        self["fileChanges"] = Gaffer.IntPlug()
        for output in ("files", "record", "frames"):
            self[output] = unsavedPlugs.output(Gaffer.StringPlug)
        for output in ("first", "last"):
            self[output] = unsavedPlugs.output(Gaffer.IntPlug)

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        h.append(output.getName())
        for name in ("enabled", "movie", "movieFrames", "directory", "fileChanges"):
            h.append(self[name].hash())
        if output.getName() not in ("files", "record"):
            pattern = self.__pattern()
            h.append(fileState(record_path(pattern)) if pattern else "")

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        pattern = self.__pattern()
        if output.getName() == "files":
            output.setValue(pattern)
        elif output.getName() == "record":
            output.setValue(str(record_path(pattern)) if pattern else "")
        else:
            frames = self.__frames(pattern)
            if output.getName() == "frames":
                output.setValue(format_frames(frames) if frames else "")
            elif output.getName() == "first":
                output.setValue(frames[0] if frames else 0)
            else:
                output.setValue(frames[-1] if frames else 0)

    def __pattern(self) -> str:
        movie, folder = self["movie"].getValue(), self["directory"].getValue()
        if not (movie and folder and self["enabled"].getValue()):
            return ""
        # In a pattern they would stand for the frame number.
        stem = re.sub("[#%]", "_", Path(movie).stem)
        return str(Path(folder) / f"{stem}.####.exr")

    def __frames(self, pattern: str) -> tuple[int, ...]:
        """The frames that are made of the movie; none until the record is there."""
        if not pattern or not record_path(pattern).is_file():
            return ()
        with sentences.ofEngine():
            if frames := self["movieFrames"].getValue():
                return parse_frames(frames)
            record = read_movie_record(record_path(pattern))
        return tuple(range(record.first, record.first + len(record.frames)))


IECore.registerRunTimeTyped(UnpackedMovie, typeName="GafferRecovery::UnpackedMovie")

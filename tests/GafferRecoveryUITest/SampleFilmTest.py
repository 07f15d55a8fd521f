import os
from pathlib import Path
from unittest import mock

import Gaffer
import GafferUITest
import IECore

from GafferRecoveryUI import sampleFilm

_GRAPHS = Path(__file__).resolve().parents[2] / "graphs"


class SampleFilmTest(GafferUITest.TestCase):
    def settings(self, name="chromaRecovery"):
        script = self.script = Gaffer.ScriptNode()
        script["fileName"].setValue(str(_GRAPHS / f"{name}.gfr"))
        script.load()
        return script["Settings"]

    def testItLiesInTheFolderOfTheGraph(self):
        settings = self.settings()
        settings["folder"].setValue("/films/print")
        self.assertEqual(sampleFilm.places(settings), (Path("/films/print/sample"), "/films/print"))

    def testWhereNoFolderIsChosenGraphsShareItsScansAndNotTheirResults(self):
        home = os.environ["HOME"]
        found = [sampleFilm.places(self.settings(name)) for name in ("chromaRecovery", "spatialRecovery")]
        self.assertEqual([place.elements for place in found], 2 * [Path(f"{home}/gaffer/projects/sampleFilm/scans")])
        self.assertEqual(
            [place.results for place in found],
            [f"$HOME/gaffer/projects/sampleFilm/{name}" for name in ("chromaRecovery", "spatialRecovery")],
        )

    def testTheProgressOfTheEngineIsTold(self):
        engine = self.temporaryDirectory() / "python"
        engine.write_text("#!/bin/sh\necho Simulating; echo 'Progress: 0%'; echo 'Progress: 35%'\n")
        engine.chmod(0o755)
        told = []
        with mock.patch.dict(os.environ, FILMRECOVERY_PYTHON=str(engine)), IECore.CapturingMessageHandler():
            sampleFilm.make(self.temporaryDirectory() / "sample", told.append)
        self.assertEqual(told, [0, 35])

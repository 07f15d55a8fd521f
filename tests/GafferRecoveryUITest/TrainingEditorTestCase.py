import json
import os
import platform

from Qt import QtCore, QtGui, QtWidgets

import GafferRecovery
import GafferRecoveryUI
from filmrecovery.training.runs.run_status import STATUS_NAME
from GafferRecoveryUITest.EditorTestCase import EditorTestCase


class TrainingEditorTestCase(EditorTestCase):
    def train(self, name="Train", **values):
        node = self.script[name] = GafferRecovery.Train()
        node["pairs"][0].setValue(str(self.folder / "pairs"))
        node["runsDirectory"].setValue(str(self.folder / "runs"))
        for plug, value in values.items():
            node[plug].setValue(value)
        return node

    def model(self, train):
        with self.script.context():
            return self.folder / "runs" / train["model"].getValue()

    def writeRun(self, run, state="running", entries=None, said="", **settings):
        """A run folder, as a training leaves one behind; one that runs is of this process."""
        run.mkdir(parents=True)
        settings = {"size": "small", "steps": 1000, "precision": "float32", "pairs_hash": "0123456789abcdef"} | settings
        (run / "training.json").write_text(json.dumps(settings))
        if entries is None:
            entries = [{"step": 0, "holdOutChroma": 0.05}, *self.losses(300), {"step": 300, "holdOutChroma": 0.03}]
        (run / "metrics.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
        status = {"state": state, "mode": "chroma", "said": said, "started": "2026-01-02T03:04:05+00:00"}
        here = {"machine": platform.node(), "process": os.getpid()}
        (run / STATUS_NAME).write_text(json.dumps({"version": 1, **here, **status}))
        return run

    def runOf(self, train, **values):
        """A run folder with the present settings of a node."""
        return self.writeRun(self.model(train).parent / "run-1234", **values)

    def losses(self, steps, loss=0.5):
        return [{"step": step, "loss": loss / step, "seconds": step / 10} for step in range(10, steps + 1, 10)]

    def picture(self, path, width=64):
        path.parent.mkdir(parents=True, exist_ok=True)
        image = QtGui.QImage(width, 36, QtGui.QImage.Format_RGB32)
        image.fill(QtCore.Qt.darkGreen)
        self.assertTrue(image.save(str(path)))

    def editor(self):
        return self.shown("FilmRecoveryTraining", GafferRecoveryUI.TrainingEditor, 1400, 600)

    def column(self, editor, heading):
        return [row[heading] for row in editor.table().cells()]

    def click(self, editor, text):
        (button,) = [
            button for button in editor._qtWidget().findChildren(QtWidgets.QPushButton) if button.text() == text
        ]
        self.assertTrue(button.isEnabled(), f"{text} is not offered")
        button.click()

    def offered(self, editor):
        """The buttons that can be pressed."""
        buttons = editor._qtWidget().findChildren(QtWidgets.QPushButton)
        return {button.text() for button in buttons if button.isEnabled()} - {"Folders", "This Step"}

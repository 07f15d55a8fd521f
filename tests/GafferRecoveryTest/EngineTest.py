import os
import signal
import sys
import time
from unittest import mock

import GafferImage
import IECore

import GafferRecovery
from GafferRecovery.engine import enginePackages
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase


class EngineTest(RecoveryTestCase):
    """How a task deals with the process of the engine, by programs that take the place of the engine's Python."""

    def program(self, text):
        """A shell script that takes the place of the engine's Python."""
        path = self.temporaryDirectory() / "python"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def train(self):
        node = self.script["Train"] = GafferRecovery.Train()
        node["pairs"][0].setValue(str(self.temporaryDirectory() / "pairs"))
        node["runsDirectory"].setValue(str(self.temporaryDirectory() / "runs"))
        return node

    def executeWith(self, program):
        """Executes a task whose engine is a shell script; returns what went to standard error."""
        with mock.patch.dict(os.environ, FILMRECOVERY_PYTHON=str(self.program(program))):
            return self.execute(self.train())

    def messagesOf(self, *levels):
        return [(level, text) for level, text in self.messages if level in levels]

    def testLinesAreMessagesOfTheirLevel(self):
        progress = self.executeWith(
            "echo 'pairs are read'; echo 'Progress: 5%' >&2; echo 'warning: the disk is full'; echo 'model: here'"
        )
        levels = IECore.Msg.Level
        self.assertEqual(
            self.messagesOf(levels.Info, levels.Warning, levels.Error),
            [
                (levels.Info, "pairs are read"),
                (levels.Warning, "the disk is full"),
                (levels.Info, "model: here"),
            ],
        )
        # Where the programs of render farms look for it, under the name of its task.
        self.assertEqual(progress, "Train\nProgress: 5%\n")

    def testAnErrorIsTheTasksWithAllItsLines(self):
        with self.assertRefused("Train: two frames are damaged:\n  frame 3\n  frame 4"):
            self.executeWith("echo 'error: two frames are damaged:'; echo '  frame 3'; echo '  frame 4'; exit 1")
        # Gaffer tells it where it shows the failure of a task, and once is enough.
        levels = IECore.Msg.Level
        self.assertEqual(self.messagesOf(levels.Warning, levels.Error), [])

    def testAnEndWithoutWordsIsAnErrorToo(self):
        with self.assertRefused("status 3"):
            self.executeWith("echo 'all is well'; exit 3")
        with self.assertRefused("status -9"):
            self.executeWith("kill -9 $$")

    def testARepeatedSignalEndsTheTaskAfterTheEngine(self):
        started, ended = self.temporaryDirectory() / "started", self.temporaryDirectory() / "ended"
        # Like an engine that writes a checkpoint when it is asked to stop.
        engine = self.program(
            f"trap 'sleep 1; touch {ended}; exit 1' TERM; touch {started}; while :; do sleep 0.05; done"
        )
        self.train()
        process = self.startGaffer(
            "execute", "-script", self.save(), "-nodes", "Train", FILMRECOVERY_PYTHON=str(engine)
        )
        self.assertSoon(started.exists)
        # As a LocalDispatcher does until the process is gone.
        while process.poll() is None and not ended.exists():
            process.send_signal(signal.SIGTERM)
            time.sleep(0.02)
        self.assertEqual(process.wait(timeout=60), -signal.SIGTERM)
        process.stdout.close()
        self.assertTrue(ended.exists())

    def testTheEnginesVariablesAreGaffersWithoutItsModules(self):
        GafferImage.OpenColorIOConfigPlug.acquireDefaultConfigPlug(self.script)["config"].setValue(
            "ocio://cg-config-v1.0.0_aces-v1.3_ocio-v2.1"
        )
        self.executeWith('echo "PYTHONPATH=$PYTHONPATH"; echo "LIBRARIES=$LD_LIBRARY_PATH"; echo "OCIO=$OCIO"')
        texts = [text for _, text in self.messages]
        self.assertIn("PYTHONPATH=", texts)
        self.assertIn("LIBRARIES=", texts)
        # The engine works in the script's own OCIO config.
        self.assertIn("OCIO=ocio://cg-config-v1.0.0_aces-v1.3_ocio-v2.1", texts)

    def testAPythonWithoutTheEngineIsTold(self):
        with self.assertRefused("No module named", "filmrecovery"):
            self.executeWith(f'exec {sys.executable} "$@"')

    def testPackagesAreFoundWithoutAStartOfPython(self):
        # A Python that is started holds the window up.
        program = self.program("exit 1")
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        packages = program.parent / "lib" / version / "site-packages"
        packages.mkdir(parents=True)
        python = program.parent / "bin" / "python"
        python.parent.mkdir()
        program.rename(python)
        path = list(sys.path)
        with mock.patch.dict(os.environ, FILMRECOVERY_PYTHON=str(python)), mock.patch.object(sys, "path", path):
            # No virtual environment: it is asked, and does not run.
            with self.assertRefused(str(python), "does not run"):
                enginePackages.find.__wrapped__()
            (program.parent / "pyvenv.cfg").touch()
            self.assertEqual(enginePackages.find.__wrapped__(), str(packages))
            self.assertEqual(path[-1], str(packages))

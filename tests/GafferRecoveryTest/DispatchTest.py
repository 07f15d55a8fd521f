import GafferDispatch

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, np, picture, readRgb, rgbChannels, writeExr


class DispatchTest(RecoveryTestCase):
    """The nodes as one graph, of two shots, in the processes of a dispatcher."""

    def setUp(self):
        super().setUp()
        self.root = self.temporaryDirectory() / "project"
        for shot in (1, 2):
            for frame in (1, 2, 3):
                seed = 10 * shot + frame
                folder = self.root / f"sh{shot}"
                writeExr(folder / "scan" / f"scan.{frame:04d}.exr", rgbChannels(np.clip(picture(seed), 0, 1)))
                writeExr(folder / "video" / f"video.{frame:04d}.exr", rgbChannels(np.clip(picture(50 + seed), 0, 1)))
        self.setVariable("project:rootDirectory", str(self.root))
        self.setVariable("shot", "sh1")
        folder = "${project:rootDirectory}/${shot}"

        source = self.reader(f"{folder}/scan/scan.####.exr")
        truth = self.script["GroundTruth"] = GafferRecovery.GroundTruth()
        truth["source"].setInput(source)
        truth["reference"].setInput(self.reader(f"{folder}/video/video.####.exr"))
        truth["median"].setValue(0)

        pairs = self.script["Pairs"] = GafferRecovery.TrainingPairs()
        pairs["input"].setInput(truth["trainingInput"])
        pairs["target"].setInput(truth["out"])
        pairs["mode"].setInput(truth["mode"])
        pairs["frames"].setValue("1,3")
        pairs["directory"].setValue(f"{folder}/pairs")
        pairs["dispatcher"]["batchSize"].setValue(10)

        train = self.script["Train"] = GafferRecovery.Train()
        train["preTasks"][0].setInput(pairs["task"])
        train["pairs"][0].setInput(pairs["pairs"])
        train["runsDirectory"].setValue(f"{folder}/runs")
        for name, value in {"size": "small", "steps": 2, "patchSize": 64, "device": "cpu"}.items():
            train[name].setValue(value)

        inference = self.script["Inference"] = GafferRecovery.Inference()
        inference["in"].setInput(source)
        inference["model"].setInput(train["model"])
        inference["device"].setValue("cpu")
        merge = self.script["Merge"] = GafferRecovery.Merge()
        merge["original"].setInput(source)
        merge["recovered"].setInput(inference["out"])

        writer = self.script["Delivery"] = GafferRecovery.RecoveryWriter()
        writer["preTasks"][0].setInput(train["task"])
        writer["in"].setInput(merge["out"])
        writer["fileName"].setValue(f"{folder}/delivery/${{shot}}.####.exr")
        writer["dispatcher"]["batchSize"].setValue(10)

    def delivered(self, shot):
        return self.filesIn(self.root / shot / "delivery")

    def waitFor(self, *jobs):
        running = (GafferDispatch.LocalDispatcher.Job.Status.Waiting, GafferDispatch.LocalDispatcher.Job.Status.Running)
        self.assertSoon(lambda: not any(job.status() in running for job in jobs))

    def log(self, job):
        return "\n".join(message.message for message in job.messages())

    def testTwoShotsOfOneGraphAtOnce(self):
        self.save()
        jobs = []
        for shot in ("sh1", "sh2"):
            self.setVariable("shot", shot)
            jobs.append(self.dispatch(self.script["Delivery"], frames="1-3", background=True))
        self.waitFor(*jobs)
        for shot, job in zip(("sh1", "sh2"), jobs, strict=True):
            self.assertEqual(job.status(), job.Status.Complete, self.log(job))
            self.assertEqual(self.delivered(shot), [f"{shot}.{frame:04d}.exr" for frame in (1, 2, 3)])
            self.assertEqual(len(list((self.root / shot / "runs").glob("*/model.safetensors"))), 1)
            self.assertIn("Progress: 100%", self.log(job))
        for frame in (1, 2, 3):
            one, two = (readRgb(self.root / shot / "delivery" / f"{shot}.{frame:04d}.exr") for shot in ("sh1", "sh2"))
            self.assertGreater(np.abs(one - two).max(), 0.1)
        # A farm's frames are those of this process.
        self.script["frame"].setValue(2)
        delivered = self.rgb(self.reader(self.root / "sh2" / "delivery" / "sh2.####.exr", "lin_ap0"))
        self.assertLess(np.abs(delivered - self.rgb(self.script["Merge"]["out"])).mean(), 2e-3)

    def testACancelledJobGoesOn(self):
        train = self.script["Train"]
        train["steps"].setValue(150)
        train["checkpointInterval"].setValue(10)
        train["reportInterval"].setValue(150)
        self.save()
        job = self.dispatch(self.script["Delivery"], frames="1-3", background=True)
        self.assertSoon(lambda: list((self.root / "sh1" / "runs").glob("*/*/checkpoint.safetensors")))
        job.kill()
        self.waitFor(job)
        self.assertEqual(job.status(), job.Status.Killed)
        self.assertEqual(self.delivered("sh1"), [])
        self.assertIn("manifest.json", self.filesIn(self.root / "sh1" / "pairs"))
        (run,) = (self.root / "sh1" / "runs").glob("*/run-*")

        job = self.dispatch(self.script["Delivery"], frames="1-3", background=True)
        self.waitFor(job)
        self.assertEqual(job.status(), job.Status.Complete, self.log(job))
        self.assertNotIn("Progress: 0%", self.log(job))
        self.assertEqual(len(self.delivered("sh1")), 3)
        self.assertEqual(list((self.root / "sh1" / "runs").glob("*/run-*")), [run])

    def testAFailureStopsWhatDependsOnIt(self):
        (self.root / "sh1" / "scan" / "scan.0003.exr").write_bytes(b"damaged")
        self.save()
        job = self.dispatch(self.script["Delivery"], frames="1-2", background=True)
        self.waitFor(job)
        self.assertEqual(job.status(), job.Status.Failed)
        self.assertIn("scan.0003.exr", self.log(job))
        self.assertEqual(self.delivered("sh1"), [])
        self.assertFalse((self.root / "sh1" / "runs").exists())

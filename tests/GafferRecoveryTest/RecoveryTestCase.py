import atexit
import contextlib
import functools
import io
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import Gaffer
import GafferDispatch
import GafferImage
import GafferImageTest
import IECore
import imath
import OpenImageIO

from GafferRecovery.engine import engineProcess, torchEngine

# Gaffer need not bring numpy; the engine does.
np = torchEngine.module("numpy")
torch = torchEngine.module("torch")


def picture(seed, height=64, width=96):
    """Values as of a scan, float32 (height, width, 3), rows from the top: fine texture, saturated patches, some values
    outside 0..1."""
    random = np.random.default_rng(seed)
    rgb = random.uniform(-0.2, 1.3, (height, width, 3))
    rgb[: height // 2] = 0.5 + 0.2 * rgb[: height // 2]
    rgb[8:24, 10:40] = (1.0, 0.0, 0.02)
    rgb[20:40, 50:70] = (0.0, 0.1, 1.2)
    return rgb.astype(np.float32)


def writeExr(path, channels, origin=(0, 0), size=None, metadata=None, dataType="float"):
    """Writes planes by channel name as the engine's elements are: `origin` is the data window's upper left corner in
    the display window, `size` the display window's, which begins at 0, 0."""
    planes = np.stack(list(channels.values()), axis=-1)
    height, width, count = planes.shape
    spec = OpenImageIO.ImageSpec(width, height, count, dataType)
    spec.channelnames = tuple(channels)
    spec.x, spec.y = origin
    spec.full_width, spec.full_height = size or (width, height)
    for name, value in (metadata or {}).items():
        spec.attribute(name, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    image = OpenImageIO.ImageOutput.create(str(path))
    assert image.open(str(path), spec) and image.write_image(planes), image.geterror()
    image.close()


def rgbChannels(rgb):
    return {name: rgb[..., index] for index, name in enumerate("RGB")}


def readExr(path):
    """The planes of a file by channel name, and its header."""
    image = OpenImageIO.ImageInput.open(str(path))
    assert image is not None, OpenImageIO.geterror()
    spec = image.spec()
    planes = image.read_image(0, 0, 0, spec.nchannels, OpenImageIO.FLOAT)
    image.close()
    return {name: planes[..., index] for index, name in enumerate(spec.channelnames)}, spec


def readRgb(path):
    channels, _ = readExr(path)
    return np.stack([channels[name] for name in "RGB"], axis=-1)


def callEngine(*arguments):
    """Runs the engine's own Python to its end and returns its output."""
    done = subprocess.run(
        [str(engineProcess.python()), *map(str, arguments)],
        env=engineProcess.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def network(mode="chroma", seed=0):
    """A network that has not been trained but changes a picture visibly."""
    made = torchEngine.module("filmrecovery.model.network").RecoveryNetwork(mode, "small")
    generator = torch.Generator().manual_seed(seed)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.03, generator=generator)
    torch.nn.init.normal_(made.grades, 0.0, 0.03, generator=generator)
    return made.eval().requires_grad_(False)


def writeModel(path, mode="chroma", seed=0, doubt=False, **fields):
    """Writes such a network as a model file; `fields` replace those of its description.

    The grade of the first of its `shots` is 0.1 above that of the film, that of the next 0.2. With `doubt` it doubts
    blue more.
    """
    module = torchEngine.module("filmrecovery.model.model_file")
    preparation = torchEngine.module("filmrecovery.model.source_preparation")
    description = {
        "mode": mode,
        "size": "small",
        "working_space": "srgb_tx",
        "pairs_hash": "of no pairs",
        "steps": 0,
        "seed": seed,
        "preparation": preparation.SourcePreparation(),
        "settings": {},
        "versions": {},
    }
    weights = network(mode, seed).state_dict()
    if doubt:
        weights["errors"] = torch.linspace(0.0, 0.01, weights["errors"].shape[1]).expand_as(weights["errors"]).clone()
        weights["doubt_factors"][0] = 1.0
    shots = len(fields.get("shots", ()))
    weights["grades"] = torch.cat([weights["grades"] + 0.1 * shot for shot in range(shots + 1)])
    weights["weights"] = weights["weights"].repeat(shots + 1)
    module.save_model(path, weights, module.ModelDescription(**description | fields))
    return path


@functools.cache
def _sharedPairs():
    """A folder of pairs that the engine adopted: it is made once and copied."""
    folder = Path(tempfile.mkdtemp(prefix="GafferRecoveryTest"))
    atexit.register(shutil.rmtree, folder)
    for frame in (1, 2, 3):
        rgb = np.clip(picture(frame), 0.0, 1.0)
        writeExr(folder / f"input.{frame:04d}.exr", rgbChannels(rgb))
        writeExr(folder / f"target.{frame:04d}.exr", rgbChannels(rgb[..., ::-1]))
    adopt(folder)
    return folder


def copyPairs(folder):
    """Three small pairs to train on, in a new folder."""
    shutil.copytree(_sharedPairs(), folder)
    return folder


def adopt(folder):
    """Has the engine take the pairs in a folder as they are now."""
    callEngine("-m", "filmrecovery", "adopt", folder, "--mode", "chroma", "--working-space", "srgb_tx")


class RecoveryTestCase(GafferImageTest.ImageTestCase):
    """A script whose working space is display-referred, images from arrays, and Gaffer in processes of its own."""

    def setUp(self):
        super().setUp()
        self.script = Gaffer.ScriptNode()
        self.setWorkingSpace("srgb_tx")

    def setWorkingSpace(self, space):
        GafferImage.OpenColorIOConfigPlug.acquireDefaultConfigPlug(self.script)["workingSpace"].setValue(space)

    def setVariable(self, name, value):
        """Sets a variable of the script, as the artist does in its settings."""
        variables = self.script["variables"]
        for plug in variables:
            if plug["name"].getValue() == name:
                plug["value"].setValue(value)
                return
        flags = Gaffer.Plug.Flags.Default | Gaffer.Plug.Flags.Dynamic
        variables.addChild(Gaffer.NameValuePlug(name, IECore.StringData(value), flags=flags))

    def imageOf(self, channels, origin=(0, 0), size=None, metadata=None):
        """An image of planes by channel name, as they are; an array (height, width, 3) stands for R, G and B.

        `origin` is the lower left corner of the data window, as Gaffer counts.
        """
        if not isinstance(channels, dict):
            channels = rgbChannels(channels)
        height, width = next(iter(channels.values())).shape
        size = size or (width, height)
        path = self.temporaryDirectory() / "images" / f"image{len(self.script.children())}.exr"
        writeExr(path, channels, (origin[0], size[1] - origin[1] - height), size, metadata)
        node = GafferImage.OpenImageIOReader()
        node["fileName"].setValue(str(path))
        self.script.addChild(node)
        return node["out"]

    def reader(self, fileName, colorSpace="srgb_tx"):
        node = GafferImage.ImageReader()
        node["fileName"].setValue(str(fileName))
        node["colorSpace"].setValue(colorSpace)
        self.script.addChild(node)
        return node["out"]

    def channels(self, image):
        """The planes of an image's data window by channel name, rows from the top."""
        with self.script.context():
            primitive = GafferImage.ImageAlgo.image(image)
        size = primitive.dataWindow.size() + imath.V2i(1)
        return {
            name: np.frombuffer(primitive[name].toString(), np.float32).reshape(size.y, size.x)
            for name in primitive.keys()  # noqa: SIM118 (not a mapping)
        }

    def rgb(self, image):
        channels = self.channels(image)
        return np.stack([channels[name] for name in "RGB"], axis=-1)

    def window(self, image):
        """Format and data window, for comparison."""
        with self.script.context():
            return image.format(), image.dataWindow()

    def forgetFiles(self):
        """Makes this process read image files anew, as another one would."""
        limit = GafferImage.OpenImageIOReader.getOpenFilesLimit()
        GafferImage.OpenImageIOReader.setOpenFilesLimit(0)
        GafferImage.OpenImageIOReader.setOpenFilesLimit(limit)
        Gaffer.ValuePlug.clearCache()
        Gaffer.ValuePlug.clearHashCache()

    def assertClose(self, actual, expected, tolerance):
        self.assertEqual(actual.shape, expected.shape)
        np.testing.assert_allclose(actual, expected, rtol=0.0, atol=tolerance)

    @contextlib.contextmanager
    def assertRefused(self, *texts):
        """The body raises a RuntimeError whose message holds each of the texts, and none of the words of Python."""
        with self.assertRaises(RuntimeError) as raised:
            yield
        for text in texts:
            self.assertIn(str(text), str(raised.exception))
        self.assertNotRegex(str(raised.exception), r"Error\(|Traceback")

    def evaluate(self, image):
        """Computes the whole image, in the script's context."""
        with self.script.context():
            return GafferImage.ImageAlgo.tiles(image)

    def execute(self, node, *frames):
        """Executes a task at frames, 1 where none is given, and returns what it wrote to standard error.

        The messages it sent are `self.messages`, as level and text.
        """
        handler = IECore.CapturingMessageHandler()
        try:
            with Gaffer.Context(self.script.context()), contextlib.redirect_stderr(io.StringIO()) as text, handler:
                node["task"].executeSequence(frames or [1])
        finally:
            self.messages = [(message.level, message.message) for message in handler.messages]
        return text.getvalue()

    def dispatch(self, node, frames="1", background=False):
        """Dispatches a task with a LocalDispatcher and returns its job; None if no task has anything to do.

        In the background the job may still be running.
        """
        pool = GafferDispatch.LocalDispatcher.JobPool()
        dispatcher = self.script["dispatcher"] = GafferDispatch.LocalDispatcher(jobPool=pool)
        dispatcher["jobsDirectory"].setValue(str(self.temporaryDirectory() / "jobs"))
        dispatcher["framesMode"].setValue(GafferDispatch.Dispatcher.FramesMode.CustomRange)
        dispatcher["frameRange"].setValue(frames)
        dispatcher["executeInBackground"].setValue(background)
        dispatcher["tasks"][0].setInput(node["task"])
        with self.script.context(), contextlib.redirect_stderr(io.StringIO()), IECore.CapturingMessageHandler():
            dispatcher["task"].execute()
        if not pool.jobs():
            return None
        (job,) = pool.jobs()
        self.addCleanup(job.kill)
        return job

    def save(self):
        path = self.temporaryDirectory() / "script.gfr"
        self.script["fileName"].setValue(str(path))
        self.script.save()
        return path

    def startGaffer(self, *arguments, **variables):
        """A Gaffer process whose output, of both streams, is read through `stdout`."""
        process = subprocess.Popen(
            [str(Gaffer.executablePath()), *map(str, arguments)],
            env=Gaffer.environment() | {"IECORE_LOG_LEVEL": "INFO"} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(process.kill)
        return process

    def callGaffer(self, *arguments, status=0, **variables):
        """Runs Gaffer to its end, in another process, and returns its output. Fails for another exit status."""
        process = self.startGaffer(*arguments, **variables)
        output, _ = process.communicate()
        self.assertEqual(process.returncode, status, output)
        return output

    def assertSoon(self, condition):
        """Waits until the condition holds; the limit is only there so that a fault does not hold the tests for ever."""
        end = time.monotonic() + 600
        while not condition():
            self.assertLess(time.monotonic(), end, "did not happen in time")
            time.sleep(0.02)

    def filesIn(self, folder):
        """The names of the files in a folder, hidden ones too."""
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

from filmrecovery.film.elements.scope import Scope, write_scopes
from filmrecovery.reference.curation.shared_crop import read_crop
from GafferRecoveryTest import rawElements
from GafferRecoveryTest.GraphTestCase import GraphTestCase
from GafferRecoveryTest.RecoveryTestCase import (
    callEngine,
    np,
    readExr,
    readRgb,
    rgbChannels,
    writeExr,
)

_LENGTH = 4
_SHOTS = tuple(
    Scope(name, "shot", 1 + _LENGTH * index, _LENGTH + _LENGTH * index)
    for index, name in enumerate(("roof", "street", "harbour"))
)
_TINTS = ((1.0, 0.8, 0.6), (0.6, 0.8, 1.0), (0.8, 1.0, 0.7))
_LAST = _SHOTS[-1].last

_STAGE = """
training_frames = "1,4,5,8"
align = { model = "translate" }
shots = { file = "reel.json" }
train = { size = "small", steps = 2, patch_size = 64 }
"""


class ReelTest(GraphTestCase):
    """Three shots in one scan, of which two have pairs, by a graph and by the engine's project file."""

    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        for index, (shot, tint) in enumerate(zip(_SHOTS, _TINTS, strict=True)):
            for frame in range(shot.first, shot.last + 1):
                # Shots that show places far from each other.
                moment = frame + 4 * index
                faded = rawElements.faded(moment) * np.array(tint, np.float32)
                reference = rawElements.seen(moment, 3 - 3 * index, 2 * index) * np.array(tint, np.float32)
                writeExr(self.folder / "scans" / f"source.{frame:04d}.exr", rgbChannels(faded))
                writeExr(self.folder / "scans" / f"reference.{frame:04d}.exr", rgbChannels(reference))
        write_scopes(self.folder / "reel.json", _SHOTS)

    def testTheGraphMakesTheFramesOfTheEngine(self):
        (self.folder / "project.toml").write_text(rawElements.projectText(_LAST, _STAGE))
        callEngine("-m", "filmrecovery", "run", self.folder / "project.toml")
        settings = {
            "Settings.severalShots": True,
            "Settings.shotList": "${project:rootDirectory}/reel.json",
            "Settings.trainingFrames": "1,4,5,8",
            "Align.model": "translate",
        }
        self.dispatchGraph("chromaRecovery", "Delivery", f"1-{_LAST}", settings)
        self.assertEqual(self.sizesOfPairs("engine"), self.sizesOfPairs("AF_010"))
        for frame in range(1, _LAST + 1):
            name = f"AF_010_recovered.{frame:04d}.exr"
            paths = [self.folder / folder / "delivery" / name for folder in ("engine", "AF_010")]
            byEngine, byGraph = (readRgb(path) for path in paths)
            # The engine keeps the aligned reference, and the frames before the merge, as half float; the graph has no
            # files between. Both have a colour library of their own.
            self.assertClose(byGraph, byEngine, 4e-3)
            self.assertGreater(np.abs(byGraph - readRgb(self.folder / "scans" / f"source.{frame:04d}.exr")).max(), 0.05)
            grades = [readExr(path)[1].get_string_attribute("filmrecovery:grade") for path in paths]
            expected = next(shot.name for shot in _SHOTS if shot.first <= frame <= shot.last)
            self.assertEqual(grades, 2 * ["film" if expected == "harbour" else expected])

    def sizesOfPairs(self, folder):
        """The size of each pair's picture, by frame: the shots are framed in several ways, so each has its own crop."""
        stage = self.folder / folder / "chroma"
        crop = read_crop(stage / "reference" / "crop.json")
        self.assertEqual([shot.shot for shot in crop.shots], [shot.name for shot in _SHOTS])
        sizes = {frame: readRgb(stage / "pairs" / f"input.{frame:04d}.exr").shape[1::-1] for frame in (1, 4, 5, 8)}
        expected = {frame: crop.at(frame) for frame in sizes}
        self.assertEqual(sizes, {frame: (own.x1 - own.x0, own.y1 - own.y0) for frame, own in expected.items()})
        self.assertNotEqual(sizes[4], sizes[5])
        return sizes

"""A source and a reference as an archive delivers them: of other frame numbers, framing and colour."""

from filmrecovery.film.elements.element import Element
from filmrecovery.reference.registration.align_settings import AlignSettings
from GafferRecovery.engine import torchEngine
from GafferRecoveryTest.RecoveryTestCase import np, rgbChannels, writeExr

WIDTH, HEIGHT = 256, 192
FRAMES = range(1, 13)
FIRST_REFERENCE = 501
EARLIER = 2
"""Frames of the reference before the first of the source."""
SHIFT = (7, 4)
"""How far to the left and down the reference is framed, in pixels."""
BORDER = 16


def _ground():
    """A textured plane (height, width, 3) in 0..1 that the camera pans over."""
    random = np.random.default_rng(5)
    height, width = HEIGHT + 120, WIDTH + 300
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    # As in photographs: the coarser, the stronger; nothing finer than a pixel can hold.
    weight = np.exp(-((frequency / 0.15) ** 2)) / (frequency + 0.01)
    planes = [np.fft.ifft2(np.fft.fft2(random.standard_normal((height, width))) * weight).real for _ in range(3)]
    plane = np.stack(planes, axis=-1)
    return np.clip(0.5 + 0.16 * plane / plane.std(), 0, 1).astype(np.float32)


_GROUND = _ground()


def seen(moment, right=0, down=0):
    """The picture at a moment of the film, in frames of the source, framed as the source is or so far from it."""
    left = round(60 + 9 * moment + 12 * np.sin(2.1 * moment)) + right
    top = round(40 + 12 * np.cos(1.3 * moment)) + down
    return _GROUND[top : top + HEIGHT, left : left + WIDTH]


def faded(moment):
    return (0.3 + 0.5 * seen(moment) ** 1.3 * np.array([1.0, 0.5, 0.6])).astype(np.float32)


def referenceOf(frame):
    """The number of the reference's frame that shows a frame of the source."""
    return frame + FIRST_REFERENCE - 1 + EARLIER


def writeElements(folder):
    """Writes `source.####.exr` and `reference.####.exr`, which has a black border at its left, and returns patterns."""
    for frame in FRAMES:
        writeExr(folder / f"source.{frame:04d}.exr", rgbChannels(faded(frame)))
    for index in range(len(FRAMES) + 4):
        rgb = seen(index + 1 - EARLIER, -SHIFT[0], SHIFT[1]).copy()
        rgb[:, :BORDER] = 0
        writeExr(folder / f"reference.{FIRST_REFERENCE + index:04d}.exr", rgbChannels(rgb))
    return str(folder / "source.####.exr"), str(folder / "reference.####.exr")


def matrix(right=SHIFT[0], down=-SHIFT[1]):
    """The homography of a reference that shows what the source shows so many pixels further right and down."""
    return [[1.0, 0.0, right], [0.0, 1.0, down], [0.0, 0.0, 1.0]]


def writeAlignment(path, frames, **replaced):
    """Has the engine write an alignment file; `frames` gives matrices by frames of the source."""
    module = torchEngine.module("filmrecovery.reference.alignment.alignment_file")
    alignment = {
        "settings": AlignSettings(),
        "source": Element("source.####.exr", tuple(frames), "srgb_tx"),
        "source_size": (WIDTH, HEIGHT),
        "reference": Element("reference.####.exr", tuple(referenceOf(frame) for frame in frames), "srgb_tx"),
        "reference_size": (WIDTH, HEIGHT),
        "frames": tuple(
            module.FrameAlignment(frame, referenceOf(frame), np.array(found), 0.04, 0.99, flagged=False)
            for frame, found in frames.items()
        ),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    module.write_alignment(path, module.Alignment(**alignment | replaced))
    return path


def projectText(last, stage):
    """The engine's project file for the frames 1 to `last`, with further keys of its only stage."""
    return f"""
title = "A film"
shot = "AF_010"
output = "engine"
working_space = "srgb_tx"

[elements.print]
pattern = "scans/source.####.exr"
frames = "1-{last}"
space = "srgb_tx"

[elements.video]
pattern = "scans/reference.####.exr"
frames = "1-{last}"
space = "srgb_tx"

[[stages]]
name = "chroma"
mode = "chroma"
source = "print"
reference = "video"
median = 3
{stage}

[merge]
operation = "color"
original = "print"

[validate]
enabled = false
"""

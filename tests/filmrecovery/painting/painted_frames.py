"""Grey frames, and what a paint program makes of them."""

import numpy as np
import OpenImageIO
from scipy import ndimage

from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.painting.icc import profile_of
from filmrecovery.painting.painting_settings import ExportSettings
from filmrecovery.picture.luma import luma, rgb_of

HEIGHT, WIDTH = 96, 160
SETTINGS = ExportSettings()


def grey(seed):
    """Luma with detail everywhere, (96, 160)."""
    generator = np.random.default_rng(seed)
    layers = [ndimage.gaussian_filter(generator.standard_normal((HEIGHT, WIDTH)), size) * size for size in (1, 3, 8)]
    noise = np.sum(layers, axis=0)
    return np.clip(0.45 + 0.2 * noise / noise.std(), 0.05, 0.9).astype(np.float32)


def painted_over(picture):
    """The picture with two colours painted on, its luma kept."""
    colours = np.zeros((*picture.shape[:2], 2), np.float32)
    colours[:, : WIDTH // 2], colours[:, WIDTH // 2 :] = (0.05, -0.08), (-0.06, 0.04)
    return np.clip(rgb_of(luma(picture), colours), 0, 1)


def save(path, pixels, kind=OpenImageIO.UINT16, straight=False, **attributes):
    """Saves a picture as a paint program does, without our metadata."""
    height, width, channels = pixels.shape
    spec = OpenImageIO.ImageSpec(width, height, channels, kind)
    if straight:
        spec.attribute("oiio:UnassociatedAlpha", 1)
    for name, value in attributes.items():
        spec.attribute(name, value)
    image = OpenImageIO.ImageOutput.create(str(path))
    assert image.open(str(path), spec)
    assert image.write_image(np.ascontiguousarray(pixels, np.float32))
    image.close()


def paint(folder, frame=1, change=painted_over):
    path = folder / f"paint.{frame:04d}.tif"
    save(path, change(read_frame(path).rgb), compression="lzw")
    return path


def profile(space):
    found = profile_of(space)
    assert found is not None
    return found


def adobe_rgb():
    """A profile with the primaries of another space: sRGB's profile with red and green exchanged."""
    content = bytearray(profile("srgb_tx"))
    red, green = content.index(b"rXYZ"), content.index(b"gXYZ")
    content[red : red + 4], content[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(content)

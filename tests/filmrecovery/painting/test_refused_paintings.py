"""What comes back from painting and cannot be taken: each fault has a message."""

import json
import re

import numpy as np
import OpenImageIO
import pytest
from painted_frames import HEIGHT, WIDTH, adobe_rgb, grey, paint, painted_over, save
from PIL import Image
from scipy import ndimage

from filmrecovery.cli import main
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.picture.colour import converter


def resave(change):
    return lambda folder: paint(folder, change=change)


def only(name):
    def act(folder):
        (folder / "paint.0001.tif").unlink()
        if name:
            (folder / name).write_bytes(b"")

    return act


def twice(folder):
    paint(folder)
    save(folder / "paint.0001.png", painted_over(grey(1)[..., np.newaxis].repeat(3, -1)))


def other_depth(folder):
    save(folder / "paint.0001.png", read_frame(folder / "paint.0001.tif").rgb, OpenImageIO.UINT8)


def other_profile(folder):
    picture = Image.fromarray(np.uint8(255 * painted_over(read_frame(folder / "paint.0001.tif").rgb)))
    picture.save(folder / "paint.0001.png", icc_profile=adobe_rgb())


def linear(folder):
    picture = converter("srgb_tx", "lin_rec709")(painted_over(read_frame(folder / "paint.0001.tif").rgb))
    save(
        folder / "paint.0001.exr", picture, OpenImageIO.HALF, straight=False, **{"oiio:ColorSpace": "lin_rec709_scene"}
    )


def cmyk(folder):
    Image.new("CMYK", (WIDTH, HEIGHT)).save(folder / "paint.0001.tif")


def in_codes(folder):
    save(folder / "paint.0001.exr", 255 * painted_over(read_frame(folder / "paint.0001.tif").rgb), OpenImageIO.HALF)


def in_the_copy(folder):
    paint(folder)
    paint(folder / "exported")


def damaged(folder):
    path = paint(folder)
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (only(None), r"paint\.0001\.tif: missing; bring the painted file back"),
        (only("paint.0001.kra"), r"paint\.0001\.kra beside it cannot be read; save it flattened"),
        (only("paint.0001.jpg"), r"paint\.0001\.jpg beside it cannot be read; save it flattened"),
        (twice, r"paint\.0001\.png and paint\.0001\.tif are the same frame"),
        (damaged, r"paint\.0001\.tif: "),
        (resave(lambda rgb: rgb[::2, ::2]), "80x48 pixels, and 160x96 were given out: it was scaled"),
        (resave(lambda rgb: rgb[:-8]), "160x88 pixels, and 160x96 were given out: it was cropped"),
        (resave(lambda rgb: rgb), r"paint\.0001\.tif: not painted"),
        (other_depth, r"paint\.0001\.png: not painted"),
        (other_profile, r"saved in the colour space 'sRGB \(IEC 61966-2-1\)', expected srgb_tx"),
        (linear, r"says that it is linear light \(lin_rec709_scene\), expected srgb_tx"),
        (cmyk, "holds CMYK or other inks, expected RGB"),
        (resave(lambda rgb: np.roll(painted_over(rgb), 3, axis=1)), r"lies 3\.0 pixels to the right and 0\.0 down"),
        (resave(lambda rgb: ndimage.shift(painted_over(rgb), (0.7, 0, 0), order=3, mode="nearest")), r"0\.[67] down"),
        (
            resave(lambda rgb: painted_over(grey(7)[..., np.newaxis].repeat(3, -1))),
            "shows another picture than frame 1",
        ),
        (in_codes, r"paint\.0001\.exr: values from .*; expected a display-referred picture"),
        (in_the_copy, r"exported/paint\.0001\.tif: missing or changed since it was given out"),
    ],
)
def test_each_fault_has_a_message_and_stops_the_import(given, tmp_path, capsys, act, message):
    act(given)
    paint(given, 24)
    assert main(["paint-import", str(given), str(tmp_path / "reference.####.exr")]) == 1
    shown = capsys.readouterr()
    (line,) = shown.err.split("correct these first:\n")[1].splitlines()
    assert re.search(message, line)
    assert "   24  paint.0024.tif       painted" in shown.out
    assert not (tmp_path / "reference.0024.exr").exists()
    found = json.loads((given / "checks.json").read_text())["frames"]
    assert [bool(check["problems"]) for check in found] == [True, False]

    assert main(["paint-import", str(given), str(tmp_path / "reference.####.exr"), "--frames", "24"]) == 0
    assert (tmp_path / "reference.0024.exr").exists()

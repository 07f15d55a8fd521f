"""Reads still pictures that lie in every way, and whose values stand for all kinds of things, and prints how many are
read right, refused and read wrong.

    python tests/filmrecovery/corpus/picture_table.py

Beside the engine stand OpenImageIO, OpenCV and Pillow, each as it turns and converts by itself; what is refused has no
right RGB. Ends with status 1 where the engine reads one wrong, or refuses one without the words that it should have.
"""

import collections
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO
from picture_cases import PictureCase, colour_cases, orientation_cases
from PIL import Image, ImageOps, UnidentifiedImageError

from filmrecovery.base.errors import ElementError
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.picture.arrays import Values

RIGHT, REFUSED, WRONG = "right", "refused", "wrong"
_ROUNDED = 0.003
"""What a library that keeps 8 bits is off besides."""


def outcome(case: PictureCase, folder: Path) -> tuple[str, str, Values | None]:
    """What becomes of a picture, why, and the R'G'B' that is to be seen in it."""
    path = folder / case.name
    written = case.write(path)
    truth = case.truth if written is None else written
    try:
        found = read_frame(path).rgb
    except ElementError as error:
        right = case.refusal and re.search(rf"{re.escape(case.name)}: .*({case.refusal})", str(error))
        return REFUSED if right else WRONG, str(error), truth
    if case.refusal or truth is None:
        return WRONG, "is read", truth
    off = _off(found, truth)
    return RIGHT if off <= case.tolerance else WRONG, f"off by {off:.3g}", truth


def _off(found: Values, truth: Values) -> float:
    return float(np.abs(found - truth).max()) if found.shape == truth.shape else np.inf


def by_openimageio(path: Path) -> Values | None:
    """A picture as OpenImageIO turns and converts it; None where it has no RGB."""
    stored = OpenImageIO.ImageBuf(str(path))
    names = stored.spec().channelnames
    if stored.has_error or not {"R", "G", "B"} <= set(names):
        return None
    turned = OpenImageIO.ImageBufAlgo.reorient(stored)
    if turned.geterror():
        return None
    return turned.get_pixels(OpenImageIO.FLOAT)[..., [names.index(name) for name in "RGB"]]


def by_opencv(path: Path) -> Values | None:
    """A picture as OpenCV reads it; None where it does not read the file."""
    try:
        found = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH)
    except cv2.error:
        return None
    if found is None:
        return None
    highest = {"uint8": 255, "uint16": 65535}.get(found.dtype.name, 1)
    return found.astype(np.float32) / np.float32(highest)


def by_pillow(path: Path) -> Values | None:
    """A picture of 8 bits as Pillow reads it."""
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB")) / np.float32(255)
    except (UnidentifiedImageError, OSError, ValueError):
        return None


READERS: dict[str, Callable[[Path], Values | None]] = {
    "OpenImageIO": by_openimageio,
    "OpenCV": by_opencv,
    "Pillow": by_pillow,
}


def tables() -> Iterator[tuple[str, Iterator[PictureCase]]]:
    """The tables, each with what it is of."""
    yield "how pictures lie", orientation_cases()
    yield "what values stand for", colour_cases()


def main() -> int:
    """Prints the tables."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    wrong = 0
    for title, cases in tables():
        counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        for case in cases:
            with tempfile.TemporaryDirectory() as folder:
                result, why, truth = outcome(case, Path(folder))
                count = counts[case.group]
                count[result] += 1
                if result == WRONG:
                    print(f"wrong: {case.group}: {case.name}: {why}", file=sys.stderr)
                if truth is None:
                    continue
                for name, read in READERS.items():
                    found = read(Path(folder) / case.name)
                    if found is not None:
                        near = _off(found, truth) <= case.tolerance + _ROUNDED
                        count[f"{name} {RIGHT if near else WRONG}"] += 1
        whole = sum(counts.values(), collections.Counter[str]())
        wrong += whole[WRONG]
        counts[f"all {sum(whole[each] for each in (RIGHT, REFUSED, WRONG))}"] = whole
        others = " | ".join(f"{name}: right, wrong" for name in READERS)
        print(f"| {title} | right | refused by name | wrong | {others} |\n|---|---|---|---|{'---|' * len(READERS)}")
        for group, count in counts.items():
            theirs = (f"{count[f'{name} {RIGHT}']}, {count[f'{name} {WRONG}']}" for name in READERS)
            ours = " | ".join(str(count[each]) for each in (RIGHT, REFUSED, WRONG))
            print(f"| {group} | {ours} | {' | '.join(theirs)} |")
        print()
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())

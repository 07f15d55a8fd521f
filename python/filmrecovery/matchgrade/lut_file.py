"""LUT files: written as CLF (SMPTE ST 2136-1) and as .cube, read and applied by OpenColorIO."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PyOpenColorIO

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.picture.arrays import Picture, Values

SUFFIXES = (".clf", ".cube")

# The last where the library quotes bytes that are no UTF-8.
_OCIO_ERRORS = (PyOpenColorIO.Exception, PyOpenColorIO.ExceptionMissingFile, UnicodeDecodeError)
_CLF_FORMAT = "Academy/ASC Common LUT Format"
# Fits in the cache, and keeps OpenColorIO's scratch memory small.
_STRIP_ROWS = 64


@dataclass(frozen=True)
class LutText:
    """What a LUT file says of itself, each a line of text."""

    title: str
    description: str
    input: str
    output: str


def check_lut_path(path: Path) -> None:
    """Raises SettingsError for a path whose suffix is not one of `SUFFIXES`, in small letters as the files get it."""
    if path.suffix not in SUFFIXES:
        raise SettingsError(f"{path}: expected a name that ends in {' or '.join(SUFFIXES)}; both files are written")


def write_lut(path: Path, lattice: Values, text: LutText) -> None:
    """Writes a lattice (nodes, nodes, nodes, 3), indexed by red, green and blue, as CLF and as .cube.

    Of `path` the suffix is not looked at. Both give the same pixels, to 1e-6, where they are interpolated
    tetrahedrally: the CLF asks for that by itself, of a .cube file the reader decides. Raises OutputError.
    """
    values = lattice.astype(np.float32)
    clf, cube = lut_files(path)
    _write_clf(clf, values, text)
    _write_cube(cube, values, text)


def lut_files(path: Path) -> tuple[Path, Path]:
    """The CLF and the .cube file that `write_lut` writes."""
    return path.with_suffix(".clf"), path.with_suffix(".cube")


def _write_clf(path: Path, values: Values, text: LutText) -> None:
    lut = PyOpenColorIO.Lut3DTransform(len(values))
    lut.setInterpolation(PyOpenColorIO.INTERP_TETRAHEDRAL)
    lut.setFileOutputBitDepth(PyOpenColorIO.BIT_DEPTH_F32)
    lut.setData(values.ravel())
    group = PyOpenColorIO.GroupTransform([lut])
    metadata = group.getFormatMetadata()
    metadata.setName(text.title)
    # Made from the values, so that the same LUT is the same file.
    metadata.setID(uuid.uuid5(uuid.NAMESPACE_OID, hashlib.sha256(values.tobytes()).hexdigest()).urn)
    for name, content in (
        ("Description", text.description),
        ("InputDescriptor", text.input),
        ("OutputDescriptor", text.output),
    ):
        metadata.addChildElement(name, content)
    # As a text: OpenColorIO is silent about a full disk.
    write_text(path, group.write(formatName=_CLF_FORMAT, config=PyOpenColorIO.Config.CreateRaw()))


def _write_cube(path: Path, values: Values, text: LutText) -> None:
    nodes = len(values)
    header = [
        f'TITLE "{text.title.replace(chr(34), chr(39))}"',
        *(f"# {line}" for line in (text.description, f"Input: {text.input}", f"Output: {text.output}")),
        f"LUT_3D_SIZE {nodes}",
    ]
    # Red varies fastest in this format.
    rows = values.transpose(2, 1, 0, 3).reshape(-1, 3).tolist()
    write_text(path, "\n".join([*header, *("{:.9g} {:.9g} {:.9g}".format(*row) for row in rows)]) + "\n")


def load_lut(path: Path) -> Callable[[Picture], Picture]:
    """A function that grades a picture (height, width, 3), float32, by a LUT file of any format that OCIO reads.

    Tetrahedral interpolation, where the file does not name another. A LUT ends at its domain, 0..1: what a value lies
    beyond it is added to what its nearest within becomes, so that highlights keep their differences.

    Raises ElementError for a file that is missing, damaged or no LUT.
    """
    # OpenColorIO's cache knows a file by its path alone, and would miss that a file was written again.
    PyOpenColorIO.ClearAllCaches()
    transform = PyOpenColorIO.FileTransform(str(path.resolve()), interpolation=PyOpenColorIO.INTERP_TETRAHEDRAL)
    try:
        processor = PyOpenColorIO.Config.CreateRaw().getProcessor(transform)
    except _OCIO_ERRORS as error:
        raise ElementError(
            f"{path}: cannot be read as a LUT ({error}); name a LUT that OpenColorIO reads, or fit one again"
        ) from error
    lut = processor.getOptimizedCPUProcessor(PyOpenColorIO.OPTIMIZATION_LOSSLESS)

    def grade(rgb: Picture) -> Picture:
        within = np.clip(np.asarray(rgb, np.float32), 0.0, 1.0, order="C")
        graded = within.copy()
        for top in range(0, len(graded), _STRIP_ROWS):
            lut.applyRGB(graded[top : top + _STRIP_ROWS])
        return graded + (rgb - within)

    return grade

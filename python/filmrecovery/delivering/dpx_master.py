"""Masters in DPX of 10 bits."""

from pathlib import Path

import numpy as np
import OpenImageIO

from filmrecovery.base.atomic import write_bytes
from filmrecovery.base.errors import OutputError
from filmrecovery.base.overlap import on_all_cores
from filmrecovery.delivering.code_values import HIGHEST_CODE, SPACE_NAME, cut_to_codes, warn_of_cut
from filmrecovery.delivering.display_picture import display_picture
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_dpx import dpx_file
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Picture


def write_dpx_master(recovered: Element, master: Element) -> None:
    """Writes recovered frames as DPX of 10 bits, in the space of the master, with what their headers say.

    R, G and B of the display window; alpha and other channels are left out. Frames that are there already are left
    where each byte is right. Every frame is read back and compared. Values outside 0..1 are cut, and warned of.

    Raises SettingsError for an unknown space; ElementError for frames that are missing or damaged; OutputError where
    one cannot be written, is read back as another, or something else lies there.
    """
    convert = colour.converter(recovered.space, master.space)

    def write(number: int) -> float:
        target = master.path(number)
        frame = read_frame(recovered.path(number))
        picture, cut = cut_to_codes(convert(display_picture(frame)))
        spec = OpenImageIO.ImageSpec(frame.spec)
        spec.attribute(SPACE_NAME, master.space)
        content = bytes(dpx_file(target.name, spec, picture))
        if not target.exists():
            write_bytes(target, content)
        elif target.read_bytes() != content:
            raise OutputError(
                f"{target}: is not the frame that this delivery wrote, and nothing is overwritten; remove it to have "
                "it written again, or deliver another version"
            )
        _check_codes(target, picture)
        return cut

    warn_of_cut(master.pattern, master.space, on_all_cores(write, recovered.frames, "DPX"))


def _check_codes(path: Path, picture: Picture) -> None:
    """Raises OutputError for a DPX file that does not hold the codes of a picture."""
    codes, expected = (
        np.rint(np.asarray(values, np.float64) * HIGHEST_CODE) for values in (read_frame(path).rgb, picture)
    )
    if not np.array_equal(codes, expected):
        raise OutputError(f"{path}: is read back as another picture; check the disk, remove the file and call again")

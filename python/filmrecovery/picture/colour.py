"""Colour spaces by name, converted by OpenColorIO.

The names come from the config that the environment variable OCIO names. Where it is not set, they come from the ACES
studio config that OpenColorIO carries, pinned by version: its colour spaces and aliases do not change with the library.
Spaces are always named by the user or a preset, never guessed from a file.
"""

import difflib
import functools
import os
from collections.abc import Callable, Iterable

import numpy as np
import PyOpenColorIO

from filmrecovery.base.errors import SettingsError
from filmrecovery.picture.aces import DELIVERY_SPACE
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.curve_kinds import DISPLAY, HDR, LINEAR, LOG

PINNED_CONFIG = "ocio://studio-config-v1.0.0_aces-v1.3_ocio-v2.1"

PRESETS = {"srgb": "srgb_tx", "gamma24": "g24_rec709"}
"""Working space, display-referred Rec.709, of each preset: "gamma24" is right for Rec.709 reference video (ITU-R
BT.1886), "srgb" reads it with the sRGB curve (IEC 61966-2-1) as the published recovery graphs do."""

_CURVES = {"scene-linear": LINEAR, "display-linear": LINEAR, "log": LOG, "sdr-video": DISPLAY, "hdr-video": HDR}
"""By the encodings of OpenColorIO."""
_LINEAR_ROLE = "scene_linear"
_LINEAR_REC709 = "lin_rec709"
_ABOUT = 0.05

_STRIP_ROWS = 64

# In Python the second is not a kind of the first.
_OCIO_ERRORS = (PyOpenColorIO.Exception, PyOpenColorIO.ExceptionMissingFile)

Conversion = Callable[[Picture], Picture]


def config_name() -> str:
    """The config in use, as it should stand in a manifest: the value of $OCIO, or the pinned one's name."""
    return os.environ.get("OCIO") or PINNED_CONFIG


def converter(from_space: str, to_space: str) -> Conversion:
    """A function that converts (height, width, 3) float32 from one colour space to another, into a new array.

    Between two names of one space it returns its input. It may be called from several threads. In the pinned config
    values below 0 and above 1 survive a round trip: its curves go on, mirrored, below 0; a config of $OCIO may clamp.

    Raises SettingsError for a name that is no space, alias or role of the config, and for a config that cannot be read.
    """
    return _converter(config_name(), from_space, to_space)


def display_converter(from_space: str, display: str, view: str) -> Conversion:
    """A function that shows (height, width, 3) float32 of a colour space on a display, through one of its views.

    It returns a new array, 0..1 being what the display can show; values outside are not clamped. Raises SettingsError
    for a space, display or view that is not in the config, and for a config that cannot be read.
    """
    return _display_converter(config_name(), from_space, display, view)


def check_display_referred(space: str) -> None:
    """Raises SettingsError for a name that is no space, alias or role of the config, and for linear and log spaces.

    The networks, and BT.709 luma, want values that go with what the eye sees.
    """
    config = _load(config_name())
    _check_names(config, config_name(), [space])
    named_space = config.getColorSpace(space)
    if named_space.getEncoding() in ("scene-linear", "log", "data"):
        raise SettingsError(
            f"working space '{space}' ({named_space.getName()}) is {named_space.getEncoding()}; name a "
            f"display-referred space such as {' or '.join(PRESETS.values())}"
        )


def curve_of(space: str) -> str:
    """The kind of curve (`curve_kinds`) that a space of the config has; empty where that is not known."""
    config = _load(config_name())
    named_space = config.getColorSpace(space)
    if named_space is None or named_space.isData():
        return ""
    if named_space.getEncoding() or not config.hasRole(_LINEAR_ROLE):
        return _CURVES.get(named_space.getEncoding(), "")
    # The ACES configs say it of all spaces but sRGB.
    greys = np.repeat(np.array([[[0.0], [0.5], [1.0]]], np.float32), 3, axis=-1)
    black, middle, white = converter(space, _LINEAR_ROLE)(greys)[0, :, 1]
    if abs(black) > _ABOUT or abs(white - 1) > _ABOUT:
        return ""
    return LINEAR if abs(middle - 0.5) < _ABOUT else DISPLAY


def is_wider_than_rec709(space: str) -> bool | None:
    """Whether a space of the config has primaries far outside those of Rec.709; None where that is not known."""
    config = _load(config_name())
    named_space = config.getColorSpace(space)
    if named_space is None or named_space.isData() or config.getColorSpace(_LINEAR_REC709) is None:
        return None
    primaries = converter(space, _LINEAR_REC709)(np.eye(3, dtype=np.float32)[np.newaxis])
    return bool(primaries.min() < -_ABOUT * primaries.max())


def same_space(space: str, other: str) -> bool:
    """Whether two names are of one colour space of the config; not so where one is no name of it."""
    config = _load(config_name())
    found = [config.getColorSpace(name) for name in (space, other)]
    return None not in found and found[0].getName() == found[1].getName()


def _check_names(config: PyOpenColorIO.Config, config_file: str, spaces: Iterable[str]) -> None:
    for space in spaces:
        if config.getColorSpace(space) is None:
            raise SettingsError(f"colour space '{space}' is not in the config {config_file}; {_advice(config, space)}")


@functools.cache
def _converter(config_file: str, from_space: str, to_space: str) -> Conversion:
    config = _load(config_file)
    _check_names(config, config_file, (from_space, to_space))
    transform = PyOpenColorIO.ColorSpaceTransform(from_space, to_space)
    return _conversion(config, config_file, transform, f"'{from_space}' to '{to_space}'")


@functools.cache
def _display_converter(config_file: str, from_space: str, display: str, view: str) -> Conversion:
    config = _load(config_file)
    _check_names(config, config_file, [from_space])
    for kind, name, known in (
        ("display", display, list(config.getDisplays())),
        (f"view of the display '{display}'", view, list(config.getViews(display))),
    ):
        if name not in known:
            raise SettingsError(
                f"'{name}' is no {kind} in the config {config_file}; expected one of {', '.join(known)}"
            )
    transform = PyOpenColorIO.DisplayViewTransform(from_space, display, view)
    return _conversion(config, config_file, transform, f"'{from_space}' to '{view}' on '{display}'")


def _conversion(
    config: PyOpenColorIO.Config, config_file: str, transform: PyOpenColorIO.Transform, described: str
) -> Conversion:
    try:
        # The faster optimisations approximate powers to 2e-5, which would show as a drift of luma.
        processor = config.getProcessor(transform).getOptimizedCPUProcessor(PyOpenColorIO.OPTIMIZATION_LOSSLESS)
    except _OCIO_ERRORS as error:
        raise SettingsError(f"config {config_file} cannot convert {described}: {error}; check its files") from error

    def convert(rgb: Picture) -> Picture:
        if processor.isNoOp():
            return rgb
        converted = np.array(rgb, dtype=np.float32, order="C")
        # OpenColorIO takes the array for one line of pixels, and needs scratch memory for several times the line.
        for top in range(0, len(converted), _STRIP_ROWS):
            processor.applyRGB(converted[top : top + _STRIP_ROWS])
        return converted

    return convert


@functools.cache
def _load(config_file: str) -> PyOpenColorIO.Config:
    try:
        config = PyOpenColorIO.Config.CreateFromFile(config_file)
        # Its names are asked for one by one later, and each would be no text.
        config.serialize()
    except _OCIO_ERRORS as error:
        raise SettingsError(f"OCIO config {config_file} cannot be read: {error}; check the variable OCIO") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"OCIO config {config_file} is not in UTF-8; save it in that encoding") from error
    return config


def _advice(config: PyOpenColorIO.Config, space: str) -> str:
    names = list(config.getRoleNames())
    for colour_space in config.getColorSpaces():
        names += [colour_space.getName(), *colour_space.getAliases()]
    by_lower_case = {name.lower(): name for name in names}
    near = difflib.get_close_matches(space.lower(), by_lower_case, cutoff=0.5)
    if near:
        return f"near names: {', '.join(by_lower_case[name] for name in near)}"
    return f"expected a name such as {', '.join([*PRESETS.values(), DELIVERY_SPACE])}"

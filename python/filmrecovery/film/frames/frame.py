"""A frame of film: its pixels, with all that came with them."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO

from filmrecovery.film.frames.colour_channels import rgb_positions
from filmrecovery.picture.arrays import Channel, Picture, Values

SUFFIXES = (".exr", ".dpx", ".tif", ".tiff", ".png", ".jpg", ".jpeg")
"""The suffixes of files that hold frames."""


@dataclass(frozen=True)
class Frame:
    """One picture with all that came with it.

    `pixels` is float32 (height, width, channels) over the data window; `channels` names them in that order; `spec`
    holds the data window (x, y, width, height), the display window (full_*) and the metadata, less what describes the
    encoding of the file read. RGB is never multiplied or divided by alpha.
    """

    pixels: Values
    channels: tuple[str, ...]
    spec: OpenImageIO.ImageSpec

    @property
    def rgb(self) -> Picture:
        """The colour channels, float32 (height, width, 3), a copy."""
        if self._is_rgb_alone:
            # Several times as fast as picking channels.
            return self.pixels.copy()
        return np.take(self.pixels, rgb_positions(self.channels), axis=-1)

    @property
    def not_finite(self) -> int:
        """How many values of RGB are NaN or Inf."""
        rgb = self.pixels if self._is_rgb_alone else self.rgb
        finite = np.isfinite(rgb)
        return 0 if finite.all() else int(finite.size - np.count_nonzero(finite))

    @property
    def _is_rgb_alone(self) -> bool:
        return len(self.channels) == 3 and rgb_positions(self.channels) == (0, 1, 2)

    def with_rgb(self, rgb: Picture) -> "Frame":
        """Replaces the colour, (height, width, 3); other channels, windows and metadata are kept."""
        if self._is_rgb_alone:
            return dataclasses.replace(self, pixels=np.array(rgb, self.pixels.dtype))
        pixels = self.pixels.copy()
        pixels[..., list(rgb_positions(self.channels))] = rgb
        return dataclasses.replace(self, pixels=pixels)

    def channel(self, name: str) -> Channel | None:
        """The channel of that name, float32 (height, width), a copy; None where there is none."""
        return self.pixels[..., self.channels.index(name)].copy() if name in self.channels else None

    def with_channel(self, name: str, values: Channel) -> "Frame":
        """Adds a channel, (height, width), or replaces the one of that name.

        A new one is half float, unless all of the file is written as float.
        """
        if name in self.channels:
            pixels = self.pixels.copy()
            pixels[..., self.channels.index(name)] = values
            return dataclasses.replace(self, pixels=pixels)
        spec = OpenImageIO.ImageSpec(self.spec)
        formats = [self.spec.channelformat(position) for position in range(len(self.channels))]
        return Frame(
            np.concatenate([self.pixels, values[..., np.newaxis].astype(np.float32)], axis=-1),
            channels := (*self.channels, name),
            _with_channels(spec, channels, [*formats, OpenImageIO.TypeDesc(OpenImageIO.HALF)]),
        )

    def with_windows_of(self, other: OpenImageIO.ImageSpec) -> "Frame":
        """Replaces windows and metadata by those of another frame of the same size; pixels and channels are kept."""
        formats = [self.spec.channelformat(position) for position in range(len(self.channels))]
        return dataclasses.replace(self, spec=_with_channels(OpenImageIO.ImageSpec(other), self.channels, formats))


def _with_channels(
    spec: OpenImageIO.ImageSpec, channels: tuple[str, ...], formats: list[OpenImageIO.TypeDesc]
) -> OpenImageIO.ImageSpec:
    spec.nchannels = len(channels)
    spec.channelnames = channels
    spec.channelformats = tuple(formats)
    return spec


def frame_from_rgb(rgb: Picture) -> Frame:
    """A frame of its own, without metadata, from (height, width, 3) values."""
    height, width, _ = rgb.shape
    return Frame(np.array(rgb, np.float32), ("R", "G", "B"), OpenImageIO.ImageSpec(width, height, 3, OpenImageIO.FLOAT))


def is_supported(path: str | Path) -> bool:
    """Whether frames with the suffix of this path can be read and written."""
    return Path(path).suffix.lower() in SUFFIXES


def first_line(text: str) -> str:
    """The first line of what OpenImageIO says went wrong."""
    lines = text.strip().splitlines()
    return lines[0].strip() if lines else "no reason given"

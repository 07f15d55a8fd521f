"""A movie that is decoded: all its pictures in the order in which they are shown, or an error that names what is wrong.

PyAV decodes, with the FFmpeg in its wheel. A decoder conceals what is damaged, by grey or by the picture before, and
says so in its log alone: here that is an error.
"""

import contextlib
import dataclasses
import fractions
import re
import struct
import types
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.base.overlap import cores
from filmrecovery.film.headers.film_timecode import is_timecode
from filmrecovery.film.headers.frame_rate import exact_rate
from filmrecovery.film.movies.colour_coding import ColourCoding, colour_coding, siting_of
from filmrecovery.film.movies.decoder_log import log_of
from filmrecovery.film.movies.movie_facts import MovieFacts, Tag
from filmrecovery.film.movies.pixel_layout import Component, PixelLayout, components_of, layout_of

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

_CONTAINERS = {"matroska", "mov", "mxf", "avi", "mpeg", "mpegts", "mpegvideo", "dv", "h264", "hevc"}
"""FFmpeg's names. Others name further files or addresses, as playlists do, or hold no film."""
_STREAMS_OF_PICTURES = {"mpeg", "mpegts", "mpegvideo", "h264", "hevc", "dv"}
"""Containers whose header does not say how long they are."""
_WITH_EDITS = {"mov"}
_RATE_IN_CODEC = {"mpeg1video", "mpeg2video"}
_DURATION = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")
_OF_TIMECODE, _OF_REEL = "timecode", "reel_name"
"""Names of tags, which Matroska has in capital letters."""
_IN_SLICES = {"ffv1", "prores", "dnxhd"}
"""Codecs whose slices are decoded by several threads. Those of H.264, H.265 and v210 then conceal damage."""
_STRICT = "crccheck+bitstream+buffer+explode"
_WITH_STUFFING = {"mpeg1video", "mpeg2video"}
"""Codecs whose pictures may end with zeros, as those of discs of a constant rate do. Of FFmpeg's checks the one of the
bitstream takes them for damage; what else it finds of these codecs, it finds without."""
_PRIMARIES = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "xyz",
    11: "p3",
    12: "p3d65",
}
_CURVES = {
    1: "bt709",
    4: "gamma 2.2",
    5: "gamma 2.8",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    9: "log",
    10: "log",
    11: "xvycc",
    13: "srgb",
    14: "bt709",
    15: "bt709",
    16: "pq",
    17: "gamma 2.6",
    18: "hlg",
}
_ORDERS = {1: "progressive", 2: "top", 3: "bottom", 4: "top", 5: "bottom"}
_MATRIX = "DISPLAYMATRIX"
"""PyAV's name of what says how a picture is to be turned: nine whole numbers, 3x3."""
_TOLERANCE = 0.05
"""By how much the time of a picture may differ, in pictures, besides what the file rounds its times to."""


@dataclass(frozen=True)
class DecodedPicture:
    """One picture of a movie: the codes of its components, and whether they are coded as two fields.

    `length` is how long it is shown, in pictures: 1, or 1.5 where the movie says that one field is to be shown again;
    0 of the last one, and where the movie has no times.
    """

    index: int
    components: tuple[Component, ...]
    interlaced: bool
    length: float


class Movie:
    """An open movie with one track of pictures.

    `facts` is what it says, `layout` how its pixels lie. `in_header` and `in_picture` are what its header and its first
    picture say of its colour.
    """

    def __init__(self, path: Path, container: "InputContainer", stream: "av.VideoStream") -> None:
        self.path = path
        self._container, self._stream = container, stream
        pixel_format = stream.codec_context.pix_fmt
        if pixel_format is None:
            raise ElementError(
                f"{path}: none of its pictures can be decoded: they are encrypted or damaged; decrypt or restore this "
                "file"
            )
        layout = layout_of(pixel_format)
        if layout is None:
            raise ElementError(
                f"{path}: its pixel format, {pixel_format}, is not read; convert the movie to FFV1 with a program that "
                f"reads it, such as ffmpeg -i {path.name} -c:v ffv1 {path.stem}.ffv1.mkv"
            )
        self.layout: PixelLayout = layout
        self.rate = _rate(path, stream)
        self.facts = _facts(path, container, stream, self.rate)
        self.left_out = max(stream.frames - self.facts.stated_pictures, 0) if self.facts.stated_pictures else 0
        """Pictures that are in the file, and are not to be shown."""
        self.not_decoded = 0
        """Packets so far that come before the first picture, and need what is not in the file."""
        self.in_header, self.in_picture = ColourCoding(self.facts.matrix, self.facts.range), ColourCoding()
        self._decoding = self._decoded()
        self._first = next(self._decoding, None)
        if self._first:
            self._take_words_of(self._first)

    def close(self) -> None:
        """Ends the decoding."""
        self._decoding.close()

    def pictures(self) -> Iterator[DecodedPicture]:
        """Every picture of the movie, once, in the order in which they are shown.

        Raises ElementError for a movie that is damaged, incomplete or encrypted, whose pictures differ in size or
        format, or are not shown at an even rate.
        """
        waiting: DecodedPicture | None = None
        time: fractions.Fraction | None = None
        shown = 0.0
        for index, picture in enumerate(self._all()):
            earlier = time
            time = picture.pts * picture.time_base if picture.pts is not None and picture.time_base else None
            if waiting:
                timed = self._timed(waiting, earlier, time)
                shown += timed.length or 1
                yield timed
            waiting = DecodedPicture(index, components_of(picture), picture.interlaced_frame, 0.0)
        self._check_length(waiting, shown + 1)
        if waiting:
            yield waiting

    def _all(self) -> Iterator["av.VideoFrame"]:
        if self._first:
            first, self._first = self._first, None
            yield first
        yield from self._decoding

    def _take_words_of(self, first: "av.VideoFrame") -> None:
        """Adds to the facts what the first picture alone says."""
        self.in_picture = colour_coding(first, self.facts.codec)
        siting = siting_of(av_package(), first) if self.layout.across > 1 or self.layout.down > 1 else ""
        self.facts = dataclasses.replace(
            self.facts,
            matrix=self.facts.matrix or self.in_picture.matrix,
            range=self.facts.range or self.in_picture.range,
            siting=siting,
            primaries=self.facts.primaries or _PRIMARIES.get(int(first.color_primaries), ""),
            transfer=self.facts.transfer or _CURVES.get(int(first.color_trc), ""),
        )

    def _decoded(self) -> Generator["av.VideoFrame"]:
        av = av_package()
        # By threads for whole pictures, others would be named than that in which the damage is.
        self._stream.thread_type = "SLICE"
        self._stream.thread_count = cores() if self.facts.codec in _IN_SLICES else 1
        strict = _STRICT.replace("bitstream+", "") if self.facts.codec in _WITH_STUFFING else _STRICT
        self._stream.codec_context.options = {"err_detect": strict}
        count = 0
        times: list[int] = []
        begin: int | None = None
        with log_of(av) as log:
            try:
                for packet in self._container.demux(self._stream):
                    if packet.pts is not None and not packet.is_discard:
                        times.append(packet.pts)
                    if packet.is_corrupt:
                        raise self._damage(count, "a part of it is missing")
                    if packet.has_sidedata("encryption_info"):
                        raise ElementError(f"{self.path}: is encrypted; decrypt it with the program that made it")
                    for picture in self._stream.decode(packet):
                        if picture.is_corrupt or log.texts:
                            raise self._damage(count, next(iter(log.texts), "the decoder says so"))
                        self._check_alike(count, picture)
                        self._check_colour(count, picture)
                        begin = picture.pts if count == 0 else begin
                        yield picture
                        count += 1
                    if begin is not None:
                        self.not_decoded += sum(time < begin for time in times)
                        times.clear()
                    if log.texts:
                        raise self._damage(count, log.texts[0])
            except av.FFmpegError as error:
                raise self._damage(count, error.strerror or str(error)) from error

    def _damage(self, picture: int, reason: str) -> ElementError:
        return ElementError(
            f"{self.path}: picture {picture + 1} is damaged, or the movie is encrypted ({reason}); restore this file"
        )

    def _check_alike(self, count: int, picture: "av.VideoFrame") -> None:
        if _is_turned(picture):
            how = f"turned by {picture.rotation} degrees" if picture.rotation else "mirrored"
            raise ElementError(f"{self.path}: is to be shown {how}; turn it upright with a program that shows it right")
        found = picture.width, picture.height, picture.format.name
        expected = self.facts.width, self.facts.height, self.facts.pixel_format
        if found != expected:
            raise ElementError(
                "{}: picture {} is {}x{} of {}, expected {}x{} of {} as before; cut the movie there".format(
                    self.path, count + 1, *found, *expected
                )
            )

    def _check_colour(self, count: int, picture: "av.VideoFrame") -> None:
        found = colour_coding(picture, self.facts.codec)
        if count and found != self.in_picture:
            raise ElementError(
                f"{self.path}: picture {count + 1} says the matrix and the range {_words(found)}, expected "
                f"{_words(self.in_picture)} as before; cut the movie there"
            )

    def _check_length(self, last: DecodedPicture | None, shown: float) -> None:
        """Raises ElementError where the movie ends before its header says; `shown` is its length in pictures."""
        if last is None:
            raise ElementError(f"{self.path}: holds no picture; restore this file")
        stated = self.facts.stated_pictures
        # Durations are rounded.
        if shown < stated - 1:
            raise ElementError(
                f"{self.path}: ends after picture {last.index + 1}, and its header says {stated}; restore this file"
            )

    def _timed(
        self, picture: DecodedPicture, start: fractions.Fraction | None, end: fractions.Fraction | None
    ) -> DecodedPicture:
        """The picture with the time that it is shown. Raises ElementError where that is neither a picture nor 1.5."""
        if start is None or end is None:
            return picture
        length = float((end - start) * self.rate)
        rounding = _TOLERANCE + float(2 * (self._stream.time_base or 0) * self.rate)
        for whole in (1.0, 1.5):
            if abs(length - whole) <= min(rounding, 0.24):
                return DecodedPicture(picture.index, picture.components, picture.interlaced, whole)
        raise ElementError(
            f"{self.path}: picture {picture.index + 1} is shown for {length:.3g} pictures' time of {self.facts.rate} a "
            "second: its rate varies; give it an even rate first, with a program that says which pictures it leaves out"
        )


@contextlib.contextmanager
def open_movie(path: Path) -> Generator[Movie]:
    """Opens a movie.

    Raises SettingsError where PyAV is not installed; ElementError for a file that is missing, no movie, encrypted, of
    an unknown container, codec or pixel format, turned, or without exactly one track of pictures.
    """
    av = av_package()
    if not path.is_file():
        raise ElementError(f"{path}: missing; expected a movie")
    try:
        # Texts of old files are of any encoding, and few of them count.
        options = {"options": {"protocol_whitelist": "file"}, "metadata_errors": "replace"}
        with log_of(av), av.open(str(path), **options) as container:
            if not _CONTAINERS.intersection(container.format.name.split(",")):
                raise ElementError(
                    f"{path}: is a file of the kind {container.format.name}, which is not read as a movie; convert it "
                    "to Matroska"
                )
            movie = Movie(path, container, _only_stream(path, container))
            with contextlib.closing(movie):
                yield movie
    except av.FFmpegError as error:
        raise ElementError(f"{path}: cannot be read as a movie ({error.strerror}); restore this file") from error


def av_package() -> types.ModuleType:
    """The package av. Raises SettingsError where it is not installed."""
    try:
        import av
        import av.logging
    except ImportError as error:
        raise SettingsError(
            'movies need the package av; install it with: pip install -c constraints.txt ".[movies]"'
        ) from error
    return av


def _only_stream(path: Path, container: "InputContainer") -> "av.VideoStream":
    # A cover is a picture too, which does not move.
    streams = [stream for stream in container.streams.video if not stream.disposition & stream.disposition.attached_pic]
    if len(streams) != 1:
        number = f"{len(streams)} tracks" if streams else "no track"
        raise ElementError(f"{path}: has {number} of pictures, expected one; leave one in it")
    (stream,) = streams
    # A codec that FFmpeg does not know has no pixel format.
    if not hasattr(stream.codec_context, "pix_fmt"):
        raise ElementError(f"{path}: its pictures are encrypted, or of a codec that FFmpeg does not know; convert it")
    return stream


def _words(colour: ColourCoding) -> str:
    return f"{colour.matrix or 'unknown'} and {colour.range or 'unknown'}"


def _is_turned(picture: "av.VideoFrame") -> bool:
    """Whether a picture is to be shown turned or mirrored: FFmpeg knows no angle of one that is mirrored alone."""
    try:
        # Its types say that it yields names.
        beside = tuple(cast("Iterable[Any]", picture.side_data))
    except ValueError:
        # PyAV has no word for some of what FFmpeg finds beside a picture, such as Exif in the JPEG files of cameras.
        beside = ()
    for data in beside:
        if data.type.name == _MATRIX:
            across, slant, _, lean, down = struct.unpack("=5i", bytes(data)[:20])
            return not (across > 0 and down > 0 and slant == lean == 0)
    return bool(picture.rotation)


def _rate(path: Path, stream: "av.VideoStream") -> fractions.Fraction:
    # MPEG says in each sequence how many pictures a second it has; of a short one the guess is that of its fields.
    of_codec = stream.codec_context.framerate if stream.codec_context.name in _RATE_IN_CODEC else None
    stated = of_codec or stream.guessed_rate or stream.average_rate
    rate = exact_rate(float(stated)) if stated else None
    if rate is None:
        raise ElementError(f"{path}: does not say how many pictures a second it has; give it an even rate first")
    return rate


def _facts(path: Path, container: "InputContainer", stream: "av.VideoStream", rate: fractions.Fraction) -> MovieFacts:
    codec = stream.codec_context
    aspect = stream.sample_aspect_ratio or codec.sample_aspect_ratio
    colour = colour_coding(codec, codec.name)
    tags = _tags(container, stream)
    return MovieFacts(
        container=container.format.name,
        codec=codec.name,
        profile=str(codec.profile or ""),
        pixel_format=codec.pix_fmt or "",
        width=codec.width,
        height=codec.height,
        rate=str(rate),
        pixel_aspect=str(fractions.Fraction(aspect)) if aspect else "",
        range=colour.range,
        matrix=colour.matrix,
        primaries=_PRIMARIES.get(int(codec.color_primaries), ""),
        transfer=_CURVES.get(int(codec.color_trc), ""),
        field_order=_ORDERS.get(int(codec.field_order), ""),
        timecode=next((tag.value for tag in tags if tag.name.lower() == _OF_TIMECODE and is_timecode(tag.value)), ""),
        reel=next((tag.value for tag in tags if tag.name.lower() == _OF_REEL), ""),
        tags=tuple(tag for tag in tags if tag.name.lower() not in (_OF_TIMECODE, _OF_REEL)),
        stated_pictures=_stated_pictures(container, stream, rate),
    )


def _tags(container: "InputContainer", stream: "av.VideoStream") -> list[Tag]:
    """What the pictures' track says, the tracks of time codes beside it, and the whole; each pair of texts once."""
    beside = [other for other in container.streams if other.type == "data"]
    said = [part.metadata for part in (stream, *beside, container)]
    return list(dict.fromkeys(Tag(name, value) for texts in said for name, value in texts.items()))


def _stated_pictures(container: "InputContainer", stream: "av.VideoStream", rate: fractions.Fraction) -> int:
    names = container.format.name.split(",")
    if _STREAMS_OF_PICTURES.intersection(names):
        return 0
    if stream.frames:
        if not (_WITH_EDITS.intersection(names) and stream.duration and stream.time_base):
            return stream.frames
        # What a list of edits leaves out is not in the length. Elsewhere, one of a file that breaks off is guessed.
        return min(stream.frames, round(stream.duration * stream.time_base * rate))
    if match := _DURATION.match(stream.metadata.get("DURATION", "")):
        # It counts from 0, wherever the first picture lies.
        start = float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0
        seconds = int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3]) - max(start, 0.0)
    elif stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    else:
        return 0
    return round(seconds * float(rate))

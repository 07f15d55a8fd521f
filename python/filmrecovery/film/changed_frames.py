"""Every frame of a source is changed and delivered: reading, the change and writing overlap, by one frame each."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.base.interruption import sigterm_as_interrupt
from filmrecovery.base.overlap import one_ahead
from filmrecovery.base.progress import progress
from filmrecovery.film.frame_encoding import check_encoding
from filmrecovery.film.frame_mark import is_finished, with_mark
from filmrecovery.film.images import Frame, read_frame, write_frame
from filmrecovery.film.parity import check_headers, check_values, raise_problems
from filmrecovery.film.sequences import Sequence, refuse_overwriting
from filmrecovery.picture import colour


@dataclass(frozen=True)
class Spaces:
    """OCIO colour spaces of the source's files, of the change, and of the result; and the encoding of the result."""

    input: str
    working: str
    output: str
    encoding: str


def check_delivery(source: Sequence, delivered: Sequence, output_space: str, encoding: str) -> None:
    """Raises SettingsError for an encoding that does not go with the space and for files that are not EXR, and
    OutputError where a frame would overwrite one of the source."""
    check_encoding(encoding, output_space)
    if Path(delivered.pattern).suffix.lower() != ".exr":
        raise SettingsError(
            f"{delivered.pattern}: expected a name that ends in .exr; other formats would lose channels and values"
        )
    refuse_overwriting(map(delivered.path, delivered.frames), map(source.path, source.frames))


def deliver_frames(
    label: str,
    source: Sequence,
    delivered: Sequence,
    spaces: Spaces,
    mark: Callable[[Path], str],
    change: Callable[[np.ndarray, Path], np.ndarray],
    described: Callable[[Frame], Frame] = lambda frame: frame,
) -> None:
    """Writes what `change` makes of the source's frames, as EXR frames.

    `change` gets the colour (height, width, 3) of a frame, float32 in the working space, and the path of its file.
    Alpha, other channels, windows and metadata are the source's. Frames that carry the mark that `mark` gives for the
    source's file are skipped. `described` adds to a frame what its header is to say. Frames that cannot be read do not
    stop the others; they are named in the end.

    Raises what `check_delivery` does, SettingsError for an unknown space, ElementError for frames that are missing,
    damaged or out of range, OutputError for those that cannot be written, and what `change` raises. KeyboardInterrupt,
    which SIGTERM raises too, leaves finished frames alone.
    """
    check_delivery(source, delivered, spaces.output, spaces.encoding)
    to_working = colour.converter(spaces.input, spaces.working)
    to_output = colour.converter(spaces.working, spaces.output)
    check_headers(source)

    def read(number: int) -> Frame | None:
        """The frame in the working space, with its mark; None where it is finished."""
        path = source.path(number)
        frame_mark = mark(path)
        if is_finished(delivered.path(number), frame_mark):
            return None
        frame = read_frame(path)
        check_values(path, frame.rgb)
        return with_mark(frame.with_rgb(to_working(frame.rgb)), frame_mark, spaces.output)

    def write(number: int, frame: Frame) -> None:
        write_frame(delivered.path(number), described(frame.with_rgb(to_output(frame.rgb))), spaces.encoding)

    failures = []
    with sigterm_as_interrupt(), ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        writing: Future[None] | None = None
        reading = one_ahead(reader, read, delivered.frames)
        for number, pending in zip(delivered.frames, progress(reading, len(delivered.frames), label), strict=True):
            try:
                frame = pending.result()
            except ElementError as error:
                failures.append(str(error))
                continue
            if frame is None:
                continue
            submitted = writer.submit(write, number, frame.with_rgb(change(frame.rgb, source.path(number))))
            if writing:
                writing.result()
            writing = submitted
        if writing:
            writing.result()
    raise_problems(
        f"{source.pattern}: {len(failures)} of {len(delivered.frames)} frames could not be delivered", failures
    )

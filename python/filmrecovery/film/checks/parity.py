"""Checks of elements before any work: every frame there, readable, of one kind, and in range."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import OpenImageIO

from filmrecovery.base.errors import ElementError
from filmrecovery.base.overlap import at_once
from filmrecovery.film.checks.code_range import code_bits, code_doubt, code_problem, code_use, sampled_problem
from filmrecovery.film.checks.colour_agreement import colour_problems, warn_of_colour
from filmrecovery.film.checks.vouching import Vouched, vouch
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.frames.narrow_codes import FEWEST_BITS, CodeUse
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.headers.stated_colour import stated_colour
from filmrecovery.picture.arrays import Picture

_LOG = logging.getLogger(__name__)

LOWEST_VALUE = -1.0
HIGHEST_VALUE = 4.0
"""Bounds of RGB in a display-referred scan. Filtering and grading leave some values outside 0..1; codes that were never
scaled (0..255, 0..65535) and scene-linear pictures with lights lie beyond these."""

_MOST_LINES = 10


def check_element(element: Element) -> Vouched:
    """Checks that an element can be worked with, and says what vouches for its files.

    Every frame must be there and whole, with RGB, without NaN or Inf, its values between `LOWEST_VALUE` and
    `HIGHEST_VALUE`; all frames must have one size (data and display window), one pixel aspect and one set of channels,
    and must not say different things of their colour. Codes must fill the numbers that they are stored in. Hashes that
    lie beside the files must be theirs (see `vouch`).

    Raises one ElementError that lists the problems, a line each, with file, frame and what is expected, and FileError
    for a damaged list of hashes.
    """
    _, problems, vouched = _inspect(element)
    raise_problems(f"{element.pattern} cannot be worked with", problems)
    return vouched


def check_headers(element: Element) -> None:
    """What `check_element` checks without reading all pixels: files that open, with RGB, of one kind throughout.

    Of whole numbers, codes that are certainly too few for their files are found by the pixels of a few frames.

    Raises one ElementError that lists the problems, a line each.
    """
    headers, problems = _inspect_headers(element)
    lines = [problem for frame in sorted(problems) for problem in problems[frame]]
    if not lines and (problem := _sampled_problem(element, headers)):
        lines.append(problem)
    raise_problems(f"{element.pattern} cannot be worked with", lines)


def check_values(path: Path, rgb: Picture) -> None:
    """Raises ElementError, naming the file, for RGB that lies beyond `LOWEST_VALUE` and `HIGHEST_VALUE`."""
    low, high = float(np.min(rgb)), float(np.max(rgb))
    if low < LOWEST_VALUE or high > HIGHEST_VALUE:
        raise ElementError(
            f"{path}: values from {low:g} to {high:g}; expected a display-referred picture, about 0 to 1 "
            f"(at most {LOWEST_VALUE:g} to {HIGHEST_VALUE:g}): scale or convert the element first"
        )


def check_parity(source: Element, reference: Element) -> tuple[Vouched, Vouched]:
    """Checks that each element can be worked with, and that frame numbers, windows and pixel aspect agree.

    Returns what vouches for the files of each. Raises one ElementError that lists the problems, a line each, and
    FileError for a damaged list of hashes.
    """
    source_headers, source_problems, source_vouched = _inspect(source)
    reference_headers, reference_problems, reference_vouched = _inspect(reference)
    problems = source_problems + reference_problems
    for element, other in ((source, reference), (reference, source)):
        lacking = sorted(set(other.frames) - set(element.frames))
        if lacking:
            problems.append(f"{element.pattern}: frames {format_frames(lacking)} missing, which {other.pattern} has")
    for fact in (_size, _pixel_aspect):
        if not (source_headers and reference_headers):
            break
        expected = _most_common(fact, source_headers)
        found = _most_common(fact, reference_headers)
        if found != expected:
            problems.append(f"{reference.pattern}: {found}; expected {expected} as in {source.pattern}")
    raise_problems(f"{source.pattern} and {reference.pattern} do not fit together", problems)
    return source_vouched, reference_vouched


def raise_problems(title: str, problems: list[str]) -> None:
    """Raises an ElementError of the title and the first problems, a line each; nothing where there is no problem."""
    if problems:
        lines = problems[:_MOST_LINES]
        if len(problems) > _MOST_LINES:
            lines.append(f"and {len(problems) - _MOST_LINES} more")
        raise ElementError("\n  ".join([f"{title}:", *lines]))


def _sampled_problem(element: Element, headers: Mapping[int, OpenImageIO.ImageSpec]) -> str:
    return sampled_problem(element.pattern, {element.path(frame): header for frame, header in headers.items()})


def _inspect(element: Element) -> tuple[list[OpenImageIO.ImageSpec], list[str], Vouched]:
    """Headers of the frames that can be opened, the problems found, in the order of frames, and what vouches."""
    headers, problems = _inspect_headers(element)
    uses = []

    def look(frame: int) -> tuple[str, CodeUse | None]:
        return _look_at_pixels(element, frame, code_bits(headers[frame]))

    found = at_once(look, headers, f"Checking {element.pattern}")
    for frame, (problem, use) in zip(headers, found, strict=True):
        if problem:
            problems.setdefault(frame, []).append(f"{problem} (frame {frame})")
        if use:
            uses.append(use)
    vouched = vouch(element)
    for frame, problem in vouched.problems.items():
        problems.setdefault(frame, []).append(f"{problem} (frame {frame})")
    lines = [problem for frame in sorted(problems) for problem in problems[frame]]
    if problem := code_problem(element.pattern, element.path(element.frames[0]), uses):
        lines.insert(0, problem)
    elif doubt := code_doubt(uses):
        _LOG.warning("%s: %s", element.pattern, doubt)
    return list(headers.values()), lines, vouched


def _inspect_headers(element: Element) -> tuple[dict[int, OpenImageIO.ImageSpec], dict[int, list[str]]]:
    """Headers and problems by frame number; a frame that cannot be opened has no header."""
    headers: dict[int, OpenImageIO.ImageSpec] = {}
    problems: dict[int, list[str]] = {}
    for frame in element.frames:
        try:
            headers[frame] = read_header(element.path(frame))
        except ElementError as error:
            problems[frame] = [f"{error} (frame {frame})"]

    for fact in (_size, _pixel_aspect, _channels):
        expected = _most_common(fact, list(headers.values())) if headers else ""
        for frame, header in headers.items():
            if fact(header) != expected:
                where = f"{element.path(frame)}: {fact(header)}"
                problems.setdefault(frame, []).append(f"{where}; expected {expected} as in most frames (frame {frame})")
    stated = {frame: stated_colour(element.path(frame)) for frame in headers}
    for frame, problem in colour_problems(element, stated).items():
        problems.setdefault(frame, []).append(problem)
    warn_of_colour(element, stated)
    _warn_of_numbers(element, headers)
    return headers, problems


def _warn_of_numbers(element: Element, headers: Mapping[int, OpenImageIO.ImageSpec]) -> None:
    """Frames of other numbers than most were made in another way, and floating point is often of another curve."""
    kinds = {frame: _numbers(header) for frame, header in headers.items()}
    counted = Counter(kinds.values()).most_common()
    if len(counted) > 1:
        most = counted[0][0]
        others = [frame for frame, kind in kinds.items() if kind != most]
        _LOG.warning(
            "%s: its values are %s, and those of most frames %s; all are read alike: look whether they look alike "
            "(frames %s)",
            *(element.path(others[0]), kinds[others[0]], most, format_frames(others)),
        )


def _numbers(header: OpenImageIO.ImageSpec) -> str:
    bits = code_bits(header)
    return f"whole numbers of {bits} bits" if bits else f"floating point ({header.format})"


def _look_at_pixels(element: Element, frame: int, bits: int) -> tuple[str, CodeUse | None]:
    """What is wrong with the values of a frame, and which codes it uses where they are of many bits."""
    path = element.path(frame)
    try:
        rgb = read_frame(path).rgb
        check_values(path, rgb)
    except ElementError as error:
        return str(error), None
    return "", code_use(rgb, bits) if bits >= FEWEST_BITS else None


def _most_common(fact: Callable[[OpenImageIO.ImageSpec], str], headers: list[OpenImageIO.ImageSpec]) -> str:
    return Counter(map(fact, headers)).most_common(1)[0][0]


def _size(header: OpenImageIO.ImageSpec) -> str:
    data = (header.x, header.y, header.width, header.height)
    display = (header.full_x, header.full_y, header.full_width, header.full_height)
    if data == display:
        return f"{header.width}x{header.height} pixels"
    return (
        f"data window {header.width}x{header.height} at ({header.x}, {header.y}) in a display window "
        f"{header.full_width}x{header.full_height} at ({header.full_x}, {header.full_y})"
    )


def _pixel_aspect(header: OpenImageIO.ImageSpec) -> str:
    return f"pixel aspect {header.get_float_attribute('PixelAspectRatio', 1.0):.4g}"


def _channels(header: OpenImageIO.ImageSpec) -> str:
    return f"channels {', '.join(header.channelnames)}"

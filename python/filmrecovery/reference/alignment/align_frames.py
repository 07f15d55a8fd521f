"""The stage: the reference onto the source, to a fraction of a pixel: a homography a shot, the weave of every frame."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import OpenImageIO

from filmrecovery.base.errors import ElementError, SettingsError, UnlikeElementsError
from filmrecovery.base.overlap import on_all_cores, workers
from filmrecovery.film.elements.element import Element, refuse_overwriting
from filmrecovery.film.frames.frame import Frame
from filmrecovery.film.frames.frame_encoding import FILTERED_NAME
from filmrecovery.film.frames.frame_header import with_mark, with_texts
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.products.freshness import is_current, made_from, refuse_other_frames
from filmrecovery.picture.arrays import Matrix, Picture, Values
from filmrecovery.picture.torch_threads import shared_cores
from filmrecovery.picture.warp import warp
from filmrecovery.reference.alignment.alignment_file import Alignment, FrameAlignment
from filmrecovery.reference.matching.frame_match import FrameMatch
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.reference.registration.registration import Evidence, Plane, normalised
from filmrecovery.reference.registration.shot_registration import (
    LOWEST_CORRELATION,
    ShotRegistration,
)
from filmrecovery.reference.registration.weave import ShotMotion, solve_shot
from filmrecovery.reference.registration.working_frames import WorkingFrames, register_shot, working_elements

# What is off in all frames of a shot alike (a colour out of register, a softness of one element that moves edges) does
# not fall as frames are pooled: so many standard deviations of one frame's own error. From simulated elements.
_SHARED_ERROR = 2.0
# Against the variance of its noise, how far a frame's own evidence is off by chance.
_CHANCE = 6.0
# The mean length of a normally distributed displacement, against its root mean square.
_MEAN_LENGTH = float(np.sqrt(np.pi) / 2)
# The share of frames that are lost, in a shot whose framing is looked for by halves; and how short these become.
_MOST_LOST = 0.2
_FEWEST_OF_A_PIECE = 5
# In robust standard deviations of the shot's weave, how far a frame may stand off its neighbours.
_UNSTEADY = 8.0
# How many times the usual error of the shot is out of the ordinary; below a part of the threshold, nobody need care.
_UNUSUAL = 3.0


def align_frames(
    settings: AlignSettings, matches: Iterable[FrameMatch], source: Element, reference: Element
) -> tuple[FrameAlignment, ...]:
    """Aligns the frames of one shot; those that no frame of the reference shows are left out.

    A framing that moves slowly within the shot, as in pan and scan, is followed.

    Raises SettingsError for a bad region or colour space; ElementError for frames that are missing, damaged or not of
    one size, and for elements that cannot be aligned: nothing to see or nothing in common, or a transform that no scan
    makes or the model does not allow.
    """
    pairs = [(match.source, match.reference) for match in matches if match.reference is not None]
    if not pairs:
        raise ElementError(f"no frame of {reference.pattern} is matched with one of {source.pattern}; match them first")
    return _followed(settings, pairs, working_elements(settings, source, reference, pairs))


def _followed(
    settings: AlignSettings, pairs: list[tuple[int, int]], elements: tuple[WorkingFrames, WorkingFrames]
) -> tuple[FrameAlignment, ...]:
    """The alignment of a shot, in pieces where its framing moves farther than weave does, as in pan and scan.

    Where the framing moves, frames show too little of what one transform of the shot expects, or there is none: then
    either half is aligned by itself, and halved again.
    """
    if len(pairs) < 2 * _FEWEST_OF_A_PIECE:
        return _aligned(settings, pairs, elements)[0]
    whole: tuple[FrameAlignment, ...] | None = None
    lost, problem = len(pairs), None
    try:
        whole, lost = _aligned(settings, pairs, elements)
    except UnlikeElementsError as error:
        problem = error
    if whole is not None and lost < _MOST_LOST * len(pairs):
        return whole
    middle = len(pairs) // 2
    try:
        halves = [_followed(settings, half, elements) for half in (pairs[:middle], pairs[middle:])]
    except UnlikeElementsError:
        halves = []
    found = tuple(frame for half in halves for frame in half)
    if found and (whole is None or _flagged(found) < _flagged(whole)):
        return found
    if whole is None:
        assert problem is not None
        raise problem
    return whole


def _flagged(frames: Iterable[FrameAlignment]) -> int:
    return sum(frame.flagged for frame in frames)


def _aligned(
    settings: AlignSettings, pairs: list[tuple[int, int]], elements: tuple[WorkingFrames, WorkingFrames]
) -> tuple[tuple[FrameAlignment, ...], int]:
    """The alignment of frames that share one transform, and how many of them show too little of it."""
    shot = register_shot(settings, *elements, pairs)

    def measure(pair: tuple[int, int]) -> Evidence | None:
        return _believed(shot.measure(elements[0].read(pair[0]), elements[1].read(pair[1])))

    evidence = list(on_all_cores(measure, pairs, "Align"))
    motion = solve_shot(evidence, [number for number, _ in pairs], shot.free, shot.plane.width / 2)
    lost = sum(item is None for item in evidence)
    return tuple(_alignments(settings, pairs, elements, shot, evidence, motion)), lost


def _believed(evidence: Evidence | None) -> Evidence | None:
    """The evidence, or None where the pictures agree no more than different ones do."""
    return None if evidence is None or evidence.correlation < LOWEST_CORRELATION else evidence


def _alignments(
    settings: AlignSettings,
    pairs: Sequence[tuple[int, int]],
    elements: Sequence[WorkingFrames],
    shot: ShotRegistration,
    evidence: Sequence[Evidence | None],
    motion: ShotMotion,
) -> Iterable[FrameAlignment]:
    source_scale, reference_scale = (np.diag([files.scale, files.scale, 1.0]) for files in elements)
    jumps = _jumps(motion) / elements[0].scale
    errors = np.hypot(_expected_errors(shot.plane, shot.free, evidence, motion) / elements[0].scale, jumps)
    usual = float(np.median(errors))
    for index, (source, reference) in enumerate(pairs):
        matrix = shot.matrix @ shot.plane.matrix(motion.motions[index])
        reason = _reason(settings, evidence[index], errors[index], usual, jumps[index])
        yield FrameAlignment(
            source,
            reference,
            normalised(np.linalg.inv(reference_scale) @ matrix @ source_scale),
            float(errors[index]),
            # Lengths of displacements of this mean are distributed as Rayleigh has it.
            float(1 - np.exp(-np.pi / 4 * (settings.flag_threshold / errors[index]) ** 2)),
            bool(reason),
            reason,
        )


def _expected_errors(plane: Plane, free: int, evidence: Sequence[Evidence | None], motion: ShotMotion) -> Values:
    """The mean distances (n,), in working pixels, that frames are expected to be off.

    Three things add up: what noise leaves unknown; what all frames share, which follows from what noise leaves unknown
    in a single frame; and how far the frame's own evidence contradicts the motion, beyond its noise.
    """
    grid = plane.grid()

    def power(covariance: Matrix) -> float:
        return float(np.einsum("gik,kl,gil->g", grid, covariance, grid, optimize=True).mean())

    information = np.mean([item.information for item in evidence if item is not None], axis=0)
    single = np.zeros_like(information)
    single[:free, :free] = np.linalg.inv(information[:free, :free])
    shared = _SHARED_ERROR**2 * power(single)
    errors = []
    for item, found, covariance in zip(evidence, motion.motions, motion.covariances, strict=True):
        unknown, contradiction = power(covariance) + shared, 0.0
        if item is not None:
            own = np.linalg.inv(item.information)
            off = grid @ (own @ item.vector - found)
            contradiction = max(float(np.square(off).sum(axis=1).mean()) - _CHANCE * power(own), 0.0)
        errors.append(_MEAN_LENGTH * np.sqrt(unknown + contradiction))
    return np.array(errors)


def _jumps(motion: ShotMotion) -> Values:
    """How far each frame stands off its neighbours, (n,) in working pixels, where that is beyond the shot's weave."""
    shifts = motion.motions[:, :2]
    around = np.pad(shifts, ((2, 2), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(around, 5, axis=0)
    off = np.linalg.norm(shifts - np.median(windows, axis=-1), axis=1)
    # The median of the length of a normal deviate in the plane is 1.18 standard deviations.
    usual = float(np.median(np.linalg.norm(shifts - np.median(shifts, axis=0), axis=1))) / 1.18
    return np.where(off > _UNSTEADY * usual, off, 0.0)


def _reason(settings: AlignSettings, evidence: Evidence | None, error: float, usual: float, jump: float) -> str:
    """Why a frame is to be looked at; empty where it is not."""
    if evidence is None:
        return "shows too little of what the reference shows: damaged, or a wrong match; placed as its neighbours are"
    if jump > settings.flag_threshold:
        return f"stands {jump:.1f} pixels off its neighbours; the match may be wrong"
    if error > settings.flag_threshold:
        return f"expected error of {error:.2f} pixels, above {settings.flag_threshold:g}"
    if error > _UNUSUAL * max(usual, settings.flag_threshold / 10):
        return f"expected error of {error:.2f} pixels, where {usual:.2f} is usual; the match may be wrong"
    return ""


def write_aligned(alignment: Alignment, source: Element, reference: Element, output: str) -> Element:
    """Writes the frames of the reference as the source frames them, under the source's numbers, and returns them.

    EXR in half float, in the reference's own colour space, with the source's windows; alpha is 1 where the reference
    shows the picture and 0 elsewhere, where RGB is 0 too. Frames that an earlier call finished are skipped.

    Raises SettingsError for an output other than EXR; ElementError for frames that are missing, damaged or of another
    size than when they were aligned; OutputError where a frame cannot be written or would overwrite an input.
    """
    aligned = Element(
        output, tuple(sorted(frame.source for frame in alignment.frames)), reference.space, reference.name
    )
    if Path(output).suffix.lower() != ".exr":
        raise SettingsError(f"{output}: expected a name that ends in .exr; other formats would clip values")
    inputs = [source.path(frame.source) for frame in alignment.frames]
    inputs += [reference.path(frame.reference) for frame in alignment.frames]
    refuse_overwriting(aligned.paths(), inputs)
    refuse_other_frames(aligned.paths())

    def write(frame: FrameAlignment) -> None:
        source_path, reference_path = source.path(frame.source), reference.path(frame.reference)
        path, header = aligned.path(frame.source), read_header(source_path)
        windows = [getattr(header, prefix + name) for prefix in ("", "full_") for name in ("x", "y", "width", "height")]
        line = made_from("align", 1, (frame.matrix, windows), reference.with_frames((frame.reference,)))
        if is_current(path, line):
            return
        shown = read_frame(reference_path)
        picture = shown.rgb
        for size, expected, file in (
            ((header.width, header.height), alignment.source_size, source_path),
            (picture.shape[1::-1], alignment.reference_size, reference_path),
        ):
            if size != expected:
                sizes = "{}x{} pixels, expected {}x{}".format(*size, *expected)
                raise ElementError(f"{file}: {sizes}, its size when it was aligned; align the elements again")
        framed = _framed(picture, frame.matrix, header)
        filters = shown.spec.get_string_attribute(FILTERED_NAME)
        framed = with_texts(framed, {FILTERED_NAME: filters}) if filters else framed
        write_frame(path, with_mark(framed, line, reference.space))

    with shared_cores(workers()):
        for _ in on_all_cores(write, alignment.frames, "Aligned frames"):
            pass
    return aligned


def _framed(picture: Picture, matrix: Matrix, header: OpenImageIO.ImageSpec) -> Frame:
    """The picture in the framing of the source with this header."""
    spec = OpenImageIO.ImageSpec(header.width, header.height, 4, OpenImageIO.FLOAT)
    spec.x, spec.y = header.x, header.y
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = (
        header.full_x,
        header.full_y,
        header.full_width,
        header.full_height,
    )
    rgb = warp(picture, matrix, header.height, header.width)
    # Outside of the picture all channels are NaN.
    seen = np.isfinite(rgb[..., 0])
    rgb[~seen] = 0
    return Frame(np.dstack([rgb, seen.astype(np.float32)]), ("R", "G", "B", "A"), spec)

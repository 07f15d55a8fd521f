"""A model on every frame of a shot: reading, network and writing overlap, by one frame each."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch

from filmrecovery import colour
from filmrecovery.curation.shared_crop import SharedCrop, read_crop
from filmrecovery.delivery import is_finished, mark_of, with_mark
from filmrecovery.delivery_format import check_encoding
from filmrecovery.device import find_device
from filmrecovery.errors import ElementError, ModelError, RunError, SettingsError
from filmrecovery.images import Frame, read_frame, write_frame
from filmrecovery.inference import recover
from filmrecovery.interruption import sigterm_as_interrupt
from filmrecovery.model_file import ModelDescription, load_model
from filmrecovery.network import RecoveryNetwork
from filmrecovery.parity import check_headers, check_values, raise_problems
from filmrecovery.progress import progress
from filmrecovery.render_settings import RenderSettings
from filmrecovery.sequences import Sequence, find_sequence, refuse_overwriting


def render(settings: RenderSettings, model_path: Path, source: str, output: str, frames: str | None = None) -> Sequence:
    """Recovers the frames of a source, given by its pattern, into EXR frames of another, and returns these.

    Without `frames`, the frames are those on disk. Alpha, other channels, windows and metadata are the source's, and
    values outside 0..1 survive. Frames that an earlier call finished are skipped, unless the model, the settings or the
    source's file changed. Frames that cannot be read do not stop the others; they are named in the end.

    Raises SettingsError for a bad pattern, range, colour space, encoding or device; ModelError for a model that cannot
    be used; ElementError for frames that are missing, damaged or out of range; RunError where the device's memory is
    too small; OutputError where a frame cannot be written or would overwrite its own input. KeyboardInterrupt, which
    SIGTERM raises too, leaves finished frames alone.
    """
    source_frames = find_sequence(source, frames)
    rendered = Sequence(output, source_frames.frames)
    _check_output(settings, rendered, source_frames)
    network, description = _load(Path(model_path), find_device(settings.device))
    crop = read_crop(Path(settings.crop)) if settings.crop else None
    to_working = colour.converter(settings.input_space, description.working_space)
    to_output = colour.converter(description.working_space, settings.output_space)
    check_headers(source_frames)

    def read(number: int) -> Frame | None:
        """The frame in the working space, with its mark; None where it is finished."""
        path = source_frames.path(number)
        mark = _mark(settings, description, crop, path)
        if is_finished(rendered.path(number), mark):
            return None
        frame = read_frame(path)
        check_values(path, frame.rgb)
        return with_mark(frame.with_rgb(to_working(frame.rgb)), mark, settings.output_space)

    def write(number: int, frame: Frame) -> None:
        write_frame(rendered.path(number), frame.with_rgb(to_output(frame.rgb)), settings.encoding)

    failures = []
    with sigterm_as_interrupt(), ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        writing: Future[None] | None = None
        reading = _one_ahead(reader, read, rendered.frames)
        for number, pending in zip(rendered.frames, progress(reading, len(rendered.frames), "Render"), strict=True):
            try:
                frame = pending.result()
            except ElementError as error:
                failures.append(str(error))
                continue
            if frame is None:
                continue
            submitted = writer.submit(write, number, _recovered(network, frame, crop, source_frames.path(number)))
            if writing:
                writing.result()
            writing = submitted
        if writing:
            writing.result()
    raise_problems(f"{source}: {len(failures)} of {len(rendered.frames)} frames could not be rendered", failures)
    return rendered


def _check_output(settings: RenderSettings, rendered: Sequence, source: Sequence) -> None:
    check_encoding(settings.encoding, settings.output_space)
    if Path(rendered.pattern).suffix.lower() != ".exr":
        raise SettingsError(
            f"{rendered.pattern}: expected a name that ends in .exr; other formats would lose channels and values"
        )
    refuse_overwriting(map(rendered.path, rendered.frames), map(source.path, source.frames))


def _load(path: Path, device: torch.device) -> tuple[RecoveryNetwork, ModelDescription]:
    network, description = load_model(path)
    if description.source_prefilter is not None:
        raise ModelError(
            f"{path}: trained on a source filtered by '{description.source_prefilter}', which the render would have to "
            "apply too and cannot; train on the source as it is"
        )
    return network.to(device, memory_format=torch.channels_last), description


def _mark(settings: RenderSettings, description: ModelDescription, crop: SharedCrop | None, source: Path) -> str:
    # Not the device: frames that another machine of a farm has finished stay finished.
    spaces = settings.input_space, description.working_space, settings.output_space
    area = [crop.area] if crop else []
    return mark_of("render", (description.weights_hash, *spaces, settings.encoding, *area), source)


def _one_ahead(
    pool: ThreadPoolExecutor, function: Callable[[int], Frame | None], numbers: Iterable[int]
) -> Iterator[Future[Frame | None]]:
    """The results of the function in order; while one is in use, the next is made."""
    pending: deque[Future[Frame | None]] = deque()
    for number in numbers:
        pending.append(pool.submit(function, number))
        if len(pending) > 1:
            yield pending.popleft()
    yield from pending


def _recovered(network: RecoveryNetwork, frame: Frame, crop: SharedCrop | None, path: Path) -> Frame:
    area = crop.slices(path, *frame.rgb.shape[:2]) if crop else ...
    rgb = frame.rgb.copy()
    try:
        rgb[area] = recover(network, rgb[area])
        return frame.with_rgb(rgb)
    except torch.OutOfMemoryError as error:
        raise RunError(f"{path}: too large for the memory of the GPU ({error}); render with the device cpu") from error

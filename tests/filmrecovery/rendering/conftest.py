"""A film to render."""

import pytest
from rendered_film import FRAMES, picture, plate

from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame


@pytest.fixture
def source(tmp_path):
    for frame in FRAMES:
        write_frame(tmp_path / f"source.{frame:04d}.exr", plate(picture(frame)), "float")
    return Element(str(tmp_path / "source.####.exr"), FRAMES, "srgb_tx")


@pytest.fixture
def single(tmp_path):
    """A source of one frame, with nothing beside its colour."""
    write_frame(tmp_path / "source.0001.exr", frame_from_rgb(picture(1)), "float")
    return Element(str(tmp_path / "source.####.exr"), (1,), "srgb_tx")


@pytest.fixture
def output(tmp_path):
    return str(tmp_path / "out" / "recovered.####.exr")

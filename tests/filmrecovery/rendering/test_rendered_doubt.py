"""The channel that says how far each pixel of a rendered frame is to be doubted."""

import dataclasses

import numpy as np
import OpenImageIO
import pytest
import torch
from rendered_film import SETTINGS, picture

from filmrecovery.base.errors import ModelError, SettingsError
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.model.doubt import doubt
from filmrecovery.model.inference import STRIP_ROWS, doubt_of
from filmrecovery.model.model_file import ModelDescription, save_model
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.reference.curation.shared_crop import SharedCrop, ShotCrop, write_crop
from filmrecovery.rendering.render import render


@pytest.fixture
def doubting_model(tmp_path, random_network):
    """A model in which bright colours are doubted more."""
    network = random_network("plain")
    network.errors[:] = torch.linspace(0.0, 0.01, network.errors.shape[1])
    network.doubt_factors[0] = 1.0
    path = tmp_path / "doubting.safetensors"
    description = ModelDescription("plain", "small", "srgb_tx", "", 1, 1, SourcePreparation(), {}, {})
    save_model(path, network.state_dict(), description)
    return path, network


DOUBTED = dataclasses.replace(SETTINGS, doubt=True)


def doubt_in(frame):
    told = frame.channel("recovery.doubt")
    assert told is not None
    return told


def as_batch(rgb):
    return torch.from_numpy(rgb).permute(2, 0, 1)[None]


@pytest.mark.parametrize("encoding", ["float", "zip"])
def test_the_doubt_of_a_frame_is_a_channel_beside_those_of_the_source(doubting_model, source, output, encoding):
    model, network = doubting_model
    plain = read_frame(render(SETTINGS, model, source.with_frames([2]), output).path(2))
    settings = dataclasses.replace(DOUBTED, encoding=encoding)
    frame = read_frame(render(settings, model, source.with_frames([2]), output).path(2))
    assert frame.channels == ("R", "G", "B", "A", "IR", "recovery.doubt")
    np.testing.assert_allclose(frame.rgb, plain.rgb, atol=0.0 if encoding == "float" else 1e-3)
    told = doubt_in(frame)
    np.testing.assert_allclose(told, doubt(network, as_batch(picture(2)))[0, 0], rtol=1e-3)
    assert told.max() > 1.02 * told.min() > 0.01
    header = read_header(output.replace("####", "0002"))
    assert header.channelformat(5) == (OpenImageIO.FLOAT if encoding == "float" else OpenImageIO.HALF)
    assert header.channelformat(4) == OpenImageIO.FLOAT
    # Only the value is of the working space: it is no colour to be converted.
    linear = read_frame(
        render(dataclasses.replace(settings, output_space="lin_ap0"), model, source.with_frames([2]), output).path(2)
    )
    np.testing.assert_array_equal(doubt_in(linear), told)


def test_a_tall_picture_is_doubted_as_in_one_piece(random_network):
    network = random_network("plain")
    network.errors[:] = torch.linspace(0.0, 0.01, network.errors.shape[1])
    network.doubt_factors[:] = 1.0
    tall = np.random.default_rng(5).random((STRIP_ROWS + 40, 50, 3)).astype(np.float32)
    np.testing.assert_allclose(doubt_of(network, tall), doubt(network, as_batch(tall))[0, 0], rtol=1e-6)


def test_outside_the_crop_nothing_is_doubted(doubting_model, source, output, tmp_path):
    model, network = doubting_model
    write_crop(tmp_path / "crop.json", SharedCrop(10, 5, 60, 45, 70, 50))
    settings = dataclasses.replace(DOUBTED, crop=str(tmp_path / "crop.json"))
    told = doubt_in(read_frame(render(settings, model, source.with_frames([1]), output).path(1)))
    inside = told[5:45, 10:60].copy()
    np.testing.assert_allclose(inside, doubt(network, as_batch(picture(1)[5:45, 10:60]))[0, 0], rtol=1e-5)
    told[5:45, 10:60] = 0.0
    assert not told.any()


def test_each_shot_is_recovered_within_its_own_crop(doubting_model, source, output, tmp_path):
    shots = (ShotCrop("roof", 1, 1, 10, 5, 60, 45), ShotCrop("street", 2, 2, 0, 0, 40, 50))
    write_crop(tmp_path / "crop.json", SharedCrop(0, 0, 60, 50, 70, 50, shots=shots))
    settings = dataclasses.replace(DOUBTED, crop=str(tmp_path / "crop.json"))
    rendered = render(settings, doubting_model[0], source.with_frames([1, 2, 3]), output)
    doubted = [doubt_in(read_frame(rendered.path(frame))) > 0 for frame in (1, 2, 3)]
    for found, (left, top, right, bottom) in zip(
        doubted, ((10, 5, 60, 45), (0, 0, 40, 50), (0, 0, 60, 50)), strict=True
    ):
        expected = np.zeros((50, 70), bool)
        expected[top:bottom, left:right] = True
        np.testing.assert_array_equal(found, expected)


def test_doubts_of_two_stages_add_up_by_their_squares(doubting_model, source, tmp_path):
    model, network = doubting_model
    first = render(DOUBTED, model, source.with_frames([3]), str(tmp_path / "first.####.exr"))
    second = render(DOUBTED, model, first, str(tmp_path / "second.####.exr"))
    frames = [read_frame(element.path(3)) for element in (first, second)]
    assert frames[0].channels == frames[1].channels
    own = doubt(network, as_batch(frames[0].rgb))[0, 0].numpy()
    told = [doubt_in(frame) for frame in frames]
    np.testing.assert_allclose(told[1], np.sqrt(told[0] ** 2 + own**2), rtol=1e-5)
    # A stage that is not asked for a doubt hands on what it gets.
    third = render(SETTINGS, model, first, str(tmp_path / "third.####.exr"))
    np.testing.assert_array_equal(doubt_in(read_frame(third.path(3))), told[0])


def test_frames_without_doubt_are_made_again_and_keep_it_where_their_header_alone_is(doubting_model, single, output):
    def call(settings, **said):
        rendered = render(settings, doubting_model[0], single, output, ProvenanceSettings(**said))
        return rendered.path(1).stat().st_mtime_ns, read_frame(rendered.path(1))

    first, _ = call(SETTINGS)
    second, made = call(DOUBTED)
    assert second > first
    assert call(DOUBTED)[0] == second
    third, described = call(DOUBTED, institution="Archive")
    assert third > second
    assert described.spec.get_string_attribute("Institution") == "Archive"
    assert described.channels == made.channels
    np.testing.assert_array_equal(described.pixels, made.pixels)


def test_a_model_that_cannot_tell_its_doubt_is_refused(random_model, source, output, tmp_path):
    with pytest.raises(ModelError, match=r"chroma.*safetensors: does not know how far .* train it again"):
        render(DOUBTED, random_model("chroma"), source, output)
    assert not (tmp_path / "out").exists()


def test_an_aces_container_has_no_room_for_a_doubt(doubting_model, single, output):
    settings = dataclasses.replace(DOUBTED, output_space="lin_ap0", encoding="aces")
    with pytest.raises(SettingsError, match="'aces' holds the channels R, G, B and A alone, and no doubt"):
        render(settings, doubting_model[0], single, output)

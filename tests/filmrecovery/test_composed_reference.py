"""References that are composed of several elements: luma of one, chroma of another, a channel of a third."""

import numpy as np
import pytest

from filmrecovery.base.errors import ElementError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.composed_reference import composed_reference
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.project.project_file import Stage, StageParts
from filmrecovery.training.pairs.load_pairs import load_pairs
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_manifest import read_manifest
from filmrecovery.training.pairs.pair_records import Part
from filmrecovery.training.pairs.pair_settings import PairSettings


def pictures(count, low=0.3, high=0.7):
    random = np.random.default_rng(count)
    return [random.uniform(low, high, (12, 16, 3)).astype(np.float32) for _ in range(count)]


def write_element(folder, name, picture, frames=(1,)):
    element = Element(str(folder / name / f"{name}.####.exr"), frames, "srgb_tx", name)
    for frame in frames:
        write_frame(element.path(frame), frame_from_rgb(picture), "float")
    return element


def test_luma_chroma_and_a_channel_come_from_three_elements():
    reference, other, donor = pictures(3)
    composed = composed_reference(reference, {"blue": [donor], "chroma": [other]})
    np.testing.assert_array_equal(composed[..., 2], donor[..., 2])
    # Red and green are those of the other's chroma with the reference's luma.
    exchanged = composed_reference(reference, {"chroma": [other]})
    np.testing.assert_allclose(luma(exchanged), luma(reference), atol=1e-6)
    np.testing.assert_allclose(chroma(exchanged), chroma(other), atol=1e-6)
    np.testing.assert_array_equal(composed[..., :2], exchanged[..., :2])
    np.testing.assert_array_equal(composed_reference(reference, {}), reference)


def test_three_elements_outvote_what_one_of_them_has_alone():
    (clean,) = pictures(1)
    scratched = [clean.copy() for _ in range(3)]
    for index, picture in enumerate(scratched):
        picture[:, 4 * index] = 1.0
    found = composed_reference(np.zeros_like(clean), {"luma": scratched, "chroma": scratched})
    np.testing.assert_allclose(found, clean, atol=1e-6)


def test_parts_of_another_size_are_told():
    reference, other = pictures(2)
    with pytest.raises(ElementError, match="what gives the luma is 16x10 and the reference 16x12"):
        composed_reference(reference, {"luma": [other[:10]]})


def test_pairs_are_learnt_from_all_elements_and_may_keep_channels_of_the_source(tmp_path):
    scan, video, copy = (
        write_element(tmp_path, *one) for one in zip(("scan", "video", "copy"), pictures(3), strict=True)
    )
    parts = [Part("red", scan), Part("blue", copy)]
    make_pairs(PairSettings(mode="plain", frames="1"), scan, video, tmp_path / "pairs", parts=parts)
    (pair,) = load_pairs(tmp_path / "pairs")
    for channel, picture in enumerate((pictures(3)[0], pictures(3)[1], pictures(3)[2])):
        np.testing.assert_allclose(pair.target[..., channel], picture[..., channel], atol=1e-6)
    recipe = read_manifest(tmp_path / "pairs").recipe
    assert [(part.part, part.element.name) for part in recipe.parts] == [("red", "scan"), ("blue", "copy")]

    # Another picture of the donor makes the pair anew; the same leaves it.
    before = read_manifest(tmp_path / "pairs").pairs[0].target_sha256
    write_element(tmp_path, "copy", pictures(4)[3])
    command = ["pairs", scan.pattern, video.pattern, str(tmp_path / "pairs"), "--mode", "plain", "--frames", "1"]
    options = [text for part in parts for text in ("--part", part.part, part.element.pattern, "srgb_tx")]
    assert main([*command, *options]) == 0
    assert read_manifest(tmp_path / "pairs").pairs[0].target_sha256 != before


def test_names_of_parts_are_those_of_elements():
    stage = Stage("all", "print", mode="plain", reference="a", parts=StageParts(luma="b, c", blue="print"))
    assert stage.part_names == (("luma", "b"), ("luma", "c"), ("blue", "print"))
    assert stage.learnt_from == ("a", "b", "c")

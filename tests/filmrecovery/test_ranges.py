"""Every number that a person or a file gives has two ends, and what lies beyond them is refused before any work."""

import argparse
import dataclasses
import importlib
import pkgutil
from pathlib import Path

import pytest

import filmrecovery
from filmrecovery.base.declared_settings import add_options, field_types, from_mapping, from_options
from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.delivering.deliver_settings import DeliverSettings
from filmrecovery.film.elements.element import Element, find_element
from filmrecovery.film.elements.frame_numbers import parse_frames
from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.reference.curation.shot_settings import TimelineSettings
from filmrecovery.training.pairs.pair_settings import PairSettings
from filmrecovery.training.runs.train_settings import TrainSettings


def settings_classes():
    """Every dataclass of the engine with fields that are declared settings."""
    found = {}
    for module in pkgutil.walk_packages(filmrecovery.__path__, "filmrecovery."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            is_own = isinstance(value, type) and value.__module__ == module.name
            fields = dataclasses.fields(value) if is_own and dataclasses.is_dataclass(value) else ()
            if any("minimum" in field.metadata for field in fields):
                found[f"{module.name}.{name}"] = value
    return found


def test_every_number_has_two_ends():
    classes = settings_classes()
    assert len(classes) > 30
    open_ended = [
        f"{name}.{field.name}"
        for name, cls in classes.items()
        for field in dataclasses.fields(cls)
        if field_types(cls)[field.name][0] in (int, float)
        and None in (field.metadata["minimum"], field.metadata["maximum"])
    ]
    assert open_ended == []


@pytest.mark.parametrize(
    ("cls", "option", "value"),
    [
        (TrainSettings, "minutes", "inf"),
        (TrainSettings, "minutes", "nan"),
        (TrainSettings, "seed", str(2**70)),
        (TrainSettings, "steps", str(10**30)),
        (TrainSettings, "batch-size", "100000"),
        (TrainSettings, "patch-size", "100000"),
        (TrainSettings, "exposure-jitter", "inf"),
        (TrainSettings, "learning-rate", "nan"),
        (CleanSettings, "median", "5000"),
        (PairSettings, "median", "5000"),
        (DeliverSettings, "width", str(10**9)),
        (DeliverSettings, "rate", "nan"),
        (TimelineSettings, "rate", "nan"),
        (TimelineSettings, "rate", "inf"),
    ],
)
def test_a_value_beyond_all_use_is_refused_by_its_key(cls, option, value):
    parser = argparse.ArgumentParser()
    add_options(parser, cls)
    needed = {PairSettings: ["--mode", "chroma", "--frames", "1"], DeliverSettings: ["--film", "A", "--shot", "B"]}
    with pytest.raises(SettingsError, match=f"key '{option.replace('-', '_')}'"):
        from_options(cls, parser.parse_args([*needed.get(cls, []), f"--{option}", value]))


def test_a_whole_number_too_large_for_one_with_a_point_is_refused():
    with pytest.raises(SettingsError, match=r"'minutes'.*above the maximum"):
        from_mapping(TrainSettings, {"minutes": 10**400}, "project")


def test_an_absurd_median_of_a_model_is_refused():
    with pytest.raises(SettingsError, match="'median': 100000 is above the maximum"):
        from_mapping(SourcePreparation, {"clean": {"median": 100000}}, "model")


@pytest.mark.parametrize(
    "text", ["1-1000000", "1-200000,300000-500000", "1-99999999999999999999", "9" * 5000, "1,2,3," * 10**5 + "x"]
)
def test_a_range_beyond_all_film_is_refused_in_few_words(text):
    # Before its numbers are made: the third would fill any memory.
    with pytest.raises(SettingsError) as caught:
        parse_frames(text)
    assert len(str(caught.value)) < 400


def test_missing_frames_of_a_long_range_are_told_as_ranges(tmp_path):
    (tmp_path / "scan.0001.exr").touch()
    with pytest.raises(ElementError, match=r"scan\.0002\.exr: missing .*2-250000"):
        find_element(str(tmp_path / "scan.####.exr"), "1-250000")


@pytest.mark.parametrize("name", ["%0999999999d", "#" * 200, "#" * 5000, "a" * 300 + ".####"])
def test_a_name_that_no_file_can_have_is_refused(name):
    with pytest.raises(SettingsError, match=r"digits|bytes"):
        Element(str(Path("scans") / f"{name}.exr"), (1,), "")

"""Texts with a structure, in which anything may stand anywhere: frame ranges, records, the project file."""

import contextlib
import copy
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filmrecovery.base.errors import RecoveryError, SettingsError
from filmrecovery.base.limits import HIGHEST_FRAME
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames
from filmrecovery.film.elements.scope import Scope, read_scopes, write_scopes
from filmrecovery.model.balance import Balance, ChannelBalance, read_balance, write_balance
from filmrecovery.project.load_project import load_project
from filmrecovery.reference.alignment.alignment_file import Alignment, FrameAlignment, read_alignment, write_alignment
from filmrecovery.reference.curation.selection_file import (
    FrameRole,
    Selection,
    Why,
    read_selection,
    write_selection,
)
from filmrecovery.reference.curation.shared_crop import SharedCrop, read_crop, write_crop
from filmrecovery.reference.matching.frame_match import FrameMatch, read_matches, write_matches
from filmrecovery.reference.registration.align_settings import AlignSettings

EXAMPLE = Path(__file__).resolve().parents[3] / "python" / "filmrecovery" / "project" / "project.example.toml"

# The same examples on every machine, and however busy that is.
repeatable = settings(max_examples=200, deadline=None, derandomize=True, database=None)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["", "1-48", "1-9999999", "-1", "####", "../../x", "n" * 5000, "lin_ap0", "chroma"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(content: object, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The keys and numbers that lead to every part of it."""
    parts = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [place for key, part in parts for place in ((*before, key), *places(part, (*before, key)))]


@st.composite
def changed(draw: st.DrawFn, content: Any) -> Any:
    """The content with one to three parts lost, or replaced by something else."""
    content = copy.deepcopy(content)
    for _ in range(draw(st.integers(1, 3))):
        found = places(content)
        if not found:
            break
        *way, last = draw(st.sampled_from(found))
        part = content
        for key in way:
            part = part[key]
        if draw(st.integers(0, 3)) == 0:
            del part[last]
        else:
            part[last] = draw(VALUES)
    return content


def read_or_refused(read: Callable[[Path], object], path: Path) -> None:
    with contextlib.suppress(RecoveryError):
        read(path)


RECORDS: dict[str, tuple[Callable[[Path], object], Callable[[Path], object]]] = {
    "matches": (lambda path: write_matches(path, (FrameMatch(1, 2, 0.9), FrameMatch(2, None, 0.5))), read_matches),
    "shots": (lambda path: write_scopes(path, (Scope("a", "shot", 1, 9), Scope("b", "scene", 10, 20))), read_scopes),
    "crop": (lambda path: write_crop(path, SharedCrop(4, 0, 160, 120, 160, 120)), read_crop),
    "balance": (
        lambda path: write_balance(path, Balance(*[ChannelBalance()] * 3, keep_luma=True, working_space="srgb_tx")),
        read_balance,
    ),
    "selection": (
        lambda path: write_selection(
            path, Selection((FrameRole(1, 1, "train", Why.PLACE, "first"), FrameRole(2, 1, "left", Why.BLURRED, "")))
        ),
        read_selection,
    ),
    "alignment": (
        lambda path: write_alignment(
            path,
            Alignment(
                AlignSettings(),
                *(Element("a.####.exr", (1, 2), "srgb_tx"), (160, 120)),
                *(Element("b.####.exr", (1, 2), "srgb_tx"), (160, 120)),
                (FrameAlignment(1, 2, np.eye(3), 0.1, 0.9, False),),
            ),
        ),
        read_alignment,
    ),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_with_anything_in_it_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    write, read = RECORDS[kind]
    path = tmp_path / "record.json"
    write(path)
    content = json.loads(path.read_text(encoding="utf-8"))

    @repeatable
    @given(changed(content))
    def check(other: Any) -> None:
        path.write_text(json.dumps(other), encoding="utf-8")
        read_or_refused(read, path)

    read(path)
    check()


def test_a_project_file_with_anything_in_it_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "project.toml"
    content = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))

    @repeatable
    @given(changed(content))
    def check(other: dict[str, Any]) -> None:
        path.write_text("\n".join(f"{toml(key)} = {toml(value)}" for key, value in other.items()), encoding="utf-8")
        read_or_refused(load_project, path)

    check()


def toml(value: object) -> str:
    """A value as TOML, in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    # TOML knows no null, and writes what is no number in lower case.
    return '"null"' if value is None else str(value) if isinstance(value, float) else json.dumps(value)


@repeatable
@given(st.text("0123456789-,x ", max_size=30) | st.text(max_size=30))
def test_any_text_is_a_range_of_frames_or_is_refused(text: str) -> None:
    try:
        frames = parse_frames(text)
    except SettingsError:
        return
    assert frames
    assert list(frames) == sorted(set(frames))


@repeatable
@given(st.sets(st.integers(0, 200) | st.integers(0, HIGHEST_FRAME), min_size=1, max_size=40))
def test_frames_come_back_from_their_range(frames: set[int]) -> None:
    assert set(parse_frames(format_frames(frames))) == frames

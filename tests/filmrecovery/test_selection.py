import csv

import numpy as np
import pytest
from scipy import ndimage

from filmrecovery.base.errors import ElementError, FileError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.elements.pair_roles import pair_roles
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.reference.alignment.alignment_file import FrameAlignment
from filmrecovery.reference.curation.frame_choice import warn_of_few
from filmrecovery.reference.curation.selection import select_frames
from filmrecovery.reference.curation.selection_file import WITHOUT_TARGET, Why, read_selection
from filmrecovery.reference.curation.selection_settings import SelectSettings
from filmrecovery.reference.matching.frame_match import FrameMatch

FIRST, COUNT = 101, 40
FRAMES = tuple(range(FIRST, FIRST + COUNT))


def aligned(frame, reason=""):
    return FrameAlignment(frame, frame - 100, np.eye(3), 0.1, 0.9, bool(reason), reason)


@pytest.fixture
def film():
    """Pictures of a camera that pans over a scene of many colours, by frame."""
    noise = np.random.default_rng(0).random((60, 80 + 3 * COUNT, 3))
    scene = np.sum([size * ndimage.gaussian_filter(noise, (size, size, 0)) for size in (1, 3, 9)], axis=0)
    scene = ((scene - scene.min()) / np.ptp(scene)).astype(np.float32)
    return {frame: scene[:, 3 * index : 3 * index + 80].copy() for index, frame in enumerate(FRAMES)}


@pytest.fixture
def source(tmp_path, film):
    """Writes the film, with some frames changed: (frame=change) -> its sequence."""

    def write(changes=None):
        for frame, rgb in film.items():
            change = (changes or {}).get(frame, lambda rgb: rgb)
            write_frame(tmp_path / f"scan.{frame:04d}.exr", frame_from_rgb(change(rgb)), "float")
        return find_element(str(tmp_path / "scan.####.exr"), space="srgb_tx")

    return write


def of(selection, role):
    return [found.frame for found in selection.roles if found.role == role]


def reason(selection, frame):
    (found,) = (found for found in selection.roles if found.frame == frame)
    return found.role, found.reason


def whys(selection, role="left"):
    return {found.frame: found.why for found in selection.roles if found.role == role}


def test_first_middle_and_last_are_trained_on_and_every_frame_has_its_reason(source):
    selection = select_frames(SelectSettings(), source())
    train, hold_out = of(selection, "train"), of(selection, "hold-out")
    assert {101, 121, 140} <= set(train)
    assert 4 <= len(train) <= 9
    assert len(hold_out) == max(1, round(len(train) / 4))
    assert len(of(selection, "preview")) == 1
    assert [found.frame for found in selection.roles] == list(FRAMES)
    assert all(found.reason for found in selection.roles)
    assert all(abs(one - other) > 1 for one in hold_out for other in train)


def test_the_ranges_are_those_of_pair_settings(source):
    selection = select_frames(SelectSettings(), source())
    roles = pair_roles(selection.frames, selection.hold_out_frames, selection.preview_frames)
    assert roles == {found.frame: found.role for found in selection.roles if found.role != "left"}


def test_frames_that_are_blurred_flashed_or_damaged_stay_out(source):
    changes = {
        101: lambda rgb: np.clip(rgb + 0.3, 0, 1),
        110: lambda rgb: ndimage.uniform_filter(rgb, (1, 9, 1)),
        127: lambda rgb: np.roll(rgb, 20, axis=0),
    }
    selection = select_frames(SelectSettings(count=15), source(changes))
    assert reason(selection, 101) == ("left", "flashed: lighter than its neighbours")
    assert reason(selection, 110) == ("left", "blurred, beside its neighbours")
    assert reason(selection, 127) == ("left", "unlike both neighbours: a splice, a tear or dirt")
    kinds = [whys(selection)[frame] for frame in (101, 110, 127)]
    assert kinds == [Why.FLASHED, Why.BLURRED, Why.UNLIKE_NEIGHBOURS]
    assert reason(selection, 102)[0] == "train"
    assert "101 (flashed" in reason(selection, 102)[1]
    assert sum("neighbours" in found.reason and found.role == "left" for found in selection.roles) == 3


def test_frames_without_a_good_target_stay_out(source):
    matches = [FrameMatch(frame, None if frame == 121 else frame - 100, 1.0) for frame in FRAMES]
    alignments = [aligned(f, "no detail" if f == 140 else "") for f in FRAMES if f not in (121, 101)]
    selection = select_frames(SelectSettings(), source(), matches=matches, alignments=alignments)
    assert reason(selection, 121)[1] == "no frame of the reference shows it"
    assert reason(selection, 140)[1] == "badly aligned: no detail"
    assert reason(selection, 101)[1] == "not aligned"
    # One of them may be shown during training, which needs no target.
    found = whys(selection) | dict.fromkeys(of(selection, "preview"))
    expected = {121: Why.NO_REFERENCE, 140: Why.BADLY_ALIGNED, 101: Why.NOT_ALIGNED}
    assert all(found[frame] in (why, None) for frame, why in expected.items())
    assert set(expected.values()) == WITHOUT_TARGET
    assert not {101, 121, 140} & {*of(selection, "train"), *of(selection, "hold-out")}
    assert {found.frame: found.reference for found in selection.roles}[130] == 30


def test_a_static_shot_needs_the_fewest_frames(source, film):
    still = film[FIRST]
    selection = select_frames(SelectSettings(), source({frame: lambda rgb: still for frame in FRAMES}))
    assert len(of(selection, "train")) == 4


def test_what_differs_most_is_chosen(source):
    selection = select_frames(SelectSettings(count=4), source({f: lambda rgb: rgb * 0.2 for f in range(128, 136)}))
    assert any(128 <= frame < 136 for frame in of(selection, "train"))


def test_every_shot_of_a_scene_is_represented(source):
    shots = [range(101, 121), range(121, 131), range(131, 141)]
    selection = select_frames(SelectSettings(scope="scene"), source(), shots)
    assert {101, 111, 120, 121, 126, 130, 131, 136, 140} <= set(of(selection, "train"))
    assert 12 <= len(of(selection, "train")) <= 24
    assert {found.frame: found.shot for found in selection.roles}[126] == 2
    with pytest.raises(SettingsError, match="9 already"):
        select_frames(SelectSettings(count=8), source(), shots)


def test_outliers_come_in_addition_and_leave_the_rest_as_it_was(source):
    before = select_frames(SelectSettings(), source())
    hold_out, left = of(before, "hold-out")[0], of(before, "left")[3]
    after = select_frames(SelectSettings(outliers=f"{hold_out},{left}"), source())
    assert set(of(after, "train")) == {*of(before, "train"), hold_out, left}
    assert set(of(after, "hold-out")) == set(of(before, "hold-out")) - {hold_out}
    assert reason(after, hold_out)[1] == "outlier that was asked for, no hold-out any more"


def test_outliers_need_a_target(source):
    matches = [FrameMatch(frame, None, 1.0) if frame == 115 else FrameMatch(frame, frame, 1.0) for frame in FRAMES]
    with pytest.raises(SettingsError, match="outlier 115: no frame of the reference shows it"):
        select_frames(SelectSettings(outliers="115"), source(), matches=matches)
    with pytest.raises(SettingsError, match="outlier 7: is in none of the shots"):
        select_frames(SelectSettings(outliers="7"), source())


def test_a_spoilt_frame_is_no_preview_and_may_be_an_outlier(source):
    flash = {115: lambda rgb: np.clip(rgb + 0.3, 0, 1)}
    selection = select_frames(SelectSettings(), source(flash))
    assert whys(selection)[115] == Why.FLASHED
    asked = select_frames(SelectSettings(outliers="115"), source(flash))
    assert whys(asked, "train")[115] == Why.ASKED_FOR


def test_a_very_short_shot_keeps_a_hold_out(source):
    selection = select_frames(SelectSettings(), source(), [range(101, 105)])
    assert len(of(selection, "train")) == 3
    assert "no other frame is left" in reason(selection, of(selection, "hold-out")[0])[1]


def test_without_a_frame_that_is_fit_nothing_is_chosen(source):
    with pytest.raises(ElementError, match=r"none is fit to train on .*not aligned"):
        select_frames(SelectSettings(), source(), alignments=[])


def test_the_table_is_written_as_json_and_csv(source, tmp_path, capsys):
    sequence = source()
    path = tmp_path / "selection.json"
    assert main(["select", sequence.pattern, str(path), "--shots", "101-120", "121-140", "--scope", "scene"]) == 0
    selection = read_selection(path)
    assert f"--frames {selection.frames}" in capsys.readouterr().out
    shots = [range(101, 121), range(121, 141)]
    assert selection == select_frames(SelectSettings(scope="scene"), sequence, shots)
    rows = list(csv.DictReader(path.with_suffix(".csv").open()))
    assert [(int(row["frame"]), row["role"]) for row in rows] == [(one.frame, one.role) for one in selection.roles]
    path.write_text(path.read_text().replace(f'"frames": "{selection.frames}"', '"frames": "101"'))
    with pytest.raises(FileError, match=r"selection\.json: key 'frames' is 101, but the roles of the frames give"):
        read_selection(path)
    path.write_text('{"version": 1, "roles": [{"frame": "a"}]}')
    with pytest.raises(FileError, match=r"selection\.json"):
        read_selection(path)


def test_a_number_that_the_shots_exceed_is_told_before_they_are_matched(caplog):
    shots = [range(1, 25), range(25, 35), range(35, 36)]
    for count in (None, 7):
        warn_of_few(SelectSettings(count=count), shots)
    assert not caplog.text
    warn_of_few(SelectSettings(count=6), shots)
    assert "count 6: the first, middle and last frames of 3 shots are 7" in caplog.text

"""Which frames of a scan the clips of a timeline of OpenTimelineIO show."""

import opentimelineio as otio
import pytest

from filmrecovery.base.errors import FileError
from filmrecovery.reference.curation import timeline_clips
from filmrecovery.reference.curation.timeline import read_timeline

RATE = otio.opentime.RationalTime
NTSC = 24000 / 1001


def span(first, count, rate=24.0):
    return otio.opentime.TimeRange(RATE(first, rate), RATE(count, rate))


def scan(start=0, count=100, first_file=1, rate=24.0, step=1):
    """Files from print.0001.dpx on, whose time begins at `start`."""
    return otio.schema.ImageSequenceReference(
        "file:///scans/", "print.", ".dpx", first_file, step, rate, 4, available_range=span(start, count, rate)
    )


def clip(name, time_range=None, media=None):
    return otio.schema.Clip(name, media or scan(), time_range)


def track(*items, kind="Video"):
    found = otio.schema.Track(kind, kind=kind)
    found.extend(items)
    return found


def shots_of(tmp_path, *tracks):
    timeline = otio.schema.Timeline("cut")
    timeline.tracks.extend(tracks)
    otio.adapters.write_to_file(timeline, str(tmp_path / "cut.otio"))
    return {scope.name: (scope.first, scope.last) for scope in read_timeline(tmp_path / "cut.otio").scopes}


@pytest.mark.parametrize(
    ("time_range", "media", "frames"),
    [
        # Time from 0, files from 1, and the other way round.
        (span(0, 6), scan(0), (1, 6)),
        (span(6, 6), scan(0, first_file=1001), (1007, 1012)),
        (span(86406, 6), scan(86400), (7, 12)),
        # All of the media, and every second file.
        (None, scan(86400, 12), (1, 12)),
        (span(2, 3), scan(0, first_file=10, step=2), (14, 18)),
        # 23.976 is 24000/1001, whoever rounded it, also after an hour.
        (span(86410, 20, 23.976), scan(86400, rate=NTSC), (11, 30)),
        (span(86410, 20, NTSC), scan(86400, rate=23.98), (11, 30)),
        # The clip counts in another rate, of which four are one of the media.
        (span(40, 40, 96.0), scan(0), (11, 20)),
    ],
)
def test_a_clip_shows_the_files_that_its_media_have_at_that_time(tmp_path, time_range, media, frames):
    assert shots_of(tmp_path, track(clip("a", time_range, media))) == {"a": frames}


def test_a_name_that_comes_again_has_a_number(tmp_path):
    found = shots_of(tmp_path, track(clip("roof", span(0, 6)), clip("street", span(6, 6)), clip("roof", span(12, 6))))
    assert found == {"roof": (1, 6), "street": (7, 12), "roof 2": (13, 18)}


@pytest.mark.parametrize("base", ["file:///the%20scans/", "file://localhost/the%20scans/", "/the scans/"])
def test_a_folder_may_be_an_address(tmp_path, base):
    media = scan()
    media.target_url_base = base
    shots_of(tmp_path, track(clip("roof", span(0, 6), media)))
    assert read_timeline(tmp_path / "cut.otio").source.pattern == "/the scans/print.####.dpx"


def test_sound_gaps_and_what_is_switched_off_are_no_shots(tmp_path):
    sound = otio.schema.Clip("sound", otio.schema.ExternalReference("sound.wav", span(0, 100)), span(0, 12))
    off = clip("off", span(50, 5))
    off.enabled = False
    picture = track(clip("a", span(0, 6)), otio.schema.Gap(source_range=span(0, 10)), off, clip("b", span(6, 6)))
    assert shots_of(tmp_path, picture, track(sound, kind="Audio")) == {"a": (1, 6), "b": (7, 12)}


def test_a_nested_stack_is_cut_as_the_timeline_cuts_it(tmp_path):
    stack = otio.schema.Stack("reel", source_range=span(4, 10))
    stack.append(track(clip("a", span(0, 6)), clip("b", span(20, 6)), clip("gone", span(40, 6))))
    # Of 18 frames it shows 4 to 13: two of a, all of b, two of the third.
    assert shots_of(tmp_path, track(stack)) == {"a": (5, 6), "b": (21, 26), "gone": (41, 42)}
    stack.source_range = span(4, 6)
    assert shots_of(tmp_path, track(stack.deepcopy())) == {"a": (5, 6), "b": (21, 24)}


def test_a_clip_is_seen_in_its_transitions_too(tmp_path):
    dissolve = otio.schema.Transition("d", "SMPTE_Dissolve", RATE(2, 24), RATE(3, 24))
    found = shots_of(tmp_path, track(clip("a", span(10, 6)), dissolve, clip("b", span(50, 6))))
    assert found == {"a": (11, 19), "b": (49, 56)}


def gap(count):
    return otio.schema.Gap(source_range=span(0, count))


def fade(before, after):
    return otio.schema.Transition("fade", "SMPTE_Dissolve", RATE(before, 24), RATE(after, 24))


def _off(item):
    item.enabled = False
    return item


def _with_effect(item, effect=None):
    item.effects.append(effect or otio.schema.Effect(effect_name="Opacity"))
    return item


@pytest.mark.parametrize(
    ("above", "shots", "hidden"),
    [
        # Over all of it, its start, its end and its middle.
        ([clip("up", span(40, 20))], {"up": (41, 60)}, "'low' by 'up'"),
        ([clip("up", span(40, 5))], {"low": (6, 20), "up": (41, 45)}, "part of 'low' by 'up'"),
        ([gap(15), clip("up", span(40, 10))], {"low": (1, 15), "up": (41, 50)}, "part of 'low' by 'up'"),
        (
            [gap(4), clip("up", span(40, 5)), gap(3), clip("up", span(60, 2))],
            {"low": (1, 4), "low 2": (10, 12), "low 3": (15, 20), "up": (41, 45), "up 2": (61, 62)},
            "part of 'low' by 'up'",
        ),
        # The same frames again, on the upper track: they are one shot.
        ([clip("up", span(0, 20))], {"up": (1, 20)}, "'low' by 'up'"),
        # The other rate meets the frames of this one.
        (
            [otio.schema.Gap(source_range=span(0, 2, 12.0)), clip("up", span(80, 12, 48.0))],
            {"low": (1, 4), "low 2": (11, 20), "up": (41, 46)},
            "part of 'low' by 'up'",
        ),
        # What is not seen hides nothing.
        ([_off(clip("up", span(40, 20)))], {"low": (1, 20)}, ""),
        ([gap(20), clip("up", span(40, 5))], {"low": (1, 20), "up": (41, 45)}, ""),
        # Between two clips, a dissolve hides what is below; from nothing and to it, that is seen.
        (
            [clip("a", span(40, 10)), fade(2, 2), clip("b", span(60, 10))],
            {"a": (41, 52), "b": (59, 70)},
            "'low' by 'a', 'b'",
        ),
        (
            [gap(4), fade(0, 3), clip("up", span(40, 10)), fade(2, 0)],
            {"low": (1, 7), "low 2": (13, 20), "up": (41, 50)},
            "part of 'low' by 'up'",
        ),
        (
            [clip("up", span(40, 10)), fade(2, 2), _off(clip("b", span(60, 10)))],
            {"low": (9, 20), "up": (41, 52)},
            "part of 'low' by 'up'",
        ),
    ],
)
def test_what_lies_under_a_clip_of_an_upper_track_is_no_shot(tmp_path, caplog, above, shots, hidden):
    below = track(clip("low", span(0, 20)))
    assert shots_of(tmp_path, below, track(*(item.deepcopy() for item in above))) == shots
    assert [f"whose frames are left out: {hidden}; switch off" in each for each in caplog.messages] == [True] * bool(
        hidden
    )


def test_a_dissolve_of_the_lower_track_is_seen_beside_what_hides_it(tmp_path):
    below = track(clip("a", span(0, 10)), fade(3, 3), clip("b", span(40, 10)))
    # At 11 frames of the timeline: both are seen to there, and the second one alone after 13.
    above = track(gap(11), clip("up", span(80, 4)))
    assert shots_of(tmp_path, below, above) == {"a": (1, 11), "b": (38, 41), "b 2": (46, 50), "up": (81, 84)}


def test_a_clip_with_effects_hides_nothing_and_is_told(tmp_path, caplog):
    veil = _with_effect(clip("up", span(40, 5)))
    assert shots_of(tmp_path, track(clip("low", span(0, 20))), track(veil)) == {"low": (1, 20), "up": (41, 45)}
    (said,) = caplog.messages
    assert "cut.otio: clips with effects lie over others" in said
    assert "'low' under 'up'; switch off" in said
    caplog.clear()
    veil = _with_effect(track(clip("up", span(40, 5))))
    assert shots_of(tmp_path, track(clip("low", span(0, 20))), veil) == {"low": (1, 20), "up": (41, 45)}
    assert "'low' under 'up'; switch off" in caplog.text


def test_a_nested_stack_hides_what_its_clips_hide(tmp_path):
    stack = otio.schema.Stack("reel", source_range=span(2, 10))
    stack.append(track(clip("in", span(40, 6)), gap(2), clip("out", span(60, 6))))
    # From 5 of the timeline on: 4 frames, 2 of nothing, and 4 more.
    above = track(gap(5), stack)
    assert shots_of(tmp_path, track(clip("low", span(0, 20))), above) == {
        "low": (1, 5),
        "low 2": (10, 11),
        "low 3": (16, 20),
        "in": (43, 46),
        "out": (61, 64),
    }


def test_a_retime_that_nobody_sees_is_none(tmp_path):
    hidden = _with_effect(clip("fast", span(0, 20)), otio.schema.LinearTimeWarp(time_scalar=2.0))
    assert shots_of(tmp_path, track(hidden), track(clip("up", span(40, 20)))) == {"up": (41, 60)}
    with pytest.raises(FileError, match="clip 'fast' is retimed"):
        shots_of(tmp_path, track(hidden.deepcopy()), track(clip("up", span(40, 19))))


def test_what_is_hidden_is_of_the_same_element(tmp_path):
    other = otio.schema.ImageSequenceReference("/s/", "tape.", ".png", 1, 1, 24, 4, available_range=span(0, 100))
    with pytest.raises(FileError, match="more than one source"):
        shots_of(tmp_path, track(clip("low", span(0, 20))), track(clip("up", span(0, 20), other)))


def _retimed(effect):
    found = clip("a", span(0, 6))
    found.effects.append(effect)
    return found


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (_retimed(otio.schema.LinearTimeWarp(time_scalar=2.0)), "clip 'a' is retimed"),
        (_retimed(otio.schema.FreezeFrame()), "clip 'a' is retimed"),
        # As the adapter of Final Cut Pro hands it over.
        (_retimed(otio.schema.Effect(metadata={"fcp_xml": {"effectid": "timeremap"}})), "clip 'a' is retimed"),
        (_retimed(otio.schema.Effect(effect_name="Motion Adapter")), "clip 'a' is retimed"),
        (clip("a", span(1, 5, 25.0), scan(0)), "between two frames"),
        (clip("a", span(0, 101)), "shows frames 0 to 100 of media that have 0 to 99"),
        (clip("a", span(0, 6), otio.schema.ExternalReference("reel.mov", span(0, 100))), "no image sequence"),
        (
            clip("a", span(0, 6), otio.schema.ImageSequenceReference("/s/", "print.", ".dpx", 1, 1, 24, 4)),
            "cut.otio",
        ),
    ],
)
def test_a_clip_whose_files_are_not_sure_is_refused(tmp_path, item, message):
    with pytest.raises(FileError, match=message):
        shots_of(tmp_path, track(item))


def test_a_clip_is_compared_with_those_that_lie_over_it_and_not_with_a_whole_reel(tmp_path, monkeypatch):
    compared = []

    def counted(span, other, meet=timeline_clips.meet):
        compared.append(span)
        return meet(span, other)

    monkeypatch.setattr(timeline_clips, "meet", counted)
    shots = 200
    lower, upper = ([clip(f"{name}{n}", span(0, 10)) for n in range(shots)] for name in "ab")
    # The clips of the upper track begin five frames later.
    found = shots_of(tmp_path, track(*lower), track(otio.schema.Gap(source_range=span(0, 5)), *upper))
    assert (found["a0"], found["b0"], "a1" in found) == ((1, 5), (1, 10), False)
    assert len(compared) < 10 * shots

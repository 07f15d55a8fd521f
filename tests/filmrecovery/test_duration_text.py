import pytest

from filmrecovery.base.duration_text import duration_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (179.4, "2 min 59 s"),
        (779, "12 min"),
        (3599.7, "1 h 0 min"),
        (12_059, "3 h 20 min"),
        (190_800, "2 d 5 h"),
    ],
)
def test_a_time_is_told_in_two_units_at_most(seconds, text):
    assert duration_text(seconds) == text

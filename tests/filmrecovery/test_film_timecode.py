from fractions import Fraction

import pytest

from filmrecovery.film.headers.film_timecode import count_from, is_timecode_word, timecode_text

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("start", "rate", "frames", "expected"),
    [
        ("01:00:00:00", Fraction(24), 0, "01:00:00:00"),
        ("01:00:00:23", Fraction(24), 1, "01:00:01:00"),
        ("00:59:59:23", Fraction(24000, 1001), 1, "01:00:00:00"),
        ("23:59:59:24", Fraction(25), 1, "00:00:00:00"),
        ("00:00:59:29", NTSC, 1, "00:01:00:00"),
        # SMPTE ST 12-1: of drop-frame the numbers 00 and 01 of each minute but every tenth are left out.
        ("00:00:59;29", NTSC, 1, "00:01:00;02"),
        ("00:00:59.29", NTSC, 2, "00:01:00;03"),
        ("00:09:59;29", NTSC, 1, "00:10:00;00"),
        ("00:01:59;29", NTSC, 1, "00:02:00;02"),
        ("00:00:00;00", NTSC, 107892, "01:00:00;00"),
        ("23:59:59;29", NTSC, 1, "00:00:00;00"),
    ],
)
def test_frames_are_counted_as_the_rate_has_it(start, rate, frames, expected):
    assert timecode_text(count_from(start, rate).word(frames)) == expected


def test_every_drop_frame_number_of_an_hour_comes_once_and_in_order():
    count = count_from("00:00:00;00", NTSC)
    labels = [timecode_text(count.word(number)) for number in range(107892)]
    assert labels == sorted(set(labels))
    assert not [label for label in labels if label[5:] in (":00;00", ":00;01") and label[4] != "0"]
    assert all(count_from(label, NTSC).number == number for number, label in list(enumerate(labels))[::97])


@pytest.mark.parametrize(
    ("start", "rate", "told"),
    [
        ("01:00:00;00", Fraction(24), "drop-frame"),
        ("01:00:00;00", Fraction(25), "drop-frame"),
        ("01:00:00;00", Fraction(30), "drop-frame"),
        ("01:00:00:24", Fraction(24), "no time code at 24"),
        ("00:01:00;00", NTSC, "no time code at"),
        ("24:00:00:00", Fraction(24), "no time code at"),
        ("01:00:00:00", Fraction(50), "not defined at 50"),
        ("01:00:00:00", Fraction(50, 3), "not defined at 50/3"),
        ("one o'clock", Fraction(24), "no time code"),
    ],
)
def test_what_is_not_defined_is_refused(start, rate, told):
    with pytest.raises(ValueError, match=told):
        count_from(start, rate)


def test_words_whose_digits_are_no_time_are_told():
    assert is_timecode_word(0x23595939)
    assert is_timecode_word(0x81020344)  # flags of colour and drop-frame
    assert not any(map(is_timecode_word, (0x24000000, 0x00600000, 0x00006000, 0x0000000A, 0x000000FA)))

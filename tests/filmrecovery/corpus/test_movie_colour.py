"""What movies say of their curve and their primaries, held against the colour space that the user gives."""

import pytest
from movie_files import noise, write_movie

from filmrecovery.cli import main
from filmrecovery.film.movies.unpack import unpack
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from filmrecovery.picture import colour

BT709, BT470BG, SMPTE170M, LINEAR, BT2020, PQ, HLG = 1, 5, 6, 8, 9, 16, 18
"""Code points of ITU-T H.273."""
PQ_SPACE = "Rec.2100-PQ - Display"


def warnings(tmp_path, caplog, primaries, transfer, space, suffix="mkv", codec="ffv1"):
    codes = [noise("yuv422p10le", (66, 50))]
    path = write_movie(
        tmp_path / f"tape.{suffix}", codes, codec, matrix="bt709", color_primaries=primaries, color_trc=transfer
    )
    unpack(UnpackSettings(), path, str(tmp_path / "tape.####.exr"), space=space)
    return [said.removeprefix(f"{path}: ") for said in caplog.messages if said.startswith(f"{path}: says that")]


HDR_OF_DISPLAY = "its values are of a high dynamic range (PQ or HLG) (transfer {}), and the space 'g24_rec709' is as on"


@pytest.mark.parametrize(
    ("primaries", "transfer", "space", "said"),
    [
        (BT709, BT709, "g24_rec709", []),
        (SMPTE170M, SMPTE170M, "g24_rec709", []),
        (BT470BG, 2, "srgb_tx", []),
        (2, 2, "g24_rec709", []),
        (BT709, PQ, "g24_rec709", [HDR_OF_DISPLAY.format("pq")]),
        (BT709, HLG, "g24_rec709", [HDR_OF_DISPLAY.format("hlg")]),
        (
            BT2020,
            PQ,
            "g24_rec709",
            [HDR_OF_DISPLAY.format("pq"), "its primaries are bt2020, and those of the space 'g24_rec709' are those of"],
        ),
        (BT2020, BT709, "g24_rec709", ["its primaries are bt2020, and those of the space 'g24_rec709' are those of"]),
        (BT2020, PQ, PQ_SPACE, []),
        (BT709, BT709, PQ_SPACE, ["its values are as on a display (transfer bt709)", "its primaries are bt709"]),
        (BT709, LINEAR, "g24_rec709", ["its values are linear (transfer linear)"]),
        (BT709, LINEAR, "lin_rec709", []),
        # Without a space, what is not as in all video.
        (BT709, BT709, "", []),
        (BT2020, HLG, "", ["(transfer hlg), and says that its primaries are bt2020; give such a colour space"]),
    ],
)
def test_a_movie_that_says_another_colour_than_the_space_is_warned_of(
    tmp_path, caplog, primaries, transfer, space, said
):
    found = warnings(tmp_path, caplog, primaries, transfer, space)
    assert len(found) == bool(said)
    assert all(words in found[0] for words in said)


def test_pictures_say_it_where_the_container_does_not(tmp_path, caplog):
    (found,) = warnings(tmp_path, caplog, BT2020, PQ, "g24_rec709", "avi", "libx264")
    assert HDR_OF_DISPLAY.format("pq") in found


def test_the_verb_and_each_call_say_so(tmp_path, capsys):
    codes = [noise("yuv422p10le", (66, 50))]
    path = write_movie(tmp_path / "tape.mkv", codes, matrix="bt709", color_primaries=BT709, color_trc=PQ)
    call = ["unpack", str(path), str(tmp_path / "tape.####.exr")]
    for _ in range(2):
        assert main([*call, "--movie-space", "g24_rec709"]) == 0
        assert "and the space 'g24_rec709' is as on a display" in " ".join(capsys.readouterr().err.split())
    assert main([*call, "--movie-space", PQ_SPACE]) == 0
    assert "says that its values" not in capsys.readouterr().err


def test_spaces_with_wide_primaries_are_known():
    assert not colour.is_wider_than_rec709("g24_rec709")
    assert not colour.is_wider_than_rec709("lin_rec709")
    assert colour.is_wider_than_rec709("lin_ap1")
    assert colour.is_wider_than_rec709(PQ_SPACE)
    assert colour.is_wider_than_rec709("none of these") is None

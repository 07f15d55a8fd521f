"""What stages say goes to standard error, a line each, and the output of a verb to standard output alone."""

import logging

from filmrecovery.base.message_lines import messages_shown
from filmrecovery.cli import main


def test_a_line_begins_as_its_level_demands(capsys):
    logger = logging.getLogger("filmrecovery.project.run_project")
    with messages_shown():
        logger.info("Stage %d of 2", 1)
        logger.warning("the disk is nearly full")
        logger.error("%s: missing", "a.exr")
        logger.debug("of no interest")
    shown = capsys.readouterr()
    assert shown.err == "Stage 1 of 2\nwarning: the disk is nearly full\nerror: a.exr: missing\n"
    assert shown.out == ""


def test_a_second_call_says_everything_once(capsys, tmp_path):
    for _ in range(2):
        assert main(["describe", str(tmp_path / "no.safetensors")]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"error: {tmp_path / 'no.safetensors'}: ")


def test_other_packages_are_left_alone(capsys):
    with messages_shown():
        logging.getLogger("other").info("of another package")
    assert capsys.readouterr().err == ""

"""The help of the command line: each verb has one, and its overview leads to verbs that exist."""

import re

import pytest

from filmrecovery.cli import DESCRIPTION, main


def help_of(capsys: pytest.CaptureFixture[str], *verb: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*verb, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_overview_names_verbs_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    listed = set(re.findall(r"^    ([a-z-]+)", help_of(capsys), re.MULTILINE))
    calls = DESCRIPTION.replace("project.toml", "").split("filmrecovery ")[1:]
    # A line goes on with its verbs, or begins the next purpose with a capital.
    named = {verb for call in calls for verb in re.findall(r"\b[a-z-]+\b", re.split(r"\n(?=[A-Z])", call)[0])}
    assert len(named) > 20
    assert named <= listed


def test_each_verb_tells_its_options_and_no_empty_default(capsys: pytest.CaptureFixture[str]) -> None:
    verbs = re.findall(r"^    ([a-z-]+)", help_of(capsys), re.MULTILINE)
    assert len(verbs) > 30
    for verb in verbs:
        text = " ".join(help_of(capsys, verb).split())
        assert text.startswith(f"usage: filmrecovery {verb} "), verb
        assert "(default: )" not in text, verb

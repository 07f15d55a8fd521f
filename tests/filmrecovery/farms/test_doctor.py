"""What a machine of a farm lacks is said in plain words, and is the exit status."""

import pytest

from filmrecovery.cli import main


@pytest.mark.slow
def test_a_machine_that_has_everything(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("OCIO", raising=False)
    assert main(["doctor", str(tmp_path), "--no-gaffer", "--free", "0", "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert "MISSING" not in said
    assert f"ok      {tmp_path}: can be written to" in said
    assert "computes on cpu" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("works", [True, False])
def test_the_asset_manager_is_looked_at_where_one_is_configured(library, capsys, works):
    if not works:
        library.path.unlink()
    main(["doctor", "--no-gaffer", "--device", "cpu"])
    expected = "ok      the asset manager 'Basic Asset Library" if works else "MISSING the asset manager ("
    assert capsys.readouterr().out.startswith(expected)


@pytest.mark.slow
def test_everything_that_is_missing_is_said_at_once(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OCIO", "/no/config.ocio")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("GAFFER_ROOT", raising=False)
    missing = tmp_path / "not mounted"
    assert main(["doctor", str(tmp_path), str(missing), "--free", "1e9", "--device", "cuda:99"]) == 1
    said, error = capsys.readouterr()
    lines = [line for line in said.splitlines() if line.startswith("MISSING")]
    for line, begin in zip(
        lines,
        (
            "MISSING the device cuda:99 (",
            "MISSING the OpenColorIO config /no/config.ocio (",
            "MISSING Gaffer: install it, and put its folder bin on PATH",
            f"MISSING {tmp_path}: ",
            f"MISSING {missing}: cannot be written to (No such file or directory)",
        ),
        strict=True,
    ):
        assert line.startswith(begin), line
    assert error == "error: this machine lacks 5 of the things above; put them right, and call again\n"


@pytest.mark.parametrize("said", ["echo gaffer: a process manager", "true"])
def test_another_program_of_that_name_that_ends_well_is_no_gaffer(tmp_path, capsys, monkeypatch, said):
    program = tmp_path / "gaffer"
    program.write_text(f"#!/bin/sh\n{said}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("GAFFER_ROOT", raising=False)
    assert main(["doctor", "--device", "cpu"]) == 1
    assert f"MISSING Gaffer: {program} does not work (" in capsys.readouterr().out

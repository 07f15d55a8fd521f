"""`run gaffer` finds Gaffer and gives it what it needs."""

import sys

import pytest
from run_checkout import call, calls_of, needs_posix, write_program


@needs_posix
def test_gaffer_gets_the_extension_and_the_variables_of_the_studio(root, tmp_path, variables, installation):
    (installation / "status").write_text("7")
    studio = {
        "GAFFER_ROOT": str(installation),
        "GAFFER_EXTENSION_PATHS": "/studio/one:/studio/two",
        "PYTHONPATH": "/studio/python",
        "PYTHONHOME": sys.base_prefix,
        "OCIO": "/studio/config.ocio",
    }
    result = call(root, "gaffer", "test", "A b", cwd=tmp_path, env={**variables, **studio})
    assert (result.returncode, result.stderr) == (7, "")
    ((arguments, folder, seen),) = calls_of(installation)
    assert (arguments, folder) == (["test", "A b"], str(tmp_path))
    assert seen["GAFFER_EXTENSION_PATHS"] == f"{root}:/studio/one:/studio/two"
    assert seen["PYTHONPATH"] == f"/studio/python:{root / 'tests'}"
    assert seen["OCIO"] == "/studio/config.ocio"
    assert "PYTHONHOME" not in seen


@needs_posix
def test_gaffer_needs_no_variables(root, variables, installation):
    for name in ("PYTHONPATH", "OCIO"):
        variables.pop(name, None)
    call(root, "gaffer", env={**variables, "GAFFER_ROOT": str(installation)})
    ((_, _, seen),) = calls_of(installation)
    assert seen["GAFFER_EXTENSION_PATHS"] == str(root)
    assert seen["PYTHONPATH"] == str(root / "tests")
    assert "OCIO" not in seen


@needs_posix
@pytest.mark.parametrize("kind", ["link", "wrapper"])
def test_gaffer_is_found_on_path_behind_another_program(root, tmp_path, programs, variables, installation, kind):
    write_program(programs / "gaffer", ["#!/bin/sh", "echo usage: gaffer start, stop >&2", "exit 64"])
    other = tmp_path / "other" / "gaffer"
    if kind == "link":
        other.parent.mkdir()
        other.symlink_to(installation / "bin" / "gaffer")
    else:
        write_program(other, ["#!/bin/sh", f'exec {installation}/bin/gaffer "$@"'])
    result = call(root, "gaffer", "stats", env={**variables, "PATH": f"{programs}:{other.parent}"})
    assert (result.returncode, result.stderr) == (0, "")
    assert [arguments for arguments, *_ in calls_of(installation)] == [["stats"]]


@needs_posix
def test_another_program_is_not_taken_for_gaffer(root, programs, variables):
    program = write_program(programs / "gaffer", ["#!/bin/sh", "echo usage: gaffer start, stop"])
    result = call(root, "gaffer", env=variables)
    assert result.returncode == 1
    assert f"{program} is another program" in result.stderr
    assert "https://github.com/GafferHQ/gaffer/releases" in result.stderr
    assert "GAFFER_ROOT" in result.stderr


@needs_posix
def test_wrong_gaffer_root_is_named(root, tmp_path, variables, installation):
    path = str(installation / "bin")
    result = call(root, "gaffer", env={**variables, "PATH": path, "GAFFER_ROOT": str(tmp_path)})
    assert result.returncode == 1
    assert f"GAFFER_ROOT is {tmp_path}" in result.stderr
    assert "unset it" in result.stderr
    assert calls_of(installation) == []


@needs_posix
def test_python_that_takes_over_keeps_the_variables(root, programs, variables):
    text = (root / "run").read_text()
    (root / "run").write_text(text.replace("SUPPORTED = (", "SUPPORTED = ((3, 99),)\nOTHERS = ("))
    lines = ["#!/bin/sh", '[ "$1" = -c ] || echo "$@" "$PYTHONPATH"']
    write_program(programs / "python3.99", lines)
    result = call(root, "gaffer", "stats", env={**variables, "PYTHONPATH": "/studio/python"})
    assert result.stdout == f"-E {root / 'run'} gaffer stats /studio/python\n"

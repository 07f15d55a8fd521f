"""`run test` checks and tests in its order."""

import os
import shutil
import signal
import subprocess
import sys

import pytest
from run_checkout import call, calls_of, needs_posix, write_program


@pytest.fixture
def tested(root):
    """A checkout whose checks write down their calls, with three tests in Gaffer and one of its user interface."""
    programs = {
        "ruff": "ruff.py",
        "pytest": "pytest.py",
        "lint_imports_command": "importlinter/cli.py",
    }
    for name, program in programs.items():
        code = f"import sys\ndef {name}(): open('checks', 'a').write(' '.join([{name!r}, *sys.argv[1:]]) + '\\n')\n"
        (root / program).parent.mkdir(exist_ok=True)
        (root / program).write_text(code + f"if __name__ == '__main__': {name}()")
    for file, methods in {
        "GafferRecoveryTest/SomeTest.py": "ab",
        "GafferRecoveryTest/OtherTest.py": "d",
        "GafferRecoveryTest/withoutTests.py": "",
        "GafferRecoveryUITest/SomeTest.py": "c",
    }.items():
        (root / "tests" / file).parent.mkdir(parents=True, exist_ok=True)
        tests = "".join(f"    def test{method}(self): pass\n" for method in methods)
        (root / "tests" / file).write_text(f"class SomeTest:\n    def setUp(self): pass\n{tests}")
    return root


@needs_posix
def test_tests_in_gaffer_come_last(tested, tmp_path, variables, installation):
    (installation / "status").write_text("5")
    desktop = {**variables, "GAFFER_ROOT": str(installation), "DISPLAY": ":0"}
    assert call(tested, "test", cwd=tmp_path, env=desktop).returncode == 5
    checks = (tested / "checks").read_text().splitlines()
    assert checks == [
        "ruff check . run",
        "ruff format --check . run",
        "lint_imports_command --no-logo --no-cache",
        f"pytest -n {min(os.cpu_count() or 1, 4)} --dist worksteal",
    ]
    calls = calls_of(installation)
    assert sorted(arguments for arguments, _, _ in calls) == [
        ["test", "GafferRecoveryTest.OtherTest"],
        ["test", "GafferRecoveryTest.SomeTest"],
        ["test", "GafferRecoveryUITest"],
    ]
    assert {folder for _, folder, _ in calls} == {str(tested)}


def test_tests_that_lack_gaffer_are_counted(tested, variables):
    result = call(tested, "test", env=variables)
    assert result.returncode == 0
    assert "4 tests in Gaffer were not run" in result.stderr
    assert "no Gaffer on PATH" in result.stderr


def test_nothing_is_said_of_gaffer_where_it_has_no_tests(tested, variables):
    shutil.rmtree(tested / "tests")
    result = call(tested, "test", env=variables)
    assert (result.returncode, result.stderr) == (0, "")


@needs_posix
def test_failed_check_ends_the_tests(tested, variables, installation):
    (tested / "ruff.py").write_text("raise SystemExit(3)")
    assert call(tested, "test", env={**variables, "GAFFER_ROOT": str(installation)}).returncode == 3
    assert not (tested / "checks").exists()
    assert calls_of(installation) == []


@needs_posix
def test_arguments_go_to_pytest_alone(tested, variables, installation):
    result = call(tested, "test", "-k", "a b", env={**variables, "GAFFER_ROOT": str(installation)})
    assert result.returncode == 0
    assert (tested / "checks").read_text().splitlines()[-1] == "pytest -k a b"
    assert calls_of(installation) == []


@needs_posix
def test_the_quick_round_leaves_out_what_is_slow_and_gaffer(tested, variables, installation):
    result = call(tested, "test", "--quick", "-x", env={**variables, "GAFFER_ROOT": str(installation)})
    assert result.returncode == 0
    *others, last = (tested / "checks").read_text().splitlines()
    assert len(others) == 3
    assert last.endswith("--dist worksteal -m not slow -x")
    assert calls_of(installation) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has machines without a screen")
def test_tests_of_the_interface_get_a_virtual_screen(tested, programs, variables, installation):
    screenless = {**variables, "GAFFER_ROOT": str(installation)}
    result = call(tested, "test", env=screenless)
    assert result.returncode == 0
    assert "1 tests of the user interface were not run" in result.stderr

    lines = ["#!/bin/sh", '[ "$1" = -a ] || exit 9', "shift", 'DISPLAY=:99 exec "$@"']
    write_program(programs / "xvfb-run", lines)
    result = call(tested, "test", env=screenless)
    assert (result.returncode, result.stderr) == (0, "")
    screens = [
        seen.get("DISPLAY") for arguments, _, seen in calls_of(installation) if arguments[1] == "GafferRecoveryUITest"
    ]
    assert screens == [":99"]


@needs_posix
@pytest.mark.parametrize("to_all", [True, False], ids=["Ctrl-C", "SIGTERM"])
def test_interrupted_check_ends_in_its_own_way(tested, variables, to_all):
    (tested / "ruff.py").write_text(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(time.sleep(0.6) or 9))\n"
        "try:\n    print('ready', flush=True)\n    time.sleep(30)\n"
        "except KeyboardInterrupt:\n    time.sleep(0.6)\n    sys.exit(9)\n"
    )
    command = [sys.executable, str(tested / "run"), "test"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=variables, start_new_session=True, **streams) as process:
        assert process.stdout.readline() == "ready\n"
        if to_all:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.terminate()
        _, err = process.communicate()
    assert (err, process.returncode) == ("", 9)

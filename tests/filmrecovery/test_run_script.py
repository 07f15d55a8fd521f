import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import pytest

from filmrecovery.trials.demo import PROJECT

CHECKOUT = Path(__file__).resolve().parents[2]


def load_run_script():
    loader = importlib.machinery.SourceFileLoader("run_script", str(CHECKOUT / "run"))
    spec = importlib.util.spec_from_loader("run_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


run = load_run_script()


@pytest.fixture
def root(tmp_path):
    """A checkout with the script and what its environment depends on, but no engine."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    for name in ("run", "pyproject.toml", "constraints.txt"):
        shutil.copy(CHECKOUT / name, folder)
    return folder


def python_step(code):
    return run.Step("trying", [sys.executable, "-c", code], "Do as the test says.")


VENV = run.Step("making .venv", [sys.executable, "-m", "venv", "--without-pip", ".venv"], "Install venv.")
COUNT = python_step("open('count', 'a').write('x')")


def times_set_up(root):
    return len((root / "count").read_text())


def set_up(root):
    run.ensure_environment(root, [VENV, COUNT])


def set_up_elsewhere(root, code):
    """Another process whose set-up of `root` has begun with a step of `code`, which writes the file `started`.

    Its error stream is open for as long as it or a process that it started lives.
    """
    lines = [
        "import pathlib, runpy, sys",
        f"run = runpy.run_path({str(CHECKOUT / 'run')!r}, run_name='run_script')",
        f"step = run['Step']('trying', [sys.executable, '-c', {code!r}], '')",
        f"run['ensure_environment'](pathlib.Path({str(root)!r}), [step])",
    ]
    process = subprocess.Popen([sys.executable, "-c", "\n".join(lines)], stderr=subprocess.PIPE)
    while not (root / "started").exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    return process


def call(root, *arguments, **options):
    command = [sys.executable, str(root / "run"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, **options)


def test_second_call_sets_nothing_up(root):
    set_up(root)
    set_up(root)
    assert times_set_up(root) == 1
    assert run.environment_python(root).exists()


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_dependencies_set_up_again(root, name):
    set_up(root)
    with open(root / name, "a") as handle:
        handle.write("\n# changed\n")
    set_up(root)
    assert times_set_up(root) == 2


def test_moved_checkout_sets_up_again(root):
    set_up(root)
    moved = root.rename(root.with_name("moved"))
    set_up(moved)
    assert times_set_up(moved) == 2


def test_environment_without_its_python_is_set_up_again(root):
    set_up(root)
    run.environment_python(root).unlink()
    set_up(root)
    assert times_set_up(root) == 2
    assert run.environment_python(root).exists()


def test_half_made_environment_is_cleared_away(root):
    leftover = root / ".venv" / "lib" / "leftover"
    fail = python_step(f"import pathlib; pathlib.Path({str(leftover)!r}).touch(); raise SystemExit(3)")
    with pytest.raises(run.SetUpError):
        run.ensure_environment(root, [VENV, fail])
    assert leftover.exists()
    set_up(root)
    assert times_set_up(root) == 1
    assert not leftover.exists()


def test_failed_renewal_is_not_taken_for_whole(root):
    set_up(root)
    constraints = (root / "constraints.txt").read_text()
    (root / "constraints.txt").write_text("# other\n")
    with pytest.raises(run.SetUpError):
        run.ensure_environment(root, [VENV, python_step("raise SystemExit(3)")])
    (root / "constraints.txt").write_text(constraints)
    set_up(root)
    assert times_set_up(root) == 2


def test_failed_step_says_which_and_what_to_do(root):
    with pytest.raises(run.SetUpError) as caught:
        run.ensure_environment(root, [VENV, python_step("raise SystemExit(3)")])
    message = str(caught.value)
    assert "step [2/2], trying" in message
    assert "raise SystemExit(3)" in message
    assert "status 3" in message
    assert "Do as the test says." in message
    assert "Free on disk" in message


def test_step_that_cannot_start_is_a_failed_step(root):
    with pytest.raises(run.SetUpError, match=r"could not be started(.|\n)*Look for it\."):
        run.ensure_environment(root, [run.Step("trying", [str(root / "no such program")], "Look for it.")])


def test_folder_in_the_way_is_named(root):
    (root / ".venv").write_text("not a folder")
    with pytest.raises(run.SetUpError, match=r"\.venv"):
        set_up(root)


WAIT_FOR_OTHER = "import os, time\nwhile not os.path.exists('other waits'): time.sleep(0.02)\n"


@pytest.fixture
def let_the_other_wait(root, monkeypatch):
    """A call that finds another one setting up `root` writes the file that `WAIT_FOR_OTHER` waits for."""

    def say(text):
        if "Another call is setting up" in text:
            (root / "other waits").touch()

    monkeypatch.setattr(run, "say", say)


@pytest.mark.usefixtures("let_the_other_wait")
def test_simultaneous_calls_set_up_once(root):
    slow = python_step(WAIT_FOR_OTHER + "open('count', 'a').write('x')")
    calls = [threading.Thread(target=run.ensure_environment, args=(root, [VENV, slow])) for _ in range(2)]
    for one in calls:
        one.start()
    for one in calls:
        one.join()
    assert times_set_up(root) == 1


def test_environment_sees_no_foreign_modules(root, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    check = python_step("import os; raise SystemExit('PYTHONPATH' in os.environ or 'PYTHONHOME' in os.environ)")
    run.ensure_environment(root, [VENV, check])


@pytest.mark.slow
def test_failed_installation_ends_the_call_with_advice(root):
    offline = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(root), "PIP_CONFIG_FILE": os.devnull}
    result = call(root, "demo", env=offline)
    assert result.returncode == 1
    assert "step [2/4]" in result.stderr
    assert "pip install" in result.stderr
    assert "No network" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (root / ".venv" / run.STAMP).exists()


def test_verb_gets_arguments_and_its_status_is_passed_on(root, tmp_path):
    set_up(root)
    (tmp_path / "filmrecovery.py").write_text(
        "import os, sys; print(sys.argv[1:], sys.prefix, os.environ.get('PYTHONPATH')); sys.exit(7)"
    )
    result = call(root, "filmrecovery", "train", "-h", cwd=tmp_path, env={**os.environ, "PYTHONPATH": "/elsewhere"})
    assert result.stdout.strip() == f"['train', '-h'] {root / '.venv'} None"
    assert result.returncode == 7
    assert result.stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_interrupt_is_left_to_the_verb(root, tmp_path):
    set_up(root)
    (tmp_path / "filmrecovery.py").write_text(
        "import sys, time\n"
        "try:\n    print('ready', flush=True)\n    time.sleep(30)\n"
        "except KeyboardInterrupt:\n    print('checkpoint', flush=True)\n    time.sleep(0.5)\n    sys.exit(9)\n"
    )
    command = [sys.executable, str(root / "run"), "filmrecovery"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (out, err, process.returncode) == ("checkpoint\n", "", 9)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_interrupted_set_up_ends_its_step_with_all_children(root):
    late = "import time; open('started', 'w').close(); time.sleep(3); open('late', 'w').close()"
    step = f"import subprocess, sys; subprocess.call([sys.executable, '-c', {late!r}])"
    with set_up_elsewhere(root, step) as process:
        process.send_signal(signal.SIGINT)
        process.communicate()  # until the children have ended too
    assert not (root / "late").exists()
    assert not (root / ".venv" / run.STAMP).exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows locks belong to one process")
@pytest.mark.usefixtures("let_the_other_wait")
def test_set_up_that_outlives_a_killed_call_keeps_others_out(root):
    slow = f"open('started', 'w').close()\n{WAIT_FOR_OTHER}open('ended', 'w').close()"
    with set_up_elsewhere(root, slow) as process:
        process.kill()
    run.ensure_environment(root, [VENV, python_step("import os; raise SystemExit(not os.path.exists('ended'))")])


def test_help_names_every_verb(root):
    result = call(root)
    assert result.returncode == 0
    assert all(f"  {verb} " in result.stdout for verb in run.VERBS)
    assert result.stdout == call(root, "--help").stdout
    assert not (root / ".venv").exists()


def test_unknown_verb_is_refused(root):
    result = call(root, "dmeo")
    assert result.returncode == 2
    assert "unknown verb 'dmeo'" in result.stderr
    assert "demo" in result.stderr
    assert not (root / ".venv").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no python3.x on PATH")
def test_find_python_passes_over_what_does_not_run(tmp_path):
    version = sys.version_info[:2]
    for other in run.SUPPORTED:
        python = tmp_path / "python{}.{}".format(*other)
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n' if other == version else "#!/bin/sh\nexit 127\n")
        python.chmod(0o755)
    assert run.find_python(str(tmp_path)) == str(tmp_path / "python{}.{}".format(*version))
    (tmp_path / "python{}.{}".format(*version)).unlink()
    assert run.find_python(str(tmp_path)) is None


needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no scripts with an interpreter line")


def write_program(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines))
    path.chmod(0o755)
    return path


@pytest.fixture
def programs(root, tmp_path):
    """A folder that is all of PATH; the environment of the checkout is set up."""
    set_up(root)
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


@pytest.fixture
def variables(programs):
    taken = ("GAFFER_ROOT", "GAFFER_EXTENSION_PATHS", "DISPLAY", "WAYLAND_DISPLAY")
    return {**{name: value for name, value in os.environ.items() if name not in taken}, "PATH": str(programs)}


@pytest.fixture
def installation(tmp_path):
    """A folder laid out as Gaffer's, with a program that writes down its calls and ends with the status in `status`."""
    folder = tmp_path / "gaffer-1.7"
    (folder / "apps" / "dispatch").mkdir(parents=True)
    program = [
        f"#!{sys.executable}",
        "import json, os, pathlib, sys",
        f"folder = pathlib.Path({str(folder)!r})",
        "if sys.argv[1:] == ['env']:",
        "    sys.exit(print(f'FILES=1\\nGAFFER_ROOT={folder}\\nHOME=/home'))",
        "with open(folder / 'calls', 'a') as calls:",
        "    print(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]), file=calls)",
        "sys.exit(int((folder / 'status').read_text()))",
    ]
    write_program(folder / "bin" / "gaffer", program)
    (folder / "status").write_text("0")
    return folder


def calls_of(installation):
    calls = installation / "calls"
    return [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []


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


@pytest.fixture
def tested(root):
    """A checkout whose checks write down their calls, with two tests in Gaffer and one of its user interface."""
    programs = {
        "ruff": "ruff.py",
        "pytest": "pytest.py",
        "lint_imports_command": "importlinter/cli.py",
    }
    for name, program in programs.items():
        code = f"import sys\ndef {name}(): open('checks', 'a').write(' '.join([{name!r}, *sys.argv[1:]]) + '\\n')\n"
        (root / program).parent.mkdir(exist_ok=True)
        (root / program).write_text(code + f"if __name__ == '__main__': {name}()")
    for name, methods in {"GafferRecoveryTest": "ab", "GafferRecoveryUITest": "c"}.items():
        (root / "tests" / name).mkdir(parents=True)
        tests = "".join(f"    def test{method}(self): pass\n" for method in methods)
        (root / "tests" / name / "SomeTest.py").write_text(f"class SomeTest:\n    def setUp(self): pass\n{tests}")
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
    ((arguments, folder, _),) = calls_of(installation)
    assert arguments == ["test", "GafferRecoveryTest", "GafferRecoveryUITest"]
    assert folder == str(tested)


def test_tests_that_lack_gaffer_are_counted(tested, variables):
    result = call(tested, "test", env=variables)
    assert result.returncode == 0
    assert "3 tests in Gaffer were not run" in result.stderr
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
    (first, _, _), (second, _, seen) = calls_of(installation)
    assert first == ["test", "GafferRecoveryTest"]
    assert second == ["test", "GafferRecoveryTest", "GafferRecoveryUITest"]
    assert seen["DISPLAY"] == ":99"


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


@pytest.fixture
def engine(tmp_path):
    """A folder with an engine that writes down its calls, leaves the demo's project and ends with its status."""

    def make(status=0):
        (tmp_path / "filmrecovery.py").write_text(
            "import pathlib, sys\n"
            "folder = pathlib.Path(sys.argv[sys.argv.index('--folder') + 1])\n"
            "folder.mkdir(exist_ok=True)\n"
            f"(folder / 'project.toml').write_text({PROJECT!r}, encoding='utf-8')\n"
            "print(sys.argv[1:])\n"
            f"sys.exit({status})\n"
        )
        return tmp_path

    return make


def test_demo_without_gaffer_is_the_engines(root, variables, engine):
    folder = engine(7)
    result = call(root, "demo", "--folder", "here", cwd=folder, env=variables)
    assert result.stdout.splitlines() == [str(["demo", "--folder", str(folder / "here")])]
    assert result.returncode == 7
    assert "The engine recovers the film" in result.stderr
    assert "no Gaffer on PATH" in result.stderr


@needs_posix
def test_demo_with_gaffer_is_recovered_by_the_graph(root, variables, installation, engine):
    folder = engine()
    result = call(root, "demo", cwd=folder, env={**variables, "GAFFER_ROOT": str(installation)})
    assert result.returncode == 0, result.stderr
    assert str(installation / "bin" / "gaffer") in result.stderr
    demo = folder / "demo"
    recovered = str(demo / "gaffer" / "demo" / "delivery" / "demo_recovered.####.exr")
    assert result.stdout.splitlines() == [
        str(["demo", "--folder", str(demo), "--film-only"]),
        str(["demo", "--folder", str(demo), "--recovered", recovered]),
    ]

    ((arguments, _, seen),) = calls_of(installation)
    script = str(root / "graphs" / "combinedRecovery.gfr")
    assert arguments[:8] == ["dispatch", "-script", script, "-tasks", "Validate", "-dispatcher", "Local", "-settings"]
    assert seen["GAFFER_EXTENSION_PATHS"] == str(root)
    names, expressions = arguments[8::2], arguments[9::2]
    assert dict(zip(names, map(eval, expressions), strict=True)) == {
        "-dispatcher.framesMode": 2,
        "-dispatcher.frameRange": "1-48",
        "-dispatcher.jobsDirectory": f"{demo}/gaffer/jobs",
        "-variables.projectRootDirectory.value": f"{demo}/gaffer",
        "-variables.shot.value": "demo",
        "-variables.film.value": "Demo film",
        "-variables.source.value": f"{demo}/elements/faded/faded.####.exr",
        "-variables.spatialReference.value": f"{demo}/elements/internegative/internegative.####.exr",
        "-variables.chromaReference.value": f"{demo}/elements/video/video.####.exr",
        "-Settings.user.sourceSpace": "srgb_tx",
        "-Settings.user.spatialReferenceSpace": "srgb_tx",
        "-Settings.user.chromaReferenceSpace": "srgb_tx",
        "-ChromaGroundTruth.median": 4,
        "-SpatialTrain.size": "small",
        "-SpatialTrain.steps": 2000,
        "-SpatialTrain.patchSize": 256,
        "-SpatialTrain.batchSize": 2,
        "-SpatialTrain.learningRate": 0.02,
        "-ChromaTrain.size": "small",
        "-ChromaTrain.steps": 400,
        "-ChromaTrain.patchSize": 256,
        "-ChromaTrain.batchSize": 2,
        "-ChromaTrain.learningRate": 0.02,
        "-Provenance.restorationist": "Film Recovery",
        "-Provenance.institution": "Film Recovery, the demo",
        "-Provenance.sourceElement": "16 mm print, simulated",
        "-Provenance.referenceSource": "35 mm internegative and video, simulated",
    }
    assert "report, chroma" in result.stderr


@needs_posix
def test_demo_ends_where_gaffer_fails(root, variables, installation, engine):
    (installation / "status").write_text("4")
    result = call(root, "demo", cwd=engine(), env={**variables, "GAFFER_ROOT": str(installation)})
    assert result.returncode == 4
    assert "Gaffer's dispatch ended with status 4" in result.stderr
    assert len(result.stdout.splitlines()) == 1


@needs_posix
def test_python_that_takes_over_keeps_the_variables(root, programs, variables):
    text = (root / "run").read_text()
    (root / "run").write_text(text.replace("SUPPORTED = (", "SUPPORTED = ((3, 99),)\nOTHERS = ("))
    lines = ["#!/bin/sh", '[ "$1" = -c ] || echo "$@" "$PYTHONPATH"']
    write_program(programs / "python3.99", lines)
    result = call(root, "gaffer", "stats", env={**variables, "PYTHONPATH": "/studio/python"})
    assert result.stdout == f"-E {root / 'run'} gaffer stats /studio/python\n"


def test_script_supports_the_versions_of_the_project():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    (oldest_major, oldest), (newest_major, newest) = run.SUPPORTED[0], run.SUPPORTED[-1]
    assert project["requires-python"] == f">={oldest_major}.{oldest},<{newest_major}.{newest + 1}"

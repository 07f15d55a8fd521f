import importlib.machinery
import importlib.util
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

CHECKOUT = Path(__file__).resolve().parents[2]


def load_run_script():
    loader = importlib.machinery.SourceFileLoader("run_script", str(CHECKOUT / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_script", loader))
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
    """Another process whose set-up of `root` has begun with a step of `code`, which writes the file `started`."""
    lines = [
        f"import pathlib, sys; sys.path.insert(0, {str(Path(__file__).parent)!r})",
        "from test_run_script import python_step, run",
        f"run.ensure_environment(pathlib.Path({str(root)!r}), [python_step({code!r})])",
    ]
    process = subprocess.Popen([sys.executable, "-c", "\n".join(lines)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not (root / "started").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


def call(root, *arguments, **options):
    command = [sys.executable, str(root / "run"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


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


def test_simultaneous_calls_set_up_once(root, capfd):
    slow = python_step("import time; time.sleep(0.5); open('count', 'a').write('x')")
    calls = [threading.Thread(target=run.ensure_environment, args=(root, [VENV, slow])) for _ in range(2)]
    for one in calls:
        one.start()
    for one in calls:
        one.join()
    assert times_set_up(root) == 1
    assert "Another call is setting up" in capfd.readouterr().err


def test_environment_sees_no_foreign_modules(root, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    check = python_step("import os; raise SystemExit('PYTHONPATH' in os.environ or 'PYTHONHOME' in os.environ)")
    run.ensure_environment(root, [VENV, check])


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
    result = call(root, "demo", "--seed", "3", cwd=tmp_path, env={**os.environ, "PYTHONPATH": "/elsewhere"})
    assert result.stdout.strip() == f"['demo', '--seed', '3'] {root / '.venv'} None"
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
        out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == ("checkpoint\n", "", 9)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_interrupted_set_up_ends_its_step_with_all_children(root):
    late = "import time; open('started', 'w').close(); time.sleep(1); open('late', 'w').close()"
    step = f"import subprocess, sys; subprocess.call([sys.executable, '-c', {late!r}])"
    with set_up_elsewhere(root, step) as process:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
    time.sleep(1.2)
    assert not (root / "late").exists()
    assert not (root / ".venv" / run.STAMP).exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows locks belong to one process")
def test_set_up_that_outlives_a_killed_call_keeps_others_out(root):
    slow = "import time; open('started', 'w').close(); time.sleep(1); open('ended', 'w').close()"
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


def test_script_supports_the_versions_of_the_project():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    (oldest_major, oldest), (newest_major, newest) = run.SUPPORTED[0], run.SUPPORTED[-1]
    assert project["requires-python"] == f">={oldest_major}.{oldest},<{newest_major}.{newest + 1}"

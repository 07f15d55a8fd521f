"""`run` sets up its environment once, and hands each verb on."""

import os
import signal
import subprocess
import sys
import threading
import time
import tomllib

import pytest
from run_checkout import CHECKOUT, VENV, call, python_step, run, set_up, times_set_up


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


def test_script_supports_the_versions_of_the_project():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    (oldest_major, oldest), (newest_major, newest) = run.SUPPORTED[0], run.SUPPORTED[-1]
    assert project["requires-python"] == f">={oldest_major}.{oldest},<{newest_major}.{newest + 1}"

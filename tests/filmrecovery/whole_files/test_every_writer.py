"""Every writer at every point of failure: the old file or the new one, whole, or a named error; and nothing else."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from full_disk import clear, content, outcome, undisturbed
from writers import WRITERS

from filmrecovery.base.atomic import write_bytes

resource = pytest.importorskip("resource")

EARLIER = b"what an earlier call wrote"


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    """What each writer writes when nothing disturbs it, by its name."""
    return {name: undisturbed(write, tmp_path_factory.mktemp("whole")) for name, write in WRITERS.items()}


def prepared(name, folder, products):
    """The folder, with what an earlier call of a writer left in it."""
    clear(folder)
    for product in products[name]:
        (folder / product).write_bytes(EARLIER)
    return folder


@pytest.mark.parametrize("name", WRITERS)
def test_no_limit_on_the_size_of_files_leaves_part_of_one(name, tmp_path, products):
    size = max(map(len, products[name].values()))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Libraries are silent in the last block.
    for limit in {0, 1, size // 3, *range(max(size - 4097, 0), size, 1024), size - 2, size - 1}:
        folder = prepared(name, tmp_path, products)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            found = outcome(WRITERS[name], folder, products[name])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert found == "error", limit


@pytest.mark.parametrize("step", ["fsync", "replace", "mkdir", "open"])
@pytest.mark.parametrize("name", WRITERS)
def test_a_step_that_fails_is_named_and_leaves_the_old_file(name, step, tmp_path, products, monkeypatch):
    def fails(*arguments, **more):
        raise OSError(errno.EIO, "Input/output error")

    target = {"fsync": "os.fsync", "replace": "os.replace", "mkdir": "pathlib.Path.mkdir"}.get(
        step, "filmrecovery.base.atomic.open"
    )
    prepared(name, tmp_path, products)
    with monkeypatch.context() as patch:
        patch.setattr(target, fails, raising=False)
        assert outcome(WRITERS[name], tmp_path, products[name]) == "error"


@pytest.mark.parametrize("name", WRITERS)
def test_the_rights_are_those_of_the_umask(name, tmp_path):
    for mask, rights in ((0o022, 0o644), (0o002, 0o664)):
        earlier = os.umask(mask)
        try:
            clear(tmp_path)
            WRITERS[name](tmp_path)
        finally:
            os.umask(earlier)
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {rights}


def test_the_folder_is_on_the_disk_before_the_call_returns(tmp_path, monkeypatch):
    synced, fsync = [], os.fsync
    monkeypatch.setattr(
        "os.fsync", lambda number: (synced.append(os.readlink(f"/proc/self/fd/{number}")), fsync(number))
    )
    write_bytes(tmp_path / "a", b"content")
    assert synced[-1] == str(tmp_path)


KILLED = """
import os, sys
from pathlib import Path
from filmrecovery.base.atomic import atomic_path
with atomic_path(Path(sys.argv[1]) / "a.exr") as temporary:
    temporary.write_bytes(b"half")
    print("written", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_is_removed_and_what_a_live_one_writes_is_not(tmp_path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    killed, alive = processes
    try:
        assert {process.stdout.readline() for process in processes} == {"written\n"}
        assert len(content(tmp_path)) == 2
        killed.kill()
        killed.wait()
        foreign = [tmp_path / name for name in (".a.exr", ".a.12345678x.exr", "b.exr")]
        for path in foreign:
            path.write_bytes(b"a user's")
        write_bytes(tmp_path / "c.exr", b"content")
        left = {*tmp_path.iterdir()} - {*foreign, tmp_path / "c.exr"}
        assert len(left) == 1
        assert alive.communicate("", timeout=30)[0] == ""
        assert (tmp_path / "a.exr").read_bytes() == b"half"
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert {*tmp_path.iterdir()} == {*foreign, tmp_path / "c.exr", tmp_path / "a.exr"}


def test_a_full_disk_leaves_the_old_file_or_the_new_one(tmp_path):
    """On a real small disk, where one can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted by this user")
    try:
        sweep = Path(__file__).with_name("full_disk.py")
        names = ["EXR, zip", "TIF", "JPG", "PNG", "DPX", "LUT", "movie", "comparison"]
        command = [sys.executable, str(sweep), str(disk), "--points", "1", "--only", *names]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        subprocess.run(["umount", str(disk)], check=True)

"""The page of trainings: what it shows, who may ask for what, and that one damaged training hides no other."""

import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from filmrecovery.base.errors import SettingsError
from filmrecovery.base.records import write_record
from filmrecovery.cli import main
from filmrecovery.model.model_header import read_model_header
from filmrecovery.training.runs.run_requests import read_request
from filmrecovery.training.runs.run_status import LifeSign
from filmrecovery.validation.validation_record import VERSION
from filmrecovery.watching.watch_server import WatchServer, open_watch
from filmrecovery.watching.watch_settings import WatchSettings

PNG = b"\x89PNG\r\n\x1a\n and so on"
IDENTITY = {"steps": 400, "seed": 1, "size": "small", "precision": "float32", "pairs_hash": "0123456789abcdef"}
LINES = [
    {"step": 0, "holdOutPsnr": 30.0, "holdOutChroma": 0.02, "holdOutLuma": 0.001},
    {"step": 10, "loss": 0.5, "skipped": 0, "seconds": 2.0},
    {"step": 20, "loss": 0.25, "skipped": 0, "seconds": 4.0},
    {"step": 20, "holdOutPsnr": 33.0, "holdOutChroma": 0.01, "holdOutLuma": 0.001},
    {"step": 30, "holdOutPsnr": 32.0, "holdOutChroma": 0.015, "holdOutLuma": 0.001},
]


def write_run(folder: Path, lines: list[dict[str, Any]] = LINES, **identity: Any) -> Path:
    """A run folder as a training leaves it, with a contact sheet and a preview."""
    for name in ("contactSheets/contact.000020.png", "previews/preview.0005.000020.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PNG)
    (folder / "training.json").write_text(json.dumps(IDENTITY | identity))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with LifeSign(folder, "chroma"):
        pass
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder with two trainings that are done."""
    write_run(tmp_path / "runs" / "first")
    write_run(tmp_path / "runs" / "second", seed=2)
    return tmp_path / "runs"


@pytest.fixture
def server(runs: Path) -> Generator[WatchServer]:
    """The page of that folder, served."""
    served = open_watch(WatchSettings(port=0), [runs])
    thread = threading.Thread(target=served.serve)
    thread.start()
    yield served
    served.stop()
    thread.join()


def ask(
    server: WatchServer, path: str, form: dict[str, str] | None = None, **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    """Status, content and headers of an answer; a form is posted."""
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(
        server.address + path, data, {key.replace("_", "-"): headers[key] for key in headers}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), dict(error.headers)


def told(server: WatchServer) -> dict[str, dict[str, Any]]:
    """What the page is told of each training, by its name."""
    status, content, _ = ask(server, "runs.json")
    assert status == 200
    return {run["name"]: run for run in json.loads(content)["runs"]}


def test_the_page_is_whole_and_may_ask_this_server_alone(server: WatchServer) -> None:
    status, content, headers = ask(server, "")
    html = content.decode()
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<style>" in html
    assert "runs.json" in html
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src 'sha256-")
    assert "http:" not in policy
    assert "https:" not in policy


def test_the_table_tells_each_training(server: WatchServer) -> None:
    first = told(server)["first"]
    assert (first["state"], first["step"], first["steps"], first["time"]) == ("done", 30, 400, "4 s")
    assert (first["loss"], first["holdOut"], first["measure"]) == (0.25, 0.015, "rms of chroma")
    assert (first["baseline"], first["best"]) == (0.02, {"step": 20, "value": 0.01})
    # What all trainings have in common tells nothing.
    assert first["differing"] == {"seed": "1"}


def test_the_points_of_the_curves(server: WatchServer) -> None:
    status, content, headers = ask(server, f"runs/{told(server)['first']['key']}/curves.json")
    curves = json.loads(content)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert (curves["loss"]["steps"], curves["loss"]["values"]) == ([10, 20], [0.5, 0.25])
    assert (curves["holdOut"]["steps"], curves["holdOut"]["values"]) == ([0, 20, 30], [0.02, 0.01, 0.015])


def test_a_long_curve_keeps_its_extremes(server: WatchServer, runs: Path) -> None:
    lines = [{"step": step, "loss": 9.0 if step == 4321 else 1.0, "seconds": 1.0} for step in range(1, 5001)]
    write_run(runs / "first", lines)
    _, content, _ = ask(server, f"runs/{told(server)['first']['key']}/curves.json")
    loss = json.loads(content)["loss"]
    assert len(loss["steps"]) <= 1000
    assert (loss["steps"][-1], max(loss["high"]), min(loss["low"])) == (5000, 9.0, 1.0)


def test_new_lines_of_a_journal_are_shown(server: WatchServer, runs: Path) -> None:
    before = told(server)["first"]
    with (runs / "first" / "metrics.jsonl").open("a") as journal:
        journal.write(json.dumps({"step": 40, "loss": 0.125, "skipped": 0, "seconds": 6.0}) + "\n")
    after = told(server)["first"]
    assert (after["step"], after["loss"]) == (40, 0.125)
    assert after["version"] != before["version"]


@pytest.mark.parametrize("name", ["contact.000020.png", "preview.0005.000020.png"])
def test_pictures_of_a_training(server: WatchServer, name: str) -> None:
    status, content, headers = ask(server, f"runs/{told(server)['first']['key']}/pictures/{name}")
    assert (status, content, headers["Content-Type"]) == (200, PNG, "image/png")


@pytest.mark.parametrize(
    "path",
    [
        "metrics.jsonl",
        "../metrics.jsonl",
        "..%2Fmetrics.jsonl",
        "..%2F..%2F..%2Fsecret.png",
        "%2Fetc%2Fpasswd",
        "contact.000021.png",
        "",
    ],
)
def test_no_other_file_is_served(server: WatchServer, runs: Path, path: str) -> None:
    (runs.parent / "secret.png").write_bytes(PNG)
    status, content, _ = ask(server, f"runs/{told(server)['first']['key']}/pictures/{path}")
    assert status == 404
    assert PNG not in content


@pytest.mark.parametrize("path", ["runs", "runs/", "runs/first", "training.json", "..%2f..%2fetc%2fpasswd"])
def test_no_folder_is_listed(server: WatchServer, path: str) -> None:
    assert ask(server, path)[0] == 404


@pytest.mark.parametrize("host", ["example.org", "example.org:8360", "127.0.0.1.example.org", "0.0.0.0", ""])
@pytest.mark.parametrize("path", ["", "runs.json"])
def test_a_page_elsewhere_cannot_read_by_a_name_that_leads_here(server: WatchServer, host: str, path: str) -> None:
    status, content, _ = ask(server, path, Host=host)
    assert status == 403
    assert b"first" not in content


def test_the_address_of_a_tunnel_is_answered(server: WatchServer) -> None:
    assert ask(server, "runs.json", Host="localhost:9000")[0] == 200


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere this machine has but one address of its own")
def test_only_this_machine_is_served(server: WatchServer) -> None:
    port = urllib.parse.urlsplit(server.address).port
    # Another address of this machine: who listens to all would answer to it.
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5).close()


@pytest.mark.parametrize("deed", ["stop", "extend"])
@pytest.mark.parametrize(
    ("form", "headers"), [({}, {}), ({"token": "guessed"}, {}), ({}, {"X_Watch_Token": "gu\xe9ssed"})]
)
def test_without_the_token_nothing_is_asked_of_a_training(
    server: WatchServer, runs: Path, deed: str, form: dict[str, str], headers: dict[str, str]
) -> None:
    path = f"runs/{told(server)['first']['key']}/{deed}"
    with LifeSign(runs / "first", "chroma"):
        status, content, _ = ask(server, path, form | {"steps": "900"}, **headers)
    assert status == 403
    assert b"token" in content
    assert not (runs / "first" / "request.json").exists()


def test_nothing_is_asked_by_following_a_link(server: WatchServer, runs: Path) -> None:
    path = f"runs/{told(server)['first']['key']}/stop?token={server.token}"
    assert ask(server, path, X_Watch_Token=server.token)[0] == 405
    assert not (runs / "first" / "request.json").exists()


def test_a_training_is_stopped_with_the_token(server: WatchServer, runs: Path) -> None:
    path = f"runs/{told(server)['first']['key']}/stop"
    with LifeSign(runs / "first", "chroma"):
        assert told(server)["first"]["state"] == "running"
        assert ask(server, path, {}, X_Watch_Token=server.token)[0] == 200
        assert read_request(runs / "first").stop
    assert not (runs / "second" / "request.json").exists()


def test_a_training_that_does_not_run_cannot_be_stopped(server: WatchServer, runs: Path) -> None:
    status, content, _ = ask(server, f"runs/{told(server)['first']['key']}/stop", {"token": server.token})
    assert status == 409
    assert b"no training runs there" in content
    assert not (runs / "first" / "request.json").exists()


def test_a_training_gets_another_length_with_the_token(server: WatchServer, runs: Path) -> None:
    path = f"runs/{told(server)['first']['key']}/extend"
    status, content, _ = ask(server, path, {"token": server.token, "steps": "900"})
    assert (status, read_request(runs / "first").steps) == (200, 900)
    assert b"the next call" in content


@pytest.mark.parametrize(("steps", "status"), [("", 400), ("-5", 400), ("1e3", 400), ("9" * 5000, 413), ("0", 409)])
def test_a_length_that_no_training_can_have(server: WatchServer, runs: Path, steps: str, status: int) -> None:
    path = f"runs/{told(server)['first']['key']}/extend"
    assert ask(server, path, {"token": server.token, "steps": steps})[0] == status
    assert not (runs / "first" / "request.json").exists()


def write_report(folder: Path, model: str) -> None:
    """A report on the model with these weights, of what the page reads of one."""
    verdict = {"passed": True, "findings": []}
    validation = {"mode": "chroma", "model": model, "frames": []}
    content = {"verdict": verdict, "validation": validation, "summary": {"hold_outs": {}}}
    write_record(folder / "report.json", VERSION, content)
    (folder / "report.html").write_text("<h1>Passed</h1>")


def test_a_report_on_the_training_is_linked_and_kept_apart(
    server: WatchServer, runs: Path, random_model: Callable[..., Path]
) -> None:
    for name, seed in (("first", 1), ("second", 2)):
        random_model("chroma", seed).rename(runs / name / "model.safetensors")
    write_report(runs / "report", read_model_header(runs / "first" / "model.safetensors")["weights_hash"])
    runs_told = told(server)
    assert runs_told["first"]["report"] == {"passed": True}
    status, content, headers = ask(server, f"runs/{runs_told['first']['key']}/report.html")
    assert (status, content, headers["Content-Type"]) == (200, b"<h1>Passed</h1>", "text/html; charset=utf-8")
    assert "sandbox allow-scripts" in headers["Content-Security-Policy"]
    # It lies beside the other training too, but is not about that.
    assert runs_told["second"]["report"] is None
    assert ask(server, f"runs/{runs_told['second']['key']}/report.html")[0] == 404


def test_a_damaged_report_is_told_with_the_curves_of_the_training(server: WatchServer, runs: Path) -> None:
    write_report(runs / "first" / "report", "0123")
    (runs / "first" / "report" / "report.json").write_text("{")
    first = told(server)["first"]
    assert (first["state"], first["loss"], first["report"]) == ("done", 0.25, None)
    assert "report.json" in first["reason"]


@pytest.mark.parametrize("line", ["no line of a journal", '{"step": 40, "loss": 1e999}', f'{{"step": 1{"0" * 400}}}'])
def test_a_damaged_journal_is_told_and_hides_no_other_training(server: WatchServer, runs: Path, line: str) -> None:
    whole = (runs / "first" / "metrics.jsonl").read_text()
    (runs / "first" / "metrics.jsonl").write_text(f"{whole}{line}\n")
    # Also when it is read again.
    for runs_told in (told(server), told(server)):
        assert runs_told["first"]["state"] == "damaged"
        assert "metrics.jsonl" in runs_told["first"]["reason"]
        assert runs_told["second"]["loss"] == 0.25
    status, content, _ = ask(server, f"runs/{told(server)['first']['key']}/curves.json")
    assert (status, b"metrics.jsonl" in content) == (409, True)
    (runs / "first" / "metrics.jsonl").write_text(whole)
    assert told(server)["first"]["version"] == told(server)["second"]["version"]


def test_a_training_that_is_gone_is_shown_no_more(server: WatchServer, runs: Path) -> None:
    key = told(server)["first"]["key"]
    (runs / "first").rename(runs.parent / "elsewhere")
    assert list(told(server)) == ["second"]
    assert ask(server, f"runs/{key}/curves.json")[0] == 404


def test_a_port_in_use_is_one_error_that_says_what_to_do(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["watch", str(runs), "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: --port {port}: cannot be used (another program uses it")
    assert "--port 0" in said


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere: is no folder"):
        open_watch(WatchSettings(port=0), [tmp_path / "nowhere"])


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_cleanly(runs: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "filmrecovery", "watch", runs, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        address, token = process.stdout.readline().split()[0], process.stdout.readline().split()[-1]
        assert address.startswith("http://127.0.0.1:")
        assert len(token) >= 16
        process.send_signal(number)
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == ""

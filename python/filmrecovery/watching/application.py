"""What the server answers to each address. All is read-only but stop and extend, which need the token."""

import contextlib
import json
import secrets
from collections.abc import Callable, Generator, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import BadRequest, Conflict, Forbidden, HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.sansio.utils import host_is_trusted
from werkzeug.utils import send_file
from werkzeug.wrappers import Request, Response

from filmrecovery.base.errors import RecoveryError
from filmrecovery.training.runs.run_overview import RunOverview
from filmrecovery.training.runs.run_requests import ask_for_steps, ask_to_stop
from filmrecovery.watching.page import CLOSED_POLICY, REPORT_POLICY, page
from filmrecovery.watching.page_data import curves_of, lines_of
from filmrecovery.watching.shown_runs import ShownRun, ShownRuns

TOKEN_HEADER = "X-Watch-Token"
_HOSTS = ("127.0.0.1", "localhost")
_MOST_DIGITS = 9


class _Request(Request):
    max_content_length = 2048


class WatchApplication:
    """The page of trainings as a WSGI application.

    Files are served by the names that a training's overview tells, never by a path from a request.
    """

    def __init__(self, runs: ShownRuns, token: str) -> None:
        self._runs = runs
        self._token = token
        self._addresses = Map(
            [
                _rule("/", self._page),
                _rule("/runs.json", self._runs_json),
                _rule("/runs/<key>/curves.json", self._curves_json),
                _rule("/runs/<key>/pictures/<name>", self._picture),
                _rule("/runs/<key>/report.html", self._report),
                _rule("/runs/<key>/stop", self._stop, "POST"),
                _rule("/runs/<key>/extend", self._extend, "POST"),
            ],
            strict_slashes=False,
            merge_slashes=False,
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = _Request(environ)
        try:
            response = self._answer(request)
        except HTTPException as error:
            response = _refusal(error)
        response.headers.setdefault("Content-Security-Policy", CLOSED_POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response(environ, start_response)

    def _answer(self, request: _Request) -> Response:
        # A page elsewhere may have its own name lead to this machine (DNS rebinding); its requests carry that name.
        if not host_is_trusted(request.headers.get("Host"), _HOSTS):
            raise Forbidden("this page answers to 127.0.0.1 and localhost alone; open the address that was printed")
        answer, values = self._addresses.bind("").match(request.path, request.method)
        return answer(request, **values)

    def _page(self, request: _Request) -> Response:
        shown = page()
        return Response(shown.html, mimetype="text/html", headers={"Content-Security-Policy": shown.policy})

    def _runs_json(self, request: _Request) -> Response:
        return _json({"runs": lines_of(self._runs.all())})

    def _curves_json(self, request: _Request, key: str) -> Response:
        return _json(curves_of(self._seen(key)))

    def _picture(self, request: _Request, key: str, name: str) -> Response:
        seen = self._seen(key)
        kept = {picture.path.name: picture.path for picture in seen.contact_sheets}
        for of_frames in (seen.previews, seen.doubts):
            kept |= {picture.path.name: picture.path for pictures in of_frames.values() for picture in pictures}
        if name not in kept:
            raise NotFound("the training has no such picture")
        return _file(request, str(kept[name]), "image/png")

    def _report(self, request: _Request, key: str) -> Response:
        report = self._run(key).report
        if report is None:
            raise NotFound("no report on this training's model lies beside it")
        response = _file(request, str(report.page), "text/html")
        response.headers["Content-Security-Policy"] = REPORT_POLICY
        return response

    def _stop(self, request: _Request, key: str) -> Response:
        self._check_token(request)
        run = self._run(key)
        with _refused():
            ask_to_stop(run.path)
        return Response(f"the training {run.name} is asked to stop; it writes a checkpoint and ends")

    def _extend(self, request: _Request, key: str) -> Response:
        self._check_token(request)
        text = request.form.get("steps", "")
        if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
            raise BadRequest("the new length is a whole number of steps, such as 3000")
        run = self._run(key)
        with _refused():
            ask_for_steps(run.path, int(text))
        when = "" if run.is_running else "; the next call of its train command goes on to there"
        return Response(f"the training {run.name} is asked for a length of {int(text)} steps{when}")

    def _check_token(self, request: _Request) -> None:
        given = request.headers.get(TOKEN_HEADER) or request.form.get("token", "")
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            raise Forbidden("this needs the token that filmrecovery watch printed at its start")

    def _run(self, key: str) -> ShownRun:
        run = self._runs.find(key)
        if run is None:
            raise NotFound("none of the folders holds this training any more")
        return run

    def _seen(self, key: str) -> RunOverview:
        run = self._run(key)
        if run.overview is None:
            raise Conflict(run.reason)
        return run.overview


def _rule(path: str, answer: Callable[..., Response], method: str = "GET") -> Rule:
    return Rule(path, endpoint=answer, methods=[method])


def _json(content: dict[str, Any]) -> Response:
    return Response(json.dumps(content, allow_nan=False), mimetype="application/json")


def _file(request: _Request, path: str, kind: str) -> Response:
    try:
        response = send_file(path, request.environ, mimetype=kind)
    except FileNotFoundError as error:
        raise NotFound("the file was removed meanwhile") from error
    # Asked for again each time: another training may write a picture of the same name.
    response.headers["Cache-Control"] = "no-cache"
    return response


@contextlib.contextmanager
def _refused() -> Generator[None]:
    """Answers a request that the training cannot do with the reason."""
    try:
        yield
    except RecoveryError as error:
        raise Conflict(str(error)) from error


def _refusal(error: HTTPException) -> Response:
    """An error as plain text, with the headers that belong to it."""
    headers = [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
    return Response(error.description, error.code, headers, mimetype="text/plain")

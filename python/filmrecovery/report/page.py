"""The page: one HTML file with style, script and pictures in itself, from the template beside this file."""

import base64
import functools
import hashlib
from dataclasses import dataclass, field
from importlib import resources

import jinja2

from filmrecovery.report import plots, video_scopes
from filmrecovery.report.doubt_section import DoubtSection
from filmrecovery.report.gallery import Thumbnails, View
from filmrecovery.report.hold_out_table import HoldOutTable
from filmrecovery.report.key_figures import KeyFigure
from filmrecovery.report.pictures import EncodedPicture
from filmrecovery.report.plots import Plot
from filmrecovery.report.words import number, sentence
from filmrecovery.validation.criteria_table import CriterionInWords
from filmrecovery.validation.criterion import Criterion
from filmrecovery.validation.verdict import FailingFrame, Finding, Verdict


@dataclass(frozen=True)
class Heading:
    """What stands at the head of a page; `facts` are further names and texts, such as who did the work."""

    title: str
    shot: str = ""
    date: str = ""
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """All that a page shows, in the order of its sections."""

    heading: Heading
    verdict: Verdict
    why: str
    key_figures: list[KeyFigure]
    findings: list[tuple[Finding, Criterion]]
    recovered: str
    spread: str
    views: list[View]
    failing: list[tuple[FailingFrame, Thumbnails | None]]
    command: str
    """What starts the next round with the outliers; empty where there are none."""
    doubt: DoubtSection | None
    hold_outs: list[HoldOutTable]
    judged_plots: list[Plot]
    other_plots: list[Plot]
    training_plots: list[Plot]
    contact_sheet: EncodedPicture | None
    done: list[tuple[str, str]]
    criteria: list[CriterionInWords]
    provenance: str
    version: str


def render(page: Page) -> str:
    """The page as HTML. All texts are escaped; a policy in the page forbids anything that is not part of it."""
    return _environment().get_template("report.html.j2").render(page=page, plots=plots, scopes=video_scopes)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_package_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "sentence": sentence, "policy_hash": _policy_hash}
    return environment


def _package_text(name: str) -> str:
    return resources.files("filmrecovery.report").joinpath(name).read_text(encoding="utf-8")


def _policy_hash(text: str) -> str:
    """A style or a script as Content Security Policy names it (W3C, CSP Level 3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")

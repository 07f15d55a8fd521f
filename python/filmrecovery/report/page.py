"""The page: one HTML file with style, script and pictures in itself, from the template beside this file."""

from dataclasses import dataclass, field

from filmrecovery.report import plots, video_scopes
from filmrecovery.report.doubt_section import DoubtSection
from filmrecovery.report.gallery import Thumbnails, View
from filmrecovery.report.hold_out_table import HoldOutTable
from filmrecovery.report.key_figures import KeyFigure
from filmrecovery.report.page_template import page_template
from filmrecovery.report.pictures import EncodedPicture
from filmrecovery.report.plots import Plot
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
    return page_template("filmrecovery.report", "report.html.j2").render(page=page, plots=plots, scopes=video_scopes)

"""The page: HTML with style and script in itself, from the files beside this module, and the policy for it."""

import functools
from dataclasses import dataclass

import filmrecovery
from filmrecovery.report.page_template import page_template, policy_hash

_PACKAGE = "filmrecovery.watching"

REPORT_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts"
)
"""A report is a file that may come from elsewhere: it has its own script, and no way to this page or its token."""
CLOSED_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""For what is no page."""


@dataclass(frozen=True)
class Page:
    """The page, and its Content Security Policy (W3C, Level 3): itself, this server's pictures and data, no more."""

    html: str
    policy: str


@functools.cache
def page() -> Page:
    """The page, which gets all that it shows by its script."""
    style = "".join(page_template(_PACKAGE, name).render() for name in ("house.css", "watch.css"))
    script = page_template(_PACKAGE, "watch.js").render()
    html = page_template(_PACKAGE, "watch.html.j2").render(style=style, script=script, version=filmrecovery.__version__)
    policy = (
        f"default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src '{policy_hash(style)}'; "
        f"script-src '{policy_hash(script)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Page(html, policy)

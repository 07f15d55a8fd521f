"""The templates of pages: HTML with style and script in itself, which a policy names by their hashes."""

import base64
import functools
import hashlib
from importlib import resources

import jinja2

from filmrecovery.report.words import number, sentence

_HOUSE = "filmrecovery.report"


def page_template(package: str, name: str) -> jinja2.Template:
    """A template beside the modules of a package; it may include files beside it and the style `house.css`.

    All texts are escaped. The filter `policy_hash` gives a style or a script as Content Security Policy names it.
    """
    return _environment(package).get_template(name)


def policy_hash(text: str) -> str:
    """A style or a script as Content Security Policy names it (W3C, CSP Level 3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@functools.cache
def _environment(package: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: _text_of(package, name) or _text_of(_HOUSE, name)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "sentence": sentence, "policy_hash": policy_hash}
    return environment


def _text_of(package: str, name: str) -> str | None:
    path = resources.files(package).joinpath(name)
    return path.read_text(encoding="utf-8") if path.is_file() else None

"""What a report says in words: of figures, of elements, and of the verdict."""

import dataclasses
from typing import Any

from filmrecovery.validation.validation_figures import Validation
from filmrecovery.validation.verdict import Verdict

BETTER = {
    "lower": "lower is better",
    "higher": "higher is better",
    "zero": "nearer to 0 is better",
    "one": "nearer to 1 is better",
}

RECOVERED = {
    "chroma": "Colour was recovered: the picture should have the reference's colour and the source's detail and grain.",
    "spatial": "Detail was recovered: the picture should have the reference's sharpness and the source's colour.",
    "plain": "The picture was recovered as a whole: it should look like the reference.",
}

SPREAD = {
    "chroma": "The colours of the recovery should spread as the reference's do.",
    "spatial": "The colours of the recovery should spread as the source's do, its luma as the reference's.",
    "plain": "The recovery should spread as the reference does.",
}

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def sentence(text: str) -> str:
    """The text with a capital letter."""
    return text[:1].upper() + text[1:]


def figure_title(figure: dataclasses.Field[Any]) -> str:
    """What a figure is, with its unit."""
    unit = figure.metadata["unit"]
    return sentence(figure.metadata["help"]) + (f", {unit}" if unit else "")


def number(value: float | None) -> str:
    """A figure for reading: three digits, and none that nobody needs; a dash for None."""
    if value is None:
        return "\N{EN DASH}"
    power = ""
    if 0 < abs(value) < 0.0001:
        digits, exponent = f"{value:.1e}".split("e")
        value, power = float(digits), f"\N{MULTIPLICATION SIGN}10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    text = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}") + power


def counted(number: int, noun: str) -> str:
    """A number with its noun, such as "1 frame" or "3 frames"."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def verdict_sentence(verdict: Verdict, validation: Validation) -> str:
    """Why the recovery passed or failed, in one sentence, and in another which shots have no pairs."""
    sentences = [_verdict(verdict, validation)]
    if validation.shots_without_pairs:
        shots = ", ".join(map(str, validation.shots_without_pairs))
        sentences.append(f"Shots without pairs were recovered by the grade of the whole film: {shots}.")
    return " ".join(sentences)


def _verdict(verdict: Verdict, validation: Validation) -> str:
    failed, judged = [finding.name for finding in verdict.failed], len(verdict.judged)
    if not failed:
        return f"The recovery passes all {judged} criteria that could be judged."
    verb = "fails" if len(verdict.failing) == 1 else "fail"
    frames = f"; {counted(len(verdict.failing), 'frame')} of {len(validation.frames)} {verb}" if verdict.failing else ""
    return f"The recovery fails {len(failed)} of {judged} criteria ({', '.join(failed)}){frames}."

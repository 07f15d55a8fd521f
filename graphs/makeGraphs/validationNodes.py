"""The nodes that measure a result beside its baseline."""

from typing import NamedTuple

import Gaffer
import GafferImage
from graphLinks import annotate, awaitTask, hidePaths, link
from recoveryNodes import SHOT_FOLDER, Alignment, Element, Recovery, Stage

import GafferRecovery


class Validation(NamedTuple):
    """The baseline and the reports. The dots are where the source, the pairs and the recovered frames come in."""

    source: Gaffer.Dot
    pairs: Gaffer.Dot
    frames: Gaffer.Dot
    earlyFrames: Gaffer.Dot
    grade: GafferRecovery.MatchGrade
    validate: GafferRecovery.Validate
    early: GafferRecovery.Validate


def addValidation(
    script: Gaffer.ScriptNode,
    stage: Stage,
    recovery: Recovery,
    writer: GafferRecovery.RecoveryWriter,
    alignment: Alignment | None = None,
    prefix: str = "",
) -> Validation:
    """Adds the baseline for a stage and the report on its result."""
    mode = stage.groundTruth["mode"].getValue()
    source = recovery.source
    sourceDot = link(script, f"{prefix}ReportSource", source["in"].getInput(), source["label"].getValue())
    grade = script[f"{prefix}MatchGrade"] = GafferRecovery.MatchGrade()
    grade["in"].setInput(sourceDot["out"])
    grade["pairs"][0].setInput(stage.pairs["pairs"])
    grade["fileName"].setValue(f"{SHOT_FOLDER}/{mode}/baseline/grade.clf")
    annotate(grade, "The baseline: the best that one\nLUT can do.")
    (pairsDot,) = awaitTask(script, f"{prefix}ReportPairs", grade, stage.pairs)

    framesDot, earlyDot = (
        link(script, f"{prefix}{name}", writer["task"], writer.getName()) for name in ("ReportFrames", "EarlyFrames")
    )
    validate, early = (
        _addValidate(script, f"{prefix}{name}", stage, grade, writer, dot, alignment)
        for name, dot in (("Validate", framesDot), ("EarlyValidate", earlyDot))
    )
    validate["directory"].setValue(f"{SHOT_FOLDER}/{mode}/report")
    annotate(validate, f"Writes {mode}/report/report.html.")
    early["directory"].setValue(f"{SHOT_FOLDER}/{mode}/early_report")
    early["mostFrames"].setValue(60)
    annotate(early, "The same of {mostFrames} frames, before\nthe others are made.")
    hidePaths(grade, "pairs", "lut")
    return Validation(sourceDot, pairsDot, framesDot, earlyDot, grade, validate, early)


def _addValidate(
    script: Gaffer.ScriptNode,
    name: str,
    stage: Stage,
    grade: GafferRecovery.MatchGrade,
    writer: GafferRecovery.RecoveryWriter,
    frames: Gaffer.Dot,
    alignment: Alignment | None,
) -> GafferRecovery.Validate:
    validate = script[name] = GafferRecovery.Validate()
    validate["preTasks"][0].setInput(frames["out"])
    validate["preTasks"][1].setInput(grade["task"])
    validate["model"].setInput(stage.train["model"])
    validate["pairs"][0].setInput(stage.pairs["pairs"])
    validate["lut"].setInput(grade["lut"])
    validate["recoveredFiles"].setInput(writer["fileName"])
    validate["recoveredSpace"].setInput(writer["colorSpace"])
    if alignment is not None:
        validate["crop"].setInput(alignment.crop["cropFile"])
        validate["alignment"].setInput(alignment.align["alignment"])
        validate["outliersFile"].setInput(alignment.select["outliersFile"])
        validate["selection"].setInput(alignment.select["fileName"])
    for plug in ("maskFiles", "maskBoxes"):
        validate[plug].setInput(stage.pairs[plug])
    validate["title"].setValue("${film:title}")
    validate["shot"].setValue("${film:shot}")
    hidePaths(validate, "model", "pairs", "lut", "report")
    return validate


def gradePrepared(validation: Validation, picture: GafferImage.ImagePlug, name: str) -> None:
    """Shows the baseline on a source as it was prepared for the pairs, which the baseline is fitted to."""
    validation.source["in"].setInput(picture)
    validation.source["label"].setValue(name)


def useSource(validation: Validation, source: Element) -> None:
    for validate in (validation.validate, validation.early):
        source.connect(validate, "source")

"""The validation that ends the run of a project: what each stage recovered is measured and judged."""

from pathlib import Path

from filmrecovery.film.element import Element
from filmrecovery.film.freshness import has_same_content, kept_or_made, made_from
from filmrecovery.matchgrade.lut_file import load_lut
from filmrecovery.matchgrade.match_grade import match_grade
from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings
from filmrecovery.model.model_header import read_model_header
from filmrecovery.picture import colour
from filmrecovery.project.project_file import Project, Stage
from filmrecovery.project.raw_reference import CROP_NAME, aligned_frames
from filmrecovery.reference.curation.shared_crop import read_crop
from filmrecovery.reference.curation.shot_list import read_shots
from filmrecovery.report.assessment import of_prepared, report_assessment
from filmrecovery.report.page import Heading
from filmrecovery.report.report_elements import ReportElements
from filmrecovery.training.pair_manifest import pairs_hash, read_manifest
from filmrecovery.training.run_folder import run_of_model
from filmrecovery.validation.change_of_verdict import change
from filmrecovery.validation.report_folder import ReportFolder
from filmrecovery.validation.validate import Grade, validate
from filmrecovery.validation.validate_settings import ValidateSettings
from filmrecovery.validation.validation_figures import Validation
from filmrecovery.validation.validation_record import VERSION, read_validation
from filmrecovery.validation.verdict import Verdict


def report_folder(project: Project, stage: Stage) -> ReportFolder:
    """The folder of a stage's report."""
    return ReportFolder(project.folder(stage) / "report")


def validate_stages(project: Project) -> None:
    """Validates the result of each stage that trained a model, and prints the verdicts.

    Writes the page `report.html`, `outliers.txt` and, last, `report.json` into the folder `report` of the stage, and
    the baseline, a match grade of its pairs, into `baseline`. Results that were measured already are not measured
    again, only judged where the criteria changed. A failed verdict is no error.

    Raises as `validate`, `match_grade` and `report_assessment` do, ElementError for an earlier report that cannot be
    read, and OutputError.
    """
    for stage in project.trained_stages:
        folder = report_folder(project, stage)
        before = read_validation(folder.record) if folder.record.exists() else None
        after = _validate(project, stage, folder)
        print(_summary(stage, *after))
        if before and before[0].model != after[0].model:
            print(f"  {change(before, after)}")
        print(f"  report: {folder.page}", flush=True)


def _validate(project: Project, stage: Stage, folder: ReportFolder) -> tuple[Validation, Verdict]:
    """The validation of a stage's result by the project's criteria, reported in the folder."""
    source, recovered = project.element(stage.source), project.element(stage.name)
    # Pairs are of what both elements show, and so is what is measured.
    crop = project.folder(stage) / "reference" / CROP_NAME if stage.align else None
    model, pairs, shots = project.model(stage), project.folder(stage) / "pairs", project.shots_file(stage)

    def measure() -> Validation:
        settings = ValidateSettings(crop=str(crop) if crop else None, shots=shots, device=stage.train.device)
        return validate(settings, [pairs], model, source, recovered, grade=baseline())

    def baseline() -> Grade:
        lut = project.folder(stage) / "baseline" / "grade.clf"
        match_grade(MatchGradeSettings(), [pairs], lut)
        return load_lut(lut)

    def write(path: Path, validation: Validation, line: str) -> None:
        elements = ReportElements(source, recovered, _reference(project, stage), of_prepared(baseline(), model))
        criteria = project.validate.criteria
        report_assessment(folder, validation, criteria, _heading(project), elements, run_of_model(model), line)

    # What is measured is decided by the content; what is said of it, on the page too, by the settings.
    line = made_from(
        "validation",
        VERSION,
        (project.validate.criteria, _heading(project)),
        # With another config the same files have other colours.
        colour.config_name(),
        read_model_header(model)["weights_hash"],
        pairs_hash(read_manifest(pairs)),
        read_crop(crop) if crop else None,
        read_shots(shots, source) if shots else (),
        source,
        recovered,
    )
    record = folder.record

    def read(path: Path) -> Validation:
        return read_validation(path)[0]

    def measure_or_read() -> Validation:
        return read(record) if has_same_content(record, line) else measure()

    kept_or_made(record, line, read, measure_or_read, write)
    return read_validation(record)


def _reference(project: Project, stage: Stage) -> Element:
    """The reference in the source's framing; where it had to be aligned, the frames that pairs were made of."""
    element = project.reference(stage)
    return aligned_frames(project.folder(stage) / "reference", element.space) if stage.align else element


def _heading(project: Project) -> Heading:
    said = project.provenance
    facts = {"Restorationist": said.restorationist, "Institution": said.institution}
    return Heading(project.title, project.shot, facts={name: text for name, text in facts.items() if text})


def _summary(stage: Stage, validation: Validation, verdict: Verdict) -> str:
    """The verdict in a few lines."""
    name = f"validation of {stage.name} ({len(validation.frames)} frames, {len(validation.hold_outs)} hold-outs)"
    if verdict.passed:
        return f"{name}: passed all {len(verdict.judged)} criteria that could be judged"
    lines = [f"{name}: FAILED"]
    lines += [f"  {finding.name}: {finding.text}" for finding in verdict.failed]
    if verdict.outliers:
        lines.append(f"  outliers, which --add-outliers adds to the frames to train on: {verdict.outliers}")
    return "\n".join(lines)

"""The validation that ends the run of a project: what each stage recovered is measured and judged."""

from filmrecovery.film.elements.element import Element
from filmrecovery.matchgrade.match_grade import match_grade
from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings
from filmrecovery.project.project_file import Project, Stage
from filmrecovery.project.raw_reference import CROP_NAME, aligned_frames
from filmrecovery.report.assessment import Assessed, Assessment, assess
from filmrecovery.report.page import Heading
from filmrecovery.validation.report_folder import ReportFolder
from filmrecovery.validation.validate_settings import ValidateSettings
from filmrecovery.validation.validation_figures import Validation
from filmrecovery.validation.verdict import Verdict


def report_folder(project: Project, stage: Stage) -> ReportFolder:
    """The folder of a stage's report."""
    return ReportFolder(project.folder(stage) / "report")


def validate_stages(project: Project) -> None:
    """Validates the result of each stage that trained a model, and prints the verdicts.

    Writes the page `report.html`, `outliers.txt` and, last, `report.json` into the folder `report` of the stage, and
    the baseline, a match grade of its pairs, into `baseline`. Results that were measured already are not measured
    again, only judged where the criteria changed. A failed verdict is no error.

    Raises as `match_grade` and `assess` do.
    """
    for stage in project.trained_stages:
        folder = report_folder(project, stage)
        assessment = _validate(project, stage, folder)
        print(_summary(stage, assessment.validation, assessment.verdict))
        if assessment.change:
            print(f"  {assessment.change}")
        print(f"  report: {folder.page}", flush=True)


def _validate(project: Project, stage: Stage, folder: ReportFolder) -> Assessment:
    """The validation of a stage's result by the project's criteria, reported in the folder."""
    model, pairs = project.model(stage), project.folder(stage) / "pairs"
    # Pairs are of what both elements show, and so is what is measured.
    crop = project.folder(stage) / "reference" / CROP_NAME if stage.align else None
    lut = project.folder(stage) / "baseline" / "grade.clf"
    match_grade(MatchGradeSettings(), [pairs], lut)
    return assess(
        ValidateSettings(
            crop=str(crop) if crop else None,
            shots=project.shots_file(stage),
            mask_files=stage.mask.files,
            mask_boxes=stage.mask.boxes,
            most_frames=project.validate.most_frames,
            device=stage.train.device,
        ),
        project.validate.criteria,
        Assessed(
            model,
            [pairs],
            project.element(stage.source),
            project.element(stage.name),
            lut=lut,
            reference=_reference(project, stage),
        ),
        _heading(project),
        folder,
    )


def _reference(project: Project, stage: Stage) -> Element:
    """The reference in the source's framing; where it had to be aligned, the frames that pairs were made of."""
    element = project.reference(stage)
    return aligned_frames(project.folder(stage) / "reference", element.space) if stage.align else element


def _heading(project: Project) -> Heading:
    provenance = project.provenance
    facts = {"Restorationist": provenance.restorationist, "Institution": provenance.institution}
    return Heading(project.title, project.shot, facts={name: text for name, text in facts.items() if text})


def _summary(stage: Stage, validation: Validation, verdict: Verdict) -> str:
    """The verdict in a few lines."""
    name = f"validation of {stage.name} ({len(validation.frames)} frames, {len(validation.hold_outs)} hold-outs)"
    if verdict.passed:
        return f"{name}: passed all {len(verdict.judged)} criteria that could be judged"
    lines = [f"{name}: FAILED"]
    lines += [f"  {finding.name}: {finding.text}" for finding in verdict.failed]
    if verdict.outliers:
        lines.append(f"  outliers, of which --add-outliers trains on those that are fit: {verdict.outliers}")
    return "\n".join(lines)

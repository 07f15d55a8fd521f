"""A recovery measured against ground truth, source and baseline, and judged by criteria.

Imports training and the rooms below it.

Offers change_of_verdict (change); criteria (Criteria); criteria_table (CriterionInWords, in_words, markdown_table);
criterion (Criterion); declared_criteria (CRITERIA, criteria_of); doubted (doubt_and_error, squares_by_blocks); flicker
(Fields, mean_fields); outlier_rounds (Validated, add_outliers_of, append_round, is_unfinished, new_round);
report_folder (ReportFolder); steadiness (FEWEST_FRAMES, steadiness); validate (Grade, measured_of, validate);
validate_settings (ValidateSettings); validation_figures (FrameDoubt, HoldOut, HoldOutFigures, LIKENESS, Look, PICTURES,
ShotFigures, ShotFrame, Validation, badness, summarise); validation_record (Outcome, read_outcome, read_validation,
write_validation); verdict (FailingFrame, Finding, Verdict, judge, write_outliers).
"""

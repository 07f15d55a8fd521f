"""A 3D LUT fitted to the training pairs: the baseline that a recovery is compared with.

Imports training and the rooms below it.

Offers grade_record (read_grade_record, record_path); grading (grade); lut_file (load_lut); match_grade (match_grade,
match_grade_unpaired); match_grade_settings (GradeSettings, MatchGradeSettings, UnpairedSettings).
"""

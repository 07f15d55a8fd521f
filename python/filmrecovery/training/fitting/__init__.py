"""The part of a model that is fitted to the pairs in closed form, and how far each of its parts is to be trusted.

Imports training.pairs, model and picture.

Offers evidence (weigh); fit_gains (fit_gains); fit_grades (Grades, fit_grades, parts_of_fit); folds (Block, blocks,
shot_names); mode_part (mode_part); training_loss (training_loss).
"""

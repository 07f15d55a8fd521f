"""The validation report: one page that says what a recovery is worth, for those who have to answer for the film."""

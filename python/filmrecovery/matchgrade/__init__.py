"""A match grade: one 3D LUT for a shot, fitted on the model's own training pairs. The baseline that it must beat."""

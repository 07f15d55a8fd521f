"""Frames given out to a painter, and taken back as references.

Imports reference and the rooms below it.

Offers check_painted (table); drafts (write_drafts); export_for_painting (export_for_painting); export_settings
(ExportSettings); palette_settings (PaletteSettings); take_back (check_frames, write_reference); take_back_settings
(ImportSettings).
"""

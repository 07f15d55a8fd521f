"""A model over every frame of a shot, and the merge with the original plate.

Imports provenance and the rooms below it.

Offers merge_with_plate (MergeSettings, merge_sequences); render (render); render_settings (RenderSettings).
"""

"""What a stage makes: frame by frame, in a folder of its own, and made again only where it is no longer current.

Imports the rooms of film before it, picture and base.

Offers changed_frames (Description, check_delivery, write_changed_frames); folder_lock (locked); freshness
(has_same_content, is_current, is_same, kept_or_made, made_from, refuse_other_frames, refuse_other_kind, say_current).
"""

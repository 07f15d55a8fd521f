"""Many frames: an element's pattern and numbers, its gaps, scopes and masks, and which frames stand for it.

Imports film.frames, picture and base.

Offers element (DEFAULT_SPACE, Element, LONGEST_NAME, check_on_disk, find_element, refuse_overwriting, split_pattern);
entity (Entity); filtered_reference (check_filtered); frame_numbers (format_frames, parse_frames); gaps
(check_as_long_as, check_unbroken); mask_shapes (MaskShape, Points, parse_shapes); pair_roles (ROLES, optional_frames,
pair_roles); picture_masks (PictureMasks); scope (Scope, VERSION, name_of_shot, read_scopes, unknown_shots,
write_scopes); spread_frames (spread_frames); thumbnails (read_thumbnails, thumbnail_shape).
"""

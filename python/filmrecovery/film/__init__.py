"""Frames on disk: patterns and ranges, formats, headers, marks of finished frames, checks of elements.

Imports picture and base: a frame is read and written in a colour space.

Offers changed_frames (Description, check_delivery, write_changed_frames); colour_model (colour_model_problem);
content_hash (file_hashes); dpx_fields (KEYCODE); dpx_layout (Layout, is_dpx, read_layout); element (DEFAULT_SPACE,
Element, LONGEST_NAME, check_on_disk, find_element, refuse_overwriting, split_pattern); entity (Entity); exr_header
(attribute_names); file_kind (FACT_NAMES, FileFacts, kind_problem); film_metadata (carry_dpx_metadata, stated_rate);
film_timecode (TIMECODE, TimecodeCount, count_from, is_timecode, timecode_text); filtered_reference (check_filtered);
folder_lock (locked); frame (Frame, frame_from_rgb, is_supported, rgb_positions); frame_encoding (DOUBT_CHANNEL,
ENCODINGS, FILTERED_NAME, MARK_NAME, PREPARATION_NAME, check_encoding, holds_other_channels); frame_header (texts_of,
texts_of_picture, with_mark, with_texts); frame_numbers (format_frames, parse_frames); frame_rate (exact_rate);
frame_seal (SEAL_NAME, UNSEALED, is_as_written, is_changed, sealed); freshness (has_same_content, is_current, is_same,
kept_or_made, made_from, refuse_other_frames, refuse_other_kind, say_current); gaps (check_as_long_as, check_unbroken);
hash_list (CHAIN_NAME, FOLDER_NAME, HashedFile, History, Reference, hash_file, known_formats, read_history,
write_generation); pair_roles (ROLES, optional_frames, pair_roles); parity (check_element, check_headers, check_parity,
check_values, raise_problems); picture_masks (PictureMasks); read_frame (describes_encoding, read_frame, read_header);
scope (Scope, VERSION, name_of_shot, read_scopes, unknown_shots, write_scopes); spread_frames (spread_frames);
thumbnails (read_thumbnails, thumbnail_shape); write_dpx (dpx_file); write_frame (write_frame).
"""

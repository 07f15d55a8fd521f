"""One frame: read and written in the formats of film, upright, with its encoding, its header and its seal.

Imports film.headers, picture and base.

Offers colour_channels (rgb_positions); colour_model (colour_model_problem, range_problem); file_kind (FACT_NAMES,
FileFacts, kind_problem); file_parts (parts_problem); frame (Frame, first_line, frame_from_rgb, is_supported);
frame_encoding (DOUBT_CHANNEL, ENCODINGS, FILTERED_NAME, MARK_NAME, PREPARATION_NAME, check_encoding,
holds_other_channels); frame_header (texts_of, texts_of_picture, with_mark, with_texts); frame_seal (SEAL_NAME,
UNSEALED, is_as_written, is_changed, sealed); narrow_codes (BELOW, FEWEST_BITS, CodeUse, is_end_of_fewer_bits,
narrow_doubt, narrow_problem); read_frame (describes_encoding, read_frame, read_header); write_dpx (dpx_file);
write_frame (write_frame).
"""

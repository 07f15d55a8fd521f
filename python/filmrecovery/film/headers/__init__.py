"""What files say of themselves and of the film: the headers of DPX and EXR, time codes, frame rates.

Imports picture and base.

Offers dpx (read_picture); dpx_fields; dpx_header (with_film_header); dpx_layout (Layout, is_dpx, read_layout);
dpx_user_data (user_data_of); exr_chunks (find_chunks); exr_header (ExrHeader, attribute_names, attributes_of,
read_exr_header); file_magic (EXR, PNG, TIFF, kind_of); film_metadata (carry_dpx_metadata, is_utf8, stated_rate,
with_readable_texts); film_timecode (TIMECODE, TimecodeCount, count_from, is_timecode, timecode_text); frame_rate
(exact_rate); jpeg_scans (scans_problem); png_chunks (chunks_of); png_orientation (hidden_orientation_problem);
stated_codes (stated_bits); stated_colour (StatedColour, stated_colour); tiff_directory (directory_of); tiff_strips
(DEFLATE, UNCOMPRESSED, deflate_problem, read_strips, strips_problem).
"""

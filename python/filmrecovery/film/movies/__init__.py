"""Movies: a file with moving pictures becomes numbered frames, which all other stages read.

Imports the other rooms of film, picture and base, and the package av (PyAV, with FFmpeg in it), the extra `movies`,
which need not be there.

Offers frame_list (frame_list, list_path); movie_facts (MOVIE_SUFFIXES, MovieFacts); movie_file (av_package,
open_movie); movie_record (BY_MOVIE, BY_RULE, BY_SETTINGS, MovieRecord, read_movie_record, record_path);
reference_filter (filters_of); unpack (unpack); unpack_settings (UnpackSettings); write_movie (BT709, MOVIE_FORMATS,
MovieLabels, SRGB, UNKNOWN, write_movie).
"""

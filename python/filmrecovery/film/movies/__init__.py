"""Movies: a file with moving pictures becomes numbered frames, which all other stages read.

Imports film, picture and base, and the package av (PyAV, with FFmpeg in it), the extra `movies`, which need not be
there.

Offers movie_record (read_movie_record, record_path); unpack (unpack); unpack_settings (UnpackSettings).
"""

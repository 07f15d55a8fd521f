"""One frame: read and written in the formats of film, upright, with its encoding, its header and its seal.

Imports film.headers, picture and base. Begin with `read_frame` and `write_frame`.
"""

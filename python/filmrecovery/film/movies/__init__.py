"""Movies: a file with moving pictures becomes numbered frames, which all other stages read.

Imports the other rooms of film, picture and base, and the package av (PyAV, with FFmpeg in it), the extra `movies`,
which need not be there. Begin with `unpack`.
"""

"""What the headers of DPX, EXR, TIFF, PNG and JPEG files say, with the time codes and frame rates in them.

Imports picture and base. Begin with `dpx_header`, `exr_header` and `film_metadata`.
"""

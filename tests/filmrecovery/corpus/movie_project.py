"""A project whose reference is a movie, which is unpacked first."""


def project_text(unpack: str) -> str:
    """The project file, with the settings of unpacking, such as `matrix = "bt709"`."""
    return f"""
title = "Mission Kill"
shot = "MK_010"
working_space = "g24_rec709"

[elements.print]
pattern = "scans/print.####.exr"
frames = "1-4"
space = "g24_rec709"

[elements.video]
movie = "scans/video.mkv"
frames = "1-3"
space = "g24_rec709"
unpack = {{ {unpack} }}

[[stages]]
name = "chroma"
mode = "chroma"
source = "print"
reference = "video"
training_frames = "1,3"
"""

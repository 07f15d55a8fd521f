"""What the painter has to know, in plain words: the README.txt that goes with frames for painting."""

from pathlib import Path

from filmrecovery.painting.icc import profile_of
from filmrecovery.painting.painting_record import Painting

_TEXT = """FRAMES TO PAINT

These frames are of an old film whose colour is lost. Paint how they looked: the rest of the
shot is then coloured by what you paint here.

  paint.####   the files to paint
  luma.####    the same pictures in grey, as a guide
  exported     copies of what you were given. Please leave them alone

WHAT TO PAINT
{start}
Give each thing the same colour in every frame, and paint the whole frame: skin, cloth, walls,
sky, and the greys that should be grey. Clean, even colour serves better than fine strokes; grain,
dirt and scratches need no paint.

WHAT MUST STAY
- The size in pixels, and everything where it is: do not crop, scale, turn or move the picture.
- Light and dark, as far as you can. Put luma.#### on top as a locked layer that gives the
  brightness, or paint on a layer that gives the colour alone:
    Krita       blending mode Luminosity, or Color, of the group HSY
    GIMP        mode Luma / Luminance, or LCh Color
    Photoshop   mode Luminosity, or Color
  The film keeps its own brightness in the end; where yours differs, colours look different too.
- The colour space: {space}.
{profile}
HOW TO GIVE IT BACK
Save under the same name (paint.0001 stays paint.0001), flattened, as TIFF or PNG of 16 bits a
channel, or as EXR. 8 bits will do if your program has no more, but soft colours may show steps. No
JPEG. Compression without loss (LZW, ZIP) is welcome. What is left transparent gets the colours
that you were given. Keep the layered file (.kra, .xcf, .psd) too if you like; it is not read.
"""

_SOURCE = "The files hold the film as it is, with what colour it has left."
_DRAFT = """The files hold a draft: the film in the colours of another picture ({artworks}),
put there by brightness alone. Keep what is right and paint over what is not."""

_TAGGED = """  The files carry it as a profile. Keep that when the program asks, and do not convert to another.
"""
_UNTAGGED = """  No profile says so in the files: set your program to it by hand, and do not convert to another.
"""


def instructions(painting: Painting, form: str) -> str:
    """The text for frames given out in the format "tiff" or "exr", about 90 characters wide."""
    artworks = sorted({Path(given.draft.artwork).name for given in painting.frames if given.draft})
    profile = form == "tiff" and profile_of(painting.working_space)
    return _TEXT.format(
        start=_DRAFT.format(artworks=", ".join(artworks)) if artworks else _SOURCE,
        space=f"{painting.working_space}, display-referred" + ("" if form == "tiff" else " (not linear light)"),
        profile=_TAGGED if profile else _UNTAGGED,
    )

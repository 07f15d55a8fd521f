"""What the settings of a mask say of themselves. Standard library alone, as plugs follow from them too."""

MASK_FILES_HELP = (
    'files of a mask, such as "masks/subtitles.####.exr": it covers where their alpha, or only channel, is not 0; '
    "frames without a file are not covered"
)
MASK_BOXES_HELP = (
    'boxes of a mask, "left,top,right,bottom" in pixels, or polygons, "x,y x,y x,y" and more: '
    '"10-34: 100,400,380,450" for frames, "40: 0,0,90,40 > 60: 90,0,180,40" for one that moves between two; several '
    'with ";" between'
)

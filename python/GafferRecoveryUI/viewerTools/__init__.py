"""Tools in the Viewer, with handles on the picture: to place a frame by hand, to draw a crop, a region or a mask."""

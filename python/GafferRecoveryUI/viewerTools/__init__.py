"""Tools in the Viewer: an aligned frame placed by hand, and a crop drawn, with handles on the picture."""

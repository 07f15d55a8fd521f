"""OpenColorIO's faster optimisations approximate powers to 2e-5, which shows where luma must not change.

The variable overrides what ColorSpace, ImageReader and ImageWriter ask for: 144457667 is OPTIMIZATION_LOSSLESS.
"""

import os

os.environ.setdefault("OCIO_OPTIMIZATION_FLAGS", "144457667")

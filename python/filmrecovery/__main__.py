"""`python -m filmrecovery`: the command line."""

import sys

from filmrecovery.cli import main

sys.exit(main())

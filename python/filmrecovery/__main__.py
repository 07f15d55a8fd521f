"""`python -m filmrecovery`: the command line."""

import contextlib
import os
import sys

from filmrecovery.cli import main

status = main()
with contextlib.suppress(OSError):
    sys.stdout.flush()
    sys.stderr.flush()
# Python would take torch and the other libraries apart before it ends, which takes longer than to stop a training.
# Nothing is left to be done: no thread works on after its stage, and every file is written whole before that.
os._exit(status)

"""What the JPEG library finds strange in files that it decodes all the same.

A JPEG has no checksum, but damage often leaves too much data or too little, which libjpeg warns of. Its readers in
OpenImageIO and Pillow keep that for themselves. OpenCV's writes it to standard error, where it mixes with what else is
said there; so a process of its own decodes, and its standard error is read.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from filmrecovery.base.errors import OutputError

_END = "\x1e"
_PROGRAM = f"""
import json, sys
import cv2
for path in json.load(sys.stdin):
    cv2.imread(path)
    sys.stderr.write({_END!r})
    sys.stderr.flush()
"""


def jpeg_warnings(paths: Sequence[Path]) -> dict[Path, str]:
    """The warnings of libjpeg about those files that it has any for. Raises OutputError where it cannot be asked."""
    if not paths:
        return {}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        input=json.dumps([str(path) for path in paths]),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    texts = done.stderr.split(_END)
    if done.returncode or len(texts) != len(paths) + 1:
        raise OutputError(f"{paths[0]}: cannot be decoded by OpenCV ({done.stderr[-200:]}); install it again")
    return {path: " ".join(text.split()) for path, text in zip(paths, texts, strict=False) if text.strip()}

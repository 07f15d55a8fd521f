"""User data of a DPX file: what a frame says in texts for which the format has no field.

The standard leaves their layout free (SMPTE ST 268-1:2014, table 7), apart from the 32 bytes at the start that name it.
Here they are named "Film Recovery 1", and hold a JSON object in UTF-8: names of EXR attributes, and their texts. User
data of the scan are among them as `dpx/UserData`, in base64. Standard library alone.
"""

import base64
import binascii
import json
from collections.abc import Mapping

_NAME = b"Film Recovery 1".ljust(32, b"\0")
_OF_SCAN = "dpx/UserData"


def user_data_of(texts: Mapping[str, str], of_scan: bytes) -> bytes:
    """The user data that hold texts by their names, and those of the scan. Without texts these stay as they are."""
    if not texts:
        return of_scan
    scan = {_OF_SCAN: base64.b64encode(of_scan).decode()} if of_scan else {}
    return _NAME + json.dumps({**texts, **scan}, ensure_ascii=False, indent=1, sort_keys=True).encode(errors="replace")


def texts_of_user_data(content: bytes) -> tuple[dict[str, str], bytes] | None:
    """The texts and the user data of the scan; None where other programs wrote the content, or it is damaged."""
    if not content.startswith(_NAME):
        return None
    try:
        found = json.loads(content[len(_NAME) :].rstrip(b"\0"))
        texts = {str(name): text for name, text in found.items() if isinstance(text, str)}
        return texts, base64.b64decode(texts.pop(_OF_SCAN, ""), validate=True)
    except (ValueError, AttributeError, RecursionError, binascii.Error):
        return None

"""The docstring of each room of the engine says with which of its modules to begin."""

import ast
import re
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[2] / "python" / "filmrecovery"
ROOMS = {path.parent for path in ENGINE.rglob("*/__init__.py") if len(list(path.parent.glob("*.py"))) > 1}


@pytest.mark.parametrize("room", sorted(ROOMS - {ENGINE / "cli"}), ids=lambda room: str(room.relative_to(ENGINE)))
def test_a_room_says_with_which_of_its_modules_to_begin(room):
    doc = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    named = re.findall(r"`(\w+)`", doc.partition("Begin with ")[2])
    assert named
    assert [name for name in named if not (room / f"{name}.py").is_file()] == []

"""What a room offers to the others stands in the docstring of its `__init__`, and no other room takes more."""

import ast
import re
from pathlib import Path

import pytest

PYTHON = Path(__file__).resolve().parents[2] / "python"
ENGINE = PYTHON / "filmrecovery"
ROOMS = {".".join(path.parent.relative_to(ENGINE).parts): path for path in sorted(ENGINE.rglob("*/__init__.py"))}


def room_of(module: str) -> str:
    """The room of a module of the engine, by its name without `filmrecovery.`; empty for what is in none."""
    inside = [room for room in ROOMS if module == room or module.startswith(f"{room}.")]
    return max(inside, key=len, default="")


def taken_from_other_rooms() -> dict[str, set[str]]:
    """The modules, and the names in them as "module.name", that other rooms and Gaffer's side take from each room."""
    taken: dict[str, set[str]] = {room: set() for room in ROOMS}
    for path in PYTHON.rglob("*.py"):
        own = room_of(".".join(path.relative_to(ENGINE).with_suffix("").parts)) if ENGINE in path.parents else ""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("filmrecovery.")):
                continue
            module = node.module.removeprefix("filmrecovery.")
            for name in (alias.name for alias in node.names):
                is_module = (ENGINE / module.replace(".", "/") / f"{name}.py").is_file()
                room = room_of(f"{module}.{name}" if is_module else module)
                if room and room != own:
                    taken[room].add(name if is_module else f"{module.split('.')[-1]}.{name}")
    return taken


def offered(room: str) -> set[str]:
    doc = ast.get_docstring(ast.parse(ROOMS[room].read_text(encoding="utf-8"))) or ""
    if "\n\nOffers " not in doc:
        return set()
    found = set()
    for item in " ".join(doc.split("\n\nOffers ")[1].split()).rstrip(".").split("; "):
        module, names = re.fullmatch(r"(\w+)(?: \((.+)\))?", item).groups()
        found |= {f"{module}.{name}" for name in names.split(", ")} if names else {module}
    return found


TAKEN = taken_from_other_rooms()


@pytest.mark.parametrize("room", sorted(set(ROOMS) - {"cli"}))
def test_a_room_offers_what_others_take_and_nothing_else(room):
    assert offered(room) == TAKEN[room]

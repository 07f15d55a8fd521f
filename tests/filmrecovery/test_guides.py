"""What the guides show is as it is: pages that commands write are current, and no link leads nowhere."""

import re
import runpy
from pathlib import Path

import pytest

from filmrecovery.cli import main
from filmrecovery.project.project_keys import project_keys
from filmrecovery.validation.declared_criteria import CRITERIA

CHECKOUT = Path(__file__).resolve().parents[2]
GUIDE = CHECKOUT / "resources" / "guide"
PAGES = [*CHECKOUT.glob("*.md"), *GUIDE.glob("*.md")]


def test_picture_of_the_rooms_is_the_one_that_the_imports_give() -> None:
    drawing = runpy.run_path(str(GUIDE / "draw_rooms.py"))["drawing"]()
    assert (GUIDE / "rooms.svg").read_text(encoding="utf-8") == drawing, "call: python3 resources/guide/draw_rooms.py"


def test_reference_of_the_project_file_is_current() -> None:
    call = "./run filmrecovery project-keys > resources/guide/project-file.md"
    assert (GUIDE / "project-file.md").read_text(encoding="utf-8") == project_keys(), f"call: {call}"


def test_table_of_the_criteria_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["criteria"]) == 0
    table = capsys.readouterr().out
    assert all(f"| {row.question} |" in table and f"| {row.remedy} |" in table for row in CRITERIA)
    guide = (GUIDE / "validation.md").read_text(encoding="utf-8")
    shown = guide.partition("<!-- criteria: ")[2].partition("-->\n")[2].partition("<!-- end of criteria -->")[0]
    assert shown == table, "put what ./run filmrecovery criteria prints between the comments of validation.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, heading = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), target
        if heading:
            assert heading in [anchor(line) for line in re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)], (
                target
            )


def test_modules_that_the_architecture_names_are_there() -> None:
    engine = CHECKOUT / "python" / "filmrecovery"
    rooms = [path.name for path in engine.iterdir() if (path / "__init__.py").is_file()]
    text = (GUIDE / "architecture.md").read_text(encoding="utf-8")
    names = {name.removeprefix("filmrecovery.") for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", text)}
    named = sorted(
        name for name in names if name.split(".")[0] in rooms and not name.endswith((".json", ".safetensors"))
    )
    assert len(named) > 20
    for name in named:
        path = engine.joinpath(*name.split("."))
        # A module, a room, or a function of the module before it.
        is_there = path.is_dir() or path.with_suffix(".py").is_file() or path.parent.with_suffix(".py").is_file()
        assert is_there, name


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")

"""The packages of the tests in Gaffer name all of them: `gaffer test` runs no others."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
TAKES_MINUTES = {"ScriptedClicksTest", "ScriptedTrainingTest"}


@pytest.mark.parametrize("package", ["GafferRecoveryTest", "GafferRecoveryUITest"])
def test_all_tests_in_gaffer_are_run(package):
    init = ast.parse((TESTS / package / "__init__.py").read_text(encoding="utf-8"))
    named = {alias.name for node in ast.walk(init) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert named == {path.stem for path in (TESTS / package).glob("*Test.py")} - TAKES_MINUTES

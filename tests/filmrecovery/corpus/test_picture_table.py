"""Every picture of the table is read right, or refused with the words that it should have."""

import pytest
from picture_cases import colour_cases, orientation_cases
from picture_table import WRONG, outcome


@pytest.mark.parametrize("cases", [orientation_cases, colour_cases])
def test_no_picture_of_the_table_is_read_wrong(tmp_path, cases):
    found = [(case.group, case.name, *outcome(case, tmp_path)[:2]) for case in cases()]
    assert len(found) > 70
    assert not [each for each in found if each[2] == WRONG]

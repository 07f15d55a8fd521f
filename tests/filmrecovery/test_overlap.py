import os
import threading

import pytest

from filmrecovery.base import overlap
from filmrecovery.base.overlap import at_once, cores, on_all_cores


def test_results_keep_the_order_of_the_items_that_are_worked_on_at_once(monkeypatch):
    monkeypatch.setattr(overlap, "cores", lambda: 2)
    other_began = threading.Event()

    def work(item):
        if item == 0:
            assert other_began.wait(10)  # only in another thread
        other_began.set()
        return 10 * item

    assert list(on_all_cores(work, range(5), "Working")) == [0, 10, 20, 30, 40]


def test_work_does_not_run_far_ahead_of_who_takes_the_results():
    begun = []
    for _ in on_all_cores(begun.append, range(1000), "Working"):
        break
    assert len(begun) < 100


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to cores")
def test_a_process_that_was_given_one_core_works_on_one():
    given = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(given)})
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, given)


def test_short_work_keeps_its_order_and_raises_what_went_wrong():
    assert at_once(lambda item: 10 * item, range(5)) == [0, 10, 20, 30, 40]
    assert at_once(str, set()) == []
    with pytest.raises(ZeroDivisionError):
        at_once(lambda item: 1 / item, [1, 0])

import os
import threading

from filmrecovery.base.overlap import on_all_cores


def test_results_keep_the_order_of_the_items_that_are_worked_on_at_once(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    other_began = threading.Event()

    def work(item):
        if item == 0:
            assert other_began.wait(10)  # only in another thread
        other_began.set()
        return 10 * item

    assert list(on_all_cores(work, range(5), "Working")) == [0, 10, 20, 30, 40]

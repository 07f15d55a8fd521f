import json

import pytest

from filmrecovery.base.errors import RunError, SettingsError
from filmrecovery.cli import main
from filmrecovery.trials import frame_cost
from filmrecovery.trials.frame_cost import Cost, Found, cost_table, limits, measure_frame_cost


def test_the_whole_way_is_the_sum_of_what_every_frame_goes_through():
    costs = {name: Cost(1.0, 2.0) for name in ("match", "align", "crop", "render", "validate", "deliver", "pair")}
    costs |= {"decode": Cost(0.25, 0.5), "encode": Cost(0.5, 1.0)}
    assert limits(costs)["align"] == Cost(1.0, 2.0)  # two files to read, one to write
    table = cost_table(costs, Found(24, 0.05, 0.1), 24)
    assert "| a frame's whole way | 6.000 | 12.000 | 4.000 |" in table
    assert "24 of 24 matches are right" in table


@pytest.mark.slow
def test_every_stage_is_measured_and_does_its_work(tmp_path, monkeypatch):
    monkeypatch.setattr(frame_cost, "SIZE", (384, 216))
    main(["benchmark-frame-cost", str(tmp_path), "--frames", "12", "--threads", "1"])
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert set(figures["costs"]) >= {"match", "align", "crop", "pair", "render", "validate", "deliver"}
    assert all(cost["seconds"] > 0 for cost in figures["costs"].values())
    assert figures["found"]["right_matches"] == 12
    assert figures["found"]["worst_error"] < 0.5
    assert list(tmp_path.glob("work/delivery/*/masters/zip/*.exr"))


def test_what_cannot_be_measured_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(frame_cost, "SIZE", (64, 36))
    with pytest.raises(SettingsError, match="--threads 4096"):
        measure_frame_cost(tmp_path, 12, 4096)
    with pytest.raises(SettingsError, match="--frames 3"):
        measure_frame_cost(tmp_path, 3, 1)


def test_a_folder_of_work_that_is_the_user_s_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(frame_cost, "SIZE", (64, 36))
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "grade.txt").write_text("weeks of it")
    with pytest.raises(RunError, match="work: was not made here"):
        measure_frame_cost(tmp_path, 12, 4096)
    assert (tmp_path / "work" / "grade.txt").read_text() == "weeks of it"

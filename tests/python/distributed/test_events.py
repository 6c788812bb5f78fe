"""Spark's log of events, read by model. Lines of a real one, shortened, lie in log/."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from distributed.events import (
    NO_NODE,
    all_stages,
    executors_of,
    read_events,
    summary,
    totals,
)

LOG = Path(__file__).parent / "log"
REPEATED = "model.instacart.int_order_products_repeated"


def test_tasks_are_those_of_the_model_that_the_query_names() -> None:
    found = summary(read_events(LOG))
    assert (found["spark"], found["java"]) == ("4.3.0", "17.0.15")
    assert list(found["nodes"]) == [
        NO_NODE,
        "model.instacart.base_instacart__aisles",
        REPEATED,
    ]
    node = found["nodes"][REPEATED]
    # The second job lists a stage, too, whose rows the first has shuffled already.
    assert node["jobs"] == 2
    assert [stage["stage"] for stage in node["stages"]] == [32, 37]
    took = totals(node["stages"])
    assert (took["stages"], took["tasks"]) == (2, 3)
    assert took["rows_read"] == 28269
    assert took["shuffle_written"] == took["shuffle_read_local"] == 211136
    assert took["run_ms"] == 1140 + 1786 + 617


def test_stages_are_split_by_executor() -> None:
    stages = summary(read_events(LOG))["nodes"][REPEATED]["stages"]
    assert executors_of(stages) == ["0", "1"]
    first, second = (totals(stages, executor) for executor in ("0", "1"))
    assert (first["stages"], first["tasks"], first["rows_read"]) == (1, 1, 0)
    assert (second["stages"], second["tasks"]) == (2, 2)
    # The largest of a task, not their sum.
    assert second["peak_memory"] == 102760448


def test_a_query_of_another_query_is_of_its_model() -> None:
    start = {"Event": "x.SparkListenerSQLExecutionStart"}
    node = '/* {"node_id": "model.a.b"} */ select'
    events: list[dict[str, Any]] = [
        start | {"executionId": 1, "rootExecutionId": 1, "description": node},
        start | {"executionId": 2, "rootExecutionId": 1, "description": "select"},
        start | {"executionId": 3, "rootExecutionId": 3, "description": "select"},
        *(
            {
                "Event": "SparkListenerJobStart",
                "Stage IDs": [number],
                "Properties": {"spark.sql.execution.id": str(number)},
            }
            for number in (2, 3)
        ),
        {"Event": "SparkListenerJobStart", "Stage IDs": [4]},
    ]
    nodes = summary(events)["nodes"]
    assert {name: node["jobs"] for name, node in nodes.items()} == {
        "model.a.b": 1,
        NO_NODE: 2,
    }


def test_logs_are_read_in_order_up_to_a_broken_last_line(tmp_path: Path) -> None:
    folder = tmp_path / "eventlog_v2_app"
    folder.mkdir()
    shutil.copy(LOG / "events_1_app-shortened", folder / "events_2_app")
    (folder / "events_10_app").write_text('{"Event": "last"}\n{"Event": "SparkLis')
    (folder / "appstatus_app").write_text("")
    events = list(read_events(tmp_path))
    assert events[0]["Event"] == "SparkListenerLogStart"
    assert events[-1] == {"Event": "last"}


def test_a_saved_summary_says_the_same() -> None:
    found = summary(read_events(LOG))
    again = json.loads(json.dumps(found))
    assert totals(all_stages(again)) == totals(all_stages(found))
